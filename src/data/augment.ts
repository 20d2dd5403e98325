/**
 * Augmentation: random changes to a picture before the network learns from it. It draws plain numbers for each picture:
 * where to crop, whether to mirror, how to change colours. They depend on (seed, epoch, index) alone, so a picture
 * looks the same whatever the order, the batch size or the number of resumes.
 */

import { ConfigError } from '../util/errors.js'
import { exp, ln } from '../util/math.js'
import { shown } from '../util/printable.js'
import { Random } from '../util/random.js'
import type { PictureSize } from './dataset.js'

/** Random changes to training pictures. */
export interface Augmentation {
  /**
   * Black pixels added on each side before a random window of the network's input size is cropped; 0 for none. The
   * papers use 4 for 32x32 pictures.
   */
  readonly pad: number
  /** Mirrors left and right with probability one half. */
  readonly flip: boolean
  /** Crops a part of random size and shape and resizes it to the network's input, instead of padding and a window. */
  readonly resizedCrop?: ResizedCrop | undefined
  readonly jitter?: Jitter | undefined
}

/** Limits of the inception crop [Szegedy et al. 2015]. */
export interface ResizedCrop {
  /** Smallest and largest share of the picture's area, usually 0.08 and 1. */
  readonly scale: readonly [number, number]
  /** Smallest and largest width divided by height, usually 3/4 and 4/3. */
  readonly ratio: readonly [number, number]
}

/**
 * Changes of colour, in random order. Each s in [0, 1] means a factor from [1 - s, 1 + s]. Brightness multiplies all
 * values, contrast the difference from the mean grey, saturation the difference from the pixel's grey.
 */
export interface Jitter {
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
}

/** The usual crop in training ImageNet networks. */
export const usualCrop: ResizedCrop = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] }

/** The place of the window, and whether it is mirrored. */
export interface View {
  /** Distance of the window from the top of the unpadded picture, in rows. */
  readonly top: number
  /** Distance of the window from the left of the unpadded picture, in columns. */
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

/** The random numbers of one picture. */
export interface Draw {
  readonly view: View | Part
  readonly colours: ColourChange
}

/**
 * The unchanged centre of a picture, for evaluation. If an exact centre is impossible, it is half a pixel up or left.
 */
export function centreView(picture: PictureSize, window: PictureSize): View {
  const top = Math.floor((picture.height - window.height) / 2)
  const left = Math.floor((picture.width - window.width) / 2)
  return { top, left, mirrored: false }
}

/**
 * Draws the changes of picture `index` in an epoch. All places are equally likely, and so are both mirrorings.
 * @param window size of the network's input, at most that of the picture
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

/**
 * Draws area and shape until the part fits, at most ten times. After that it takes the largest central part of legal
 * shape.
 */
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

/** The most black pixels on a side, as many as the largest input has. */
const MOST_PAD = 4096

/**
 * @param who start of the message, for example `recipe.augmentation`
 * @throws ConfigError naming the first invalid field
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

/** Checks for two rising numbers above 0, the larger at most `most`. */
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
