/**
 * Batches: the order in which an epoch visits the pictures, and the conversion of 8-bit pictures to normalised floats.
 * Each picture is cropped (padded with black pixels, or resized), mirrored, changed in colour and then normalised. So
 * the padding is black like a pixel, not zero after normalisation.
 */
import { ConfigError } from '../util/errors.js'
import { expectFields, expectKind, floats, integers, numbers, object, optional, whole } from '../util/expect.js'
import { Random } from '../util/random.js'
import { type Augmentation, centreView, checkAugmentation, type Draw, draw, type View } from './augment.js'
import { inputSize, type Normalisation, type PictureSize, type Pictures, pictureBytes } from './dataset.js'
import { expectNormalisation, expectPictureFields } from './expect-data.js'
import { changeColours } from './picture/colour.js'
import { resize } from './picture/resize.js'

/**
 * The order of an epoch: a permutation of 0 ... count - 1 that depends on (count, seed, epoch) alone.
 * @throws ConfigError unless these are whole numbers from 0
 */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  for (const [name, value] of Object.entries({ count, seed, epoch }))
    expectKind(value, `epochOrder: ${name}`, whole(0, name === 'count' ? MOST_PICTURES : undefined))
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  return new Random(seed, epoch).shuffle(order)
}

export interface BatchOptions {
  readonly normalisation: Normalisation
  /** Default: the unchanged centre of each picture, for evaluation. */
  readonly augmentation?: Augmentation | undefined
  /** Seed of each picture's random numbers, with its index. Not used without augmentation. */
  readonly seed: number
  readonly epoch: number
}

/** An order is a list of 32-bit numbers. */
const MOST_PICTURES = 0xffffffff

const optionFields = { normalisation: object, augmentation: optional(object), seed: whole(0), epoch: whole(0) }

/**
 * Writes the pictures `indices` to `out` as normalised floats [indices.length][channels][height][width], of the size of
 * `inputSize(pictures)`, and their class numbers to `labels`. Both may be longer than the batch; the rest is not
 * changed. Features are only normalised, (value - mean) / std, not augmented.
 * @throws ConfigError if `out` or `labels` is too short, an index has no picture, or options are invalid
 */
export function fillBatch(
  pictures: Pictures,
  indices: ArrayLike<number>,
  out: Float32Array,
  labels: Int32Array,
  options: BatchOptions,
): void {
  expectPictureFields(pictures, 'fillBatch: pictures')
  expectKind(indices, 'fillBatch: indices', numbers)
  expectKind(out, 'fillBatch: out', floats)
  expectKind(labels, 'fillBatch: labels', integers)
  expectFields(options, 'fillBatch: options', '{ normalisation, seed, epoch }', optionFields)
  const { augmentation, normalisation, seed, epoch } = options
  const input = inputSize(pictures)
  const size = input.channels * input.height * input.width
  checkWindow(pictures)
  checkRoom(indices.length, size, out.length, labels.length)
  if ('views' in pictures.pixels) {
    const { views } = pictures.pixels
    const view = views[augmentation ? epoch % views.length : 0]!
    expectNormalisation(normalisation, pictures.channels, 'fillBatch: normalisation')
    for (let slot = 0; slot < indices.length; slot++) {
      const index = expectPicture(indices[slot]!, slot, pictures)
      writeFeatures(view, index * size, input, normalisation, out, slot * size)
      labels[slot] = pictures.labels[index]!
    }
    return
  }
  if (augmentation) checkFit(augmentation, pictures)
  const levels = normalisedLevels(normalisation, pictures.channels)
  const plain = plainLevels(pictures.channels)
  const centre: Draw = { view: centreView(pictures, input), colours: [] }
  for (let slot = 0; slot < indices.length; slot++) {
    const index = expectPicture(indices[slot]!, slot, pictures)
    const drawn = augmentation ? draw(augmentation, pictures, input, { seed, epoch, index }) : centre
    const bytes = pictureBytes(pictures, index)
    const at = slot * size
    const resized = 'height' in drawn.view
    if (!resized && drawn.colours.length === 0) writeView(bytes, pictures, drawn.view, input, levels, out, at)
    else {
      if (resized) resize(bytes, pictures, drawn.view, input, out, at)
      else writeView(bytes, pictures, drawn.view, input, plain, out, at)
      changeColours(out, at, input.channels, input.height * input.width, drawn.colours)
      normalise(out, at, input.channels, input.height * input.width, normalisation)
    }
    labels[slot] = pictures.labels[index]!
  }
}

