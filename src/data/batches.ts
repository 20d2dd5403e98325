/**
 * Batches: in which order an epoch visits the pictures, and how 8-bit pictures become the normalised floats that a
 * network reads. Per picture: pad with black pixels, crop, mirror, then normalise, so the padding is black as a pixel
 * is (not zero after normalisation).
 */
import { ConfigError } from '../util/errors.js'
import { Random } from '../util/random.js'
import { type Augmentation, plainView, randomView, type View } from './augment.js'
import type { Normalisation, Pictures } from './dataset.js'

/** The order of an epoch: a permutation of 0 ... count - 1 that depends on (count, seed, epoch) alone. */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  return new Random(seed, epoch).shuffle(order)
}

export interface BatchOptions {
  readonly normalisation: Normalisation
  /** Left out: pictures as they are, for evaluation. */
  readonly augmentation?: Augmentation | undefined
  /** Together with the index of a picture, these name its random numbers. Unused without augmentation. */
  readonly seed: number
  readonly epoch: number
}

/**
 * Writes pictures `indices` to `out` as [indices.length][channels][height][width] normalised floats, and their class
 * numbers to `labels`. Both may be longer than the batch; what follows it is left alone.
 * Throws ConfigError where `out` or `labels` is too short, an index has no picture, or options make no sense.
 */
export function fillBatch(
  pictures: Pictures,
  indices: ArrayLike<number>,
  out: Float32Array,
  labels: Int32Array,
  options: BatchOptions,
): void {
  const { augmentation, normalisation, seed, epoch } = options
  const size = pictures.channels * pictures.height * pictures.width
  checkRoom(indices.length, size, out.length, labels.length)
  if (augmentation) checkAugmentation(augmentation, pictures)
  const levels = normalisedLevels(normalisation, pictures.channels)
  for (let slot = 0; slot < indices.length; slot++) {
    const index = indices[slot]!
    if (!(index >= 0 && index < pictures.count))
      throw new ConfigError(`fillBatch: index ${index} at place ${slot}, expected 0 to ${pictures.count - 1}`)
    const view = augmentation ? randomView(augmentation, seed, epoch, index) : plainView
    writeView(pictures, index, view, levels, out, slot * size)
    labels[slot] = pictures.labels[index]!
  }
}

/** What each 8-bit value becomes: [channel][256], (value / 255 - mean) / std. */
function normalisedLevels(normalisation: Normalisation, channels: number): Float32Array {
  const { mean, std } = normalisation
  if (mean.length !== channels || std.length !== channels)
    throw new ConfigError(
      `normalisation: ${mean.length} means and ${std.length} standard deviations, expected ${channels} of each (one a channel)`,
    )
  const levels = new Float32Array(channels * 256)
  for (let channel = 0; channel < channels; channel++) {
    if (!(std[channel]! > 0))
      throw new ConfigError(`normalisation: std of channel ${channel} is ${std[channel]}, expected above 0`)
    for (let value = 0; value < 256; value++)
      levels[channel * 256 + value] = (value / 255 - mean[channel]!) / std[channel]!
  }
  return levels
}

/** One picture through its view and the table of levels to out[at ...]. Rows are copied, edges filled with black. */
function writeView(pictures: Pictures, index: number, view: View, levels: Float32Array, out: Float32Array, at: number) {
  const { channels, height, width, pixels } = pictures
  const { top, left, mirrored } = view
  const first = Math.max(0, -left) // window columns [first, last) lie on the picture, the others on the padding
  const last = Math.min(width, width - left)
  let to = at
  for (let channel = 0; channel < channels; channel++) {
    const level = channel * 256
    const black = levels[level]!
    const plane = (index * channels + channel) * height * width
    for (let row = 0; row < height; row++, to += width) {
      const y = row + top
      if (y < 0 || y >= height) {
        out.fill(black, to, to + width)
        continue
      }
      const from = plane + y * width + left
      if (mirrored) {
        const end = to + width - 1
        for (let x = 0; x < first; x++) out[end - x] = black
        for (let x = first; x < last; x++) out[end - x] = levels[level + pixels[from + x]!]!
        for (let x = last; x < width; x++) out[end - x] = black
      } else {
        for (let x = 0; x < first; x++) out[to + x] = black
        for (let x = first; x < last; x++) out[to + x] = levels[level + pixels[from + x]!]!
        for (let x = last; x < width; x++) out[to + x] = black
      }
    }
  }
}

function checkRoom(count: number, size: number, outLength: number, labelsLength: number): void {
  if (outLength < count * size)
    throw new ConfigError(
      `fillBatch: out holds ${outLength} floats, expected at least ${count * size} (${count} pictures of ${size})`,
    )
  if (labelsLength < count)
    throw new ConfigError(`fillBatch: labels holds ${labelsLength} numbers, expected at least ${count}`)
}

function checkAugmentation({ pad }: Augmentation, { height, width }: Pictures): void {
  const most = Math.min(height, width) - 1
  if (!(Number.isInteger(pad) && pad >= 0 && pad <= most))
    throw new ConfigError(`augmentation.pad: got ${pad}, expected a whole number from 0 to ${most}`)
}
