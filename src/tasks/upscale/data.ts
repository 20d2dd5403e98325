/**
 * Pictures to learn enlarging from, and the pairs that are made of them: a patch of a picture that was made small, beside
 * the patch that it should become. Which patches an epoch has follows from (seed, epoch, index) alone.
 */

import { type Area, bicubic, cut, type Plane } from '../../data/bicubic.js'
import type { Normalisation, PictureSize, Unreadable } from '../../data/dataset.js'
import { Random } from '../../util/random.js'

/** Pictures by their luminance, in 8 bits: what networks that enlarge learn from and are tested on. */
export interface UpscalingData {
  readonly name: string
  /** By how much pictures are to be enlarged: 2, 3, 4 or some of them. */
  readonly scales: readonly number[]
  readonly train: readonly Plane<Uint8Array>[]
  /** Pictures that no weights are learned from, to choose among epochs and recipes. */
  readonly val?: readonly Plane<Uint8Array>[] | undefined
  readonly test: readonly Plane<Uint8Array>[]
  /** Of one channel. */
  readonly normalisation: Normalisation
  /** Picture files that could not be read or are too small and were left out. */
  readonly unreadable?: readonly Unreadable[] | undefined
}

/** Leaves luminance as it is, but for its range: 0 … 255 becomes 0 … 1. */
export const luminanceNormalisation: Normalisation = { mean: [0], std: [1] }

/** The largest part of a picture, from its upper left corner, whose sides are multiples of a scale. */
export function wholeMultiple(plane: Plane<Uint8Array>, scale: number): Plane<Uint8Array> {
  const height = plane.height - (plane.height % scale)
  const width = plane.width - (plane.width % scale)
  return height === plane.height && width === plane.width ? plane : cut(plane, { top: 0, left: 0, height, width })
}

/** A picture `scale` times as small, of sides that are multiples of it; not rounded, as in everyone's figures. */
export function shrunk({ height, width, values }: Plane, scale: number): Plane<Float32Array> {
  return bicubic({ height, width, values }, { height: height / scale, width: width / scale })
}

/** How patches are cut. */
export interface PatchOptions {
  /** The pixels that the network reads. */
  readonly input: PictureSize
  /** By how much the network itself enlarges: 1 where it reads enlargements. */
  readonly enlarge: number
  readonly scales: readonly number[]
  /** Whether patches are mirrored and turned by chance, in all the ways that keep their shape. */
  readonly turn: boolean
  readonly normalisation: Normalisation
}

/** Cuts patches out of pictures. Small versions are made when they are first needed, and kept. */
export class Patches {
  /** Patches an epoch: as many as would lie side by side on all pictures. */
  readonly count: number
  readonly #pictures: readonly Plane<Uint8Array>[]
  readonly #options: PatchOptions
  /** Of each picture, the index of the first patch after its own. */
  readonly #ends: Uint32Array
  readonly #small = new Map<string, Plane<Float32Array>>()

  /** Pictures on which no patch fits give none. */
  constructor(pictures: readonly Plane<Uint8Array>[], options: PatchOptions) {
    this.#pictures = pictures
    this.#options = options
    let count = 0
    this.#ends = Uint32Array.from(pictures, (picture) => {
      count += patchesOn(picture, options)
      return count
    })
    this.count = count
  }

  /** The size of a patch that the network reads. */
  get read(): PictureSize {
    return this.#options.input
  }

  /** The pixels that it is to give. */
  get target(): PictureSize {
    const { input, enlarge } = this.#options
    return { height: input.height * enlarge, width: input.width * enlarge }
  }

  /**
   * Writes patch `index` of an epoch, normalised: to source[slot] what the network reads, to target[slot] what it should
   * give.
   */
  write(
    index: number,
    { seed, epoch }: { readonly seed: number; readonly epoch: number },
    source: Float32Array,
    target: Float32Array,
    slot: number,
  ): void {
    const { enlarge, scales, turn, input } = this.#options
    const random = new Random(seed, epoch, index)
    const scale = scales[random.below(scales.length)]!
    const at = this.#ends.findIndex((end) => index < end)
    const picture = this.#pictures[at]!
    const small = this.#smallOf(at, scale)
    const room = enlarge === 1 ? { height: small.height * scale, width: small.width * scale } : small
    const area: Area = {
      top: random.between(0, room.height - input.height),
      left: random.between(0, room.width - input.width),
      height: input.height,
      width: input.width,
    }
    const turns = turn ? random.below(input.height === input.width ? 8 : 4) : 0
    const read = enlarge === 1 ? bicubic(small, room, area) : cut(small, area)
    const grown = [area.top, area.left, area.height, area.width].map((value) => value * enlarge)
    const [top, left, height, width] = grown as [number, number, number, number]
    this.#put(read, turns, source, slot * input.height * input.width)
    this.#put(cut(picture, { top, left, height, width }), turns, target, slot * height * width)
  }

  #smallOf(picture: number, scale: number): Plane<Float32Array> {
    const key = `${picture}/${scale}`
    const kept = this.#small.get(key) ?? shrunk(wholeMultiple(this.#pictures[picture]!, scale), scale)
    this.#small.set(key, kept)
    return kept
  }

  /** Of the bits of `turns` one mirrors up and down, one left and right, one exchanges rows and columns. */
  #put({ height, width, values }: Plane, turns: number, out: Float32Array, at: number): void {
    const { mean, std } = this.#options.normalisation
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const row = turns & 1 ? height - 1 - y : y
        const column = turns & 2 ? width - 1 - x : x
        const to = turns & 4 ? column * width + row : row * width + column
        out[at + to] = (values[y * width + x]! / 255 - mean[0]!) / std[0]!
      }
  }
}

/** Patches that fit on a picture side by side, at the scale that leaves the least room. */
function patchesOn({ height, width }: PictureSize, { input, enlarge, scales }: PatchOptions): number {
  const along = (side: number, patch: number) =>
    Math.min(...scales.map((scale) => Math.floor((side - (side % scale)) / (patch * enlarge))))
  return along(height, input.height) * along(width, input.width)
}