function expectPicture(index: number, slot: number, { count }: Pictures): number {
  if (!(index >= 0 && index < count))
    throw new ConfigError(`fillBatch: index ${index} at place ${slot}, expected 0 to ${count - 1}`)
  return index
}

/** Writes the features of one picture from view[from ...] to out[at ...]. They are not rounded before normalisation. */
function writeFeatures(
  view: Float32Array | Float64Array,
  from: number,
  { channels, height, width }: Size,
  { mean, std }: Normalisation,
  out: Float32Array,
  at: number,
): void {
  const plane = height * width
  for (let channel = 0; channel < channels; channel++)
    for (let i = channel * plane; i < (channel + 1) * plane; i++)
      out[at + i] = (view[from + i]! - mean[channel]!) / std[channel]!
}

/** The float of each 8-bit value: [channel][256], (value / 255 - mean) / std. */
function normalisedLevels(normalisation: Normalisation, channels: number): Float32Array {
  expectNormalisation(normalisation, channels, 'fillBatch: normalisation')
  const { mean, std } = normalisation
  const levels = new Float32Array(channels * 256)
  for (let channel = 0; channel < channels; channel++)
    for (let value = 0; value < 256; value++)
      levels[channel * 256 + value] = (value / 255 - mean[channel]!) / std[channel]!
  return levels
}

/** Normalises values that are not whole numbers, in place. */
function normalise(out: Float32Array, at: number, channels: number, pixels: number, { mean, std }: Normalisation) {
  for (let channel = 0; channel < channels; channel++)
    for (let i = at + channel * pixels; i < at + (channel + 1) * pixels; i++)
      out[i] = (out[i]! / 255 - mean[channel]!) / std[channel]!
}

/** A table of levels that does not change values. */
function plainLevels(channels: number): Float32Array {
  return Float32Array.from({ length: channels * 256 }, (_, i) => i % 256)
}

type Size = PictureSize & { readonly channels: number }

/**
 * Writes one picture through its view and the table of levels to out[at ...]. Copies rows and fills edges with black.
 */
function writeView(
  bytes: Uint8Array,
  { channels, height, width }: Size,
  { top, left, mirrored }: View,
  window: Size,
  levels: Float32Array,
  out: Float32Array,
  at: number,
) {
  const first = Math.max(0, -left) // window columns [first, last) lie on the picture, the others on the padding
  const last = Math.min(window.width, width - left)
  let to = at
  for (let channel = 0; channel < channels; channel++) {
    const level = channel * 256
    const black = levels[level]!
    for (let row = 0; row < window.height; row++, to += window.width) {
      const y = row + top
      if (y < 0 || y >= height) {
        out.fill(black, to, to + window.width)
        continue
      }
      const from = (channel * height + y) * width + left
      if (mirrored) {
        const end = to + window.width - 1
        for (let x = 0; x < first; x++) out[end - x] = black
        for (let x = first; x < last; x++) out[end - x] = levels[level + bytes[from + x]!]!
        for (let x = last; x < window.width; x++) out[end - x] = black
      } else {
        for (let x = 0; x < first; x++) out[to + x] = black
        for (let x = first; x < last; x++) out[to + x] = levels[level + bytes[from + x]!]!
        for (let x = last; x < window.width; x++) out[to + x] = black
      }
    }
  }
}

function checkWindow({ height, width, window }: Pictures): void {
  if (!window) return
  const fits = (wanted: number, most: number) => Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= most
  if (!fits(window.height, height) || !fits(window.width, width))
    throw new ConfigError(
      `pictures: a window of ${window.height}x${window.width} does not lie inside pictures of ${height}x${width}`,
    )
}

function checkRoom(count: number, size: number, outLength: number, labelsLength: number): void {
  if (outLength < count * size)
    throw new ConfigError(
      `fillBatch: out holds ${outLength} floats, expected at least ${count * size} (${count} pictures of ${size})`,
    )
  if (labelsLength < count)
    throw new ConfigError(`fillBatch: labels holds ${labelsLength} numbers, expected at least ${count}`)
}

function checkFit(augmentation: Augmentation, pictures: Pictures): void {
  const { channels, height, width } = inputSize(pictures)
  const { pad, jitter } = augmentation
  const most = Math.min(height, width) - 1
  if (!(Number.isInteger(pad) && pad >= 0 && pad <= most))
    throw new ConfigError(`augmentation.pad: got ${pad}, expected a whole number from 0 to ${most}`)
  checkAugmentation(augmentation, 'augmentation')
  if (jitter && jitter.saturation > 0 && channels !== 3)
    throw new ConfigError(
      `augmentation.jitter.saturation: got ${jitter.saturation}, expected 0: pictures of ${channels} channels have no colours to change`,
    )
}
