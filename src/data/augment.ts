/**
 * Augmentation: chance changes a picture before the network learns from it. It is plain data, and numbers drawn for one picture:
 * where it is cut, whether it is mirrored, how its colours change. The random numbers of a picture come from (seed,
 * epoch, index) alone, so neither the order of the pictures nor the size of the batches nor a resumed run changes what
 * a picture looks like.
 */

import { ConfigError } from '../util/errors.js'
import { exp, ln } from '../util/math.js'
import { shown } from '../util/printable.js'
import { Random } from '../util/random.js'
import type { PictureSize } from './dataset.js'

/** How training pictures are changed by chance. */
export interface Augmentation {
  /**
   * Black pixels added on each side before a window of the network's input size is cut out at a random place; 0 for
   * none. The papers use 4 for 32x32 pictures.
   */
  readonly pad: number
  /** Mirror left and right with probability one half. */
  readonly flip: boolean
  /** A part of random size and shape, resized to the network's input, in place of padding and window. */
  readonly resizedCrop?: ResizedCrop | undefined
  readonly jitter?: Jitter | undefined
}

/** Of the inception crop [Szegedy et al. 2015]. */
export interface ResizedCrop {
  /** Smallest and largest share of the picture's area; the usual are 0.08 and 1. */
  readonly scale: readonly [number, number]
  /** Smallest and largest width over height; the usual are 3/4 and 4/3. */
  readonly ratio: readonly [number, number]
}

/**
 * Changes of colour, in random order. Each s in [0, 1] means a factor from [1 - s, 1 + s]: of all values (brightness),
 * of the difference from the mean grey (contrast), of the difference from the grey of the pixel (saturation).
 */
export interface Jitter {
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
}

/** The crop that ImageNet networks are trained with. */
export const usualCrop: ResizedCrop = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] }

/** Where the window lies and whether it is mirrored. */
export interface View {
  /** Rows the window lies below the top of the unpadded picture. */
  readonly top: number
  /** Columns the window lies right of the left edge of the unpadded picture. */
  readonly left: number
  readonly mirrored: boolean
}

/** A part of a picture that is resized to the window. */
export interface Part extends View {
  readonly height: number
  readonly width: number
}

/** Factors in the order in which they are applied. */
export type ColourChange = readonly (readonly [name: keyof Jitter, factor: number])[]

/** The numbers that are drawn for one picture. */
export interface Draw {
  readonly view: View | Part
  readonly colours: ColourChange
}

/** The middle of a picture, as it is: for evaluation. Where it cannot be in the middle, it is half a pixel up or left. */
export function centreView(picture: PictureSize, window: PictureSize): View {
  const top = Math.floor((picture.height - window.height) / 2)
  const left = Math.floor((picture.width - window.width) / 2)
  return { top, left, mirrored: false }
}

/**
 * Draws the changes of picture `index` in an epoch. All places and both mirrorings are equally likely.
 * @param window what the network reads, at most as large as the picture
 */
export function draw(
  augmentation: Augmentation,
  picture: PictureSize,
  window: PictureSize,
  key: { readonly seed: number; readonly epoch: number; readonly index: number },
): Draw {
  const random = new Random(key.seed, key.epoch, key.index)
  const { pad, flip, resizedCrop, jitter } = augmentation
  const part = resizedCrop ? randomPart(resizedCrop, picture, random) : undefined
  const top = part ? part.top : random.between(-pad, picture.height - window.height + pad)
  const left = part ? part.left : random.between(-pad, picture.width - window.width + pad)
  const mirrored = flip && random.below(2) === 1
  return { view: { ...part, top, left, mirrored }, colours: jitter ? colourChange(jitter, random) : [] }
}

