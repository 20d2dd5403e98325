/** The types of data sets. */

import { ConfigError } from '../util/errors.js'
import { bytesOf, callback, expectFields, expectKind, object, whole } from '../util/expect.js'

/** Pictures that are read one at a time, because they are in a file or are a selection of others. */
export interface PictureReader {
  /** Returns the bytes [channels][height][width] of a picture. They are valid until the next call. */
  read(index: number): Uint8Array
}

/**
 * Floats instead of pictures: rows of a table, or outputs of the frozen part of a network. They are normalised but not
 * augmented. Several views are the same pictures, augmented in different ways: each training epoch takes the next view,
 * evaluation reads the first.
 */
export interface Features {
  /** Each [count][channels][height][width]. */
  readonly views: readonly (Float32Array | Float64Array)[]
}

/** The source of pictures: bytes in memory, [count][channels][height][width], a reader, or floats. */
export type Pixels = Uint8Array | PictureReader | Features

/** Labelled pictures of one size, as 8-bit values in RGB order, or floats. */
export interface Pictures<P extends Pixels = Pixels> {
  readonly count: number
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly pixels: P
  /** Class numbers, one per picture. */
  readonly labels: Uint8Array | Uint16Array
  /** For a folder: the file of each picture, by its path in the folder. */
  readonly files?: readonly string[] | undefined
  /** Size of the network's input, if pictures are larger: their centre or, in training, a random part. */
  readonly window?: PictureSize | undefined
}

/** A size in pixels. */
export interface PictureSize {
  readonly height: number
  readonly width: number
}

/**
 * Mean and standard deviation per channel, of pixels scaled to [0, 1] or of unscaled floats. Stored with the weights.
 */
export interface Normalisation {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** The normalisation of so many channels that changes nothing. */
export function noNormalisation(channels: number): Normalisation {
  return { mean: new Array<number>(channels).fill(0), std: new Array<number>(channels).fill(1) }
}

/**
 * Converts a normalisation of colours to another number of channels. If there are fewer than three channels, each gets
 * the mean of the colours' values; so does each channel beyond the third. Unchanged if the number of channels fits.
 */
export function normalisationFor({ mean, std }: Normalisation, channels: number): Normalisation {
  if (mean.length === channels && std.length === channels) return { mean, std }
  const fitted = (values: readonly number[]) => {
    // Drops the last digits, which rounding errors change.
    const middle = Number((values.reduce((a, b) => a + b, 0) / values.length).toPrecision(6))
    return Array.from({ length: channels }, (_, i) => (channels < values.length ? middle : (values[i] ?? middle)))
  }
  return { mean: fitted(mean), std: fitted(std) }
}

/** As text: `mean 0.449 and deviation 0.226`; only the first of many channels. */
export function normalisationText({ mean, std }: Normalisation): string {
  const list = (values: readonly number[]) => `${values.slice(0, 4).join(', ')}${values.length > 4 ? ', …' : ''}`
  return `mean ${list(mean)} and deviation ${list(std)}`
}

/** The normalisation of ImageNet, which most networks for fine-tuning were trained with. */
export const imageNetNormalisation: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** Pictures to train and to test on. */
export interface Dataset<P extends Pixels = Pixels> {
  readonly name: string
  /** Class names, by class number. */
  readonly classes: readonly string[]
  readonly train: Pictures<P>
  /**
   * Validation pictures: no weights learn from them, they serve to choose among epochs and recipes. They are split off,
   * or a part of the set.
   */
  readonly val?: Pictures<P> | undefined
  readonly test: Pictures<P>
  readonly normalisation: Normalisation
  /** Picture files that could not be read and were left out. */
  readonly unreadable?: readonly Unreadable[] | undefined
  /** For a folder: sentences about skipped files and possible mistakes in its pictures. */
  readonly notes?: readonly string[] | undefined
  /** For a folder: the test pictures held out of it at random; null if it has a test part. */
  readonly heldOut?: HeldOutRecord | null | undefined
}

/**
 * Identifies the pictures of a folder that were held out at random, without their names. The same pictures give the
 * same choice; the digest detects other pictures.
 */
export interface HeldOutRecord {
  readonly seed: number
  /** Number of pictures held out. */
  readonly count: number
  /** Number of pictures in the folder. */
  readonly of: number
  /** SHA-256 over the names and sizes of all pictures, and over the groups of copies. */
  readonly digest: string
}

/** A picture that was left out. */
export interface Unreadable {
  /** Its path in the folder of the set. */
  readonly file: string
  /** The reason in one line. */
  readonly reason: string
}

const PICTURES = 'pictures, such as the train part of a data set'
const sized = { channels: whole(1), height: whole(1), width: whole(1) }

/** The size of the network's input, which is a part of each picture or all of it. */
export function inputSize(pictures: Pictures): PictureSize & { readonly channels: number } {
  expectFields(pictures, 'inputSize: pictures', PICTURES, sized)
  const { channels, height, width, window } = pictures
  return { channels, height: window?.height ?? height, width: window?.width ?? width }
}

/** Returns the bytes [channels][height][width] of a picture. A reader's bytes are valid until the next call. */
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
  const bytes = bytesOf(pixels) // bytes of another realm
  if (bytes) return pictureBytes({ ...pictures, pixels: bytes }, index)
  expectKind(pixels, 'pictureBytes: pictures.pixels', object)
  if ('views' in pixels) throw new ConfigError('pictures: features are floats, and have no bytes to read')
  expectFields(pixels, 'pictureBytes: pictures.pixels', 'bytes, or a reader with read(index)', { read: callback })
  return (pixels as PictureReader).read(index)
}
