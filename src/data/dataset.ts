/** Data sets as the rest of the house knows them. */

import { ConfigError } from '../util/errors.js'
import { bytesOf, callback, expectFields, expectKind, object, whole } from '../util/expect.js'

/** Pictures that are read one at a time, because they lie in a file or are a choice from among others. */
export interface PictureReader {
  /** The bytes [channels][height][width] of a picture; they stay as they are only until the next call. */
  read(index: number): Uint8Array
}

/**
 * Floats in place of pictures, which are normalised but not augmented: rows of a table, or what the frozen part of a
 * network gives. Several views are the same pictures augmented in several ways: training takes them in turn, an epoch
 * each, evaluation reads the first.
 */
export interface Features {
  /** Each [count][channels][height][width]. */
  readonly views: readonly (Float32Array | Float64Array)[]
}

/** Where the bytes of pictures come from: memory, [count][channels][height][width], or a reader; or floats. */
export type Pixels = Uint8Array | PictureReader | Features

/** Labelled pictures of one size, as 8-bit values in RGB order; or floats. */
export interface Pictures<P extends Pixels = Pixels> {
  readonly count: number
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly pixels: P
  /** Class numbers, one a picture. */
  readonly labels: Uint8Array | Uint16Array
  /** Of a folder: the file of each picture, by its path in the folder. */
  readonly files?: readonly string[] | undefined
  /** How much of a picture a network reads, where that is not all: its centre, or in training a part of it by chance. */
  readonly window?: PictureSize | undefined
}

/** In pixels. */
export interface PictureSize {
  readonly height: number
  readonly width: number
}

/** Per-channel mean and standard deviation of pixels scaled to [0, 1], of floats as they are; travels with the weights. */
export interface Normalisation {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** The normalisation that leaves values as they are, for so many channels. */
export function noNormalisation(channels: number): Normalisation {
  return { mean: new Array<number>(channels).fill(0), std: new Array<number>(channels).fill(1) }
}

/**
 * A normalisation of colours for pictures of another number of channels: fewer than three have the mean of the colours',
 * and so has each beyond the third. As it is where it has as many channels already.
 */
export function normalisationFor({ mean, std }: Normalisation, channels: number): Normalisation {
  if (mean.length === channels && std.length === channels) return { mean, std }
  const fitted = (values: readonly number[]) => {
    // Without the last digits, in which a sum of decimal fractions is off.
    const middle = Number((values.reduce((a, b) => a + b, 0) / values.length).toPrecision(6))
    return Array.from({ length: channels }, (_, i) => (channels < values.length ? middle : (values[i] ?? middle)))
  }
  return { mean: fitted(mean), std: fitted(std) }
}

/** For people: `mean 0.449 and deviation 0.226`; of many channels the first. */
export function normalisationText({ mean, std }: Normalisation): string {
  const list = (values: readonly number[]) => `${values.slice(0, 4).join(', ')}${values.length > 4 ? ', …' : ''}`
  return `mean ${list(mean)} and deviation ${list(std)}`
}

/** Of ImageNet: what most networks that can be fine-tuned were trained with. */
export const imageNetNormalisation: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** Pictures to learn from and to test on. */
export interface Dataset<P extends Pixels = Pixels> {
  readonly name: string
  /** Class names, by class number. */
  readonly classes: readonly string[]
  readonly train: Pictures<P>
  /** Pictures that no weights are learned from, to choose among epochs and recipes: a part split off, or one of its own. */
  readonly val?: Pictures<P> | undefined
  readonly test: Pictures<P>
  readonly normalisation: Normalisation
  /** Picture files that could not be read and were left out. */
  readonly unreadable?: readonly Unreadable[] | undefined
  /** Of a folder: what was passed over, and what may be wrong with its pictures; a sentence each. */
  readonly notes?: readonly string[] | undefined
  /** Of a folder: which test pictures were held out of it by chance; null where it has a part to test on. */
  readonly heldOut?: HeldOutRecord | null | undefined
}

/**
 * Which pictures of a folder were held out by chance, without a name of them: from the same pictures the same are held
 * out again, and other pictures are told by the digest.
 */
export interface HeldOutRecord {
  readonly seed: number
  /** Pictures held out. */
  readonly count: number
  /** Pictures that the folder had. */
  readonly of: number
  /** SHA-256 over the names and sizes of all pictures, and over which are copies of others. */
  readonly digest: string
}

/** A picture that was left out. */
export interface Unreadable {
  /** By its path in the folder of the set. */
  readonly file: string
  /** In one line. */
  readonly reason: string
}

const PICTURES = 'pictures, such as the train part of a data set'
const sized = { channels: whole(1), height: whole(1), width: whole(1) }

/** The part of each picture that a network reads: the size of its input. */
export function inputSize(pictures: Pictures): PictureSize & { readonly channels: number } {
  expectFields(pictures, 'inputSize: pictures', PICTURES, sized)
  const { channels, height, width, window } = pictures
  return { channels, height: window?.height ?? height, width: window?.width ?? width }
}

/** The bytes [channels][height][width] of a picture; those of a reader stay as they are only until the next call. */
export function pictureBytes(pictures: Pictures, index: number): Uint8Array {
  expectKind(pictures, 'pictureBytes: pictures', object)
  const { pixels, channels, height, width, count } = pictures
  if (![index, count, channels, height, width].every(Number.isSafeInteger) || index < 0 || index >= count) {
    expectFields(pictures, 'pictureBytes: pictures', PICTURES, { ...sized, count: whole(1) })
    expectKind(index, 'pictureBytes: index', whole(0, count - 1))
  }
  if (pixels instanceof Uint8Array) {
    const size = channels * height * width
    return pixels.subarray(index * size, (index + 1) * size)
  }
  const bytes = bytesOf(pixels) // of another realm
  if (bytes) return pictureBytes({ ...pictures, pixels: bytes }, index)
  expectKind(pixels, 'pictureBytes: pictures.pixels', object)
  if ('views' in pixels) throw new ConfigError('pictures: features are floats, and have no bytes to read')
  expectFields(pixels, 'pictureBytes: pictures.pixels', 'bytes, or a reader with read(index)', { read: callback })
  return (pixels as PictureReader).read(index)
}