/** Area and shape are drawn until the part fits, ten times at most; then it is the largest middle part of legal shape. */
function randomPart({ scale, ratio }: ResizedCrop, picture: PictureSize, random: Random) {
  const [low, high] = [ln(ratio[0]), ln(ratio[1])]
  for (let tries = 0; tries < 10; tries++) {
    const area = picture.height * picture.width * (scale[0] + (scale[1] - scale[0]) * random.uniform())
    const shape = exp(low + (high - low) * random.uniform())
    const width = Math.round(Math.sqrt(area * shape))
    const height = Math.round(Math.sqrt(area / shape))
    if (width < 1 || height < 1 || width > picture.width || height > picture.height) continue
    const top = random.between(0, picture.height - height)
    return { top, left: random.between(0, picture.width - width), height, width }
  }
  const width = Math.max(1, Math.min(picture.width, Math.round(picture.height * ratio[1])))
  const height = Math.max(1, Math.min(picture.height, Math.round(picture.width / ratio[0])))
  const { top, left } = centreView(picture, { height, width })
  return { top, left, height, width }
}

function colourChange(jitter: Jitter, random: Random): ColourChange {
  const names = ['brightness', 'contrast', 'saturation'] as const
  const factors = names.map((name) => [name, 1 + jitter[name] * (2 * random.uniform() - 1)] as const)
  return [...random.shuffle(Uint8Array.of(0, 1, 2))].map((i) => factors[i]!).filter(([, factor]) => factor !== 1)
}

/** Black pixels on a side: as many as the largest input has. */
const MOST_PAD = 4096

/**
 * @param who what the message begins with, for example `recipe.augmentation`
 * @throws ConfigError naming the first field that makes no sense.
 */
export function checkAugmentation(value: unknown, who: string): asserts value is Augmentation {
  const { pad, flip, resizedCrop, jitter } = fields(value, who, '{ pad, flip }') as Partial<Augmentation>
  if (!Number.isSafeInteger(pad) || pad! < 0)
    throw new ConfigError(`${who}.pad: expected a whole number of at least 0, got ${text(pad)}`)
  if (pad! > MOST_PAD)
    throw new ConfigError(`${who}.pad: expected a whole number of at most ${MOST_PAD}, got ${text(pad)}`)
  if (typeof flip !== 'boolean') throw new ConfigError(`${who}.flip: expected true or false, got ${text(flip)}`)
  if (resizedCrop !== undefined) {
    const { scale, ratio } = fields(resizedCrop, `${who}.resizedCrop`, '{ scale, ratio }') as Partial<ResizedCrop>
    checkRange(scale, `${who}.resizedCrop.scale`, 1)
    checkRange(ratio, `${who}.resizedCrop.ratio`, 100)
    if (pad !== 0)
      throw new ConfigError(`${who}.pad: a resized crop takes the place of padding; expected 0, got ${text(pad)}`)
  }
  if (jitter !== undefined) {
    const strengths = fields(jitter, `${who}.jitter`, '{ brightness, contrast, saturation }') as Partial<Jitter>
    for (const name of ['brightness', 'contrast', 'saturation'] as const) {
      const strength = strengths[name]
      if (typeof strength !== 'number' || !(strength >= 0 && strength <= 1))
        throw new ConfigError(`${who}.jitter.${name}: expected a number from 0 to 1, got ${text(strength)}`)
    }
  }
}

/** Two rising numbers above 0, the larger at most `most`. */
function checkRange(range: unknown, who: string, most: number): void {
  const [low, high, ...more] = Array.isArray(range) ? (range as unknown[]) : []
  if (
    typeof low !== 'number' ||
    typeof high !== 'number' ||
    more.length > 0 ||
    !(0 < low && low <= high && high <= most)
  )
    throw new ConfigError(`${who}: expected two rising numbers above 0, at most ${most}, got ${text(range)}`)
}

function fields(value: unknown, who: string, expected: string): object {
  if (typeof value !== 'object' || value === null)
    throw new ConfigError(`${who}: expected ${expected}, got ${text(value)}`)
  return value
}

function text(value: unknown): string {
  return value === undefined ? 'undefined' : shown(value)
}
