/**
 * The data of upscaling: pictures, and the training pairs made of them. A pair is a patch of the reduced picture and
 * the original patch. The patches of an epoch follow from (seed, epoch, index) alone.
 */

import { type Area, bicubic, cut, type Plane } from '../../data/bicubic.js'
import type { Normalisation, PictureSize, Unreadable } from '../../data/dataset.js'
import { Random } from '../../util/random.js'

/** Pictures to learn upscaling from, as 8-bit luminance. */
export interface UpscalingData {
  readonly name: string
  /** The upscaling factors: one or more of 2, 3, 4. */
  readonly scales: readonly number[]
  readonly train: readonly Plane<Uint8Array>[]
  /** Validation pictures. They do not train weights; they serve to choose among epochs and recipes. */
  readonly val?: readonly Plane<Uint8Array>[] | undefined
  readonly test: readonly Plane<Uint8Array>[]
  /** Mean and standard deviation of the one channel. */
  readonly normalisation: Normalisation
  /** Picture files that were left out because they could not be read or are too small. */
  readonly unreadable?: readonly Unreadable[] | undefined
}

/** Maps luminance from 0 … 255 to 0 … 1 and changes nothing else. */
export const luminanceNormalisation: Normalisation = { mean: [0], std: [1] }

/** The largest part of a picture, from its upper left corner, whose sides are multiples of the upscaling factor. */
export function wholeMultiple(plane: Plane<Uint8Array>, scale: number): Plane<Uint8Array> {
  const height = plane.height - (plane.height % scale)
  const width = plane.width - (plane.width % scale)
  return height === plane.height && width === plane.width ? plane : cut(plane, { top: 0, left: 0, height, width })
}

/**
 * Reduces a picture by the factor `scale`. Its sides must be multiples of `scale`. Values are not rounded, as in
 * published figures.
 */
export function shrunk({ height, width, values }: Plane, scale: number): Plane<Float32Array> {
  return bicubic({ height, width, values }, { height: height / scale, width: width / scale })
}

/** Options of patches. */
export interface PatchOptions {
  /** The pixels that the network reads. */
  readonly input: PictureSize
  /** The factor by which the network itself enlarges. It is 1 if the network reads enlarged pictures. */
  readonly enlarge: number
  readonly scales: readonly number[]
  /** Whether patches are randomly mirrored and turned, in all ways that keep their shape. */
  readonly turn: boolean
  readonly normalisation: Normalisation
}

/** Cuts patches out of pictures. Reduced pictures are made when they are first needed, and kept. */
export class Patches {
  /** The number of patches per epoch: as many as fit side by side on all pictures. */
  readonly count: number
  readonly #pictures: readonly Plane<Uint8Array>[]
  readonly #options: PatchOptions
  /** For each picture the index after its last patch. */
  readonly #ends: Uint32Array
  readonly #small = new Map<string, Plane<Float32Array>>()

  /** A picture that is smaller than a patch gives no patches. */
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

  /** The size of a patch that the network should give. */
  get target(): PictureSize {
    const { input, enlarge } = this.#options
    return { height: input.height * enlarge, width: input.width * enlarge }
  }

  /**
   * Writes patch `index` of an epoch, normalised: the input of the network to source[slot], the target to target[slot].
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

  /**
   * Mirrors and turns a patch. The bits of `turns` mirror it vertically, mirror it horizontally, and exchange rows and
   * columns.
   */
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

/** The number of patches that fit side by side on a picture, at the upscaling factor that leaves the least room. */
function patchesOn({ height, width }: PictureSize, { input, enlarge, scales }: PatchOptions): number {
  const along = (side: number, patch: number) =>
    Math.min(...scales.map((scale) => Math.floor((side - (side % scale)) / (patch * enlarge))))
  return along(height, input.height) * along(width, input.width)
}
