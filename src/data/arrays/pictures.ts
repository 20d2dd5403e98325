/** Makes labelled pictures of arrays: bytes [count][height][width] or [count][height][width][channels], and labels. */
import { DataError } from '../../util/errors.js'
import { described } from '../../util/expect.js'
import type { Pictures } from '../dataset.js'
import type { NumberArray } from './npy.js'

/** The most classes that labels can number, and the most pixels along a side. */
const [MOST_CLASSES, MOST_SIDE] = [65536, 4096]

/**
 * @param who the file, at the start of errors @param limit the most pictures: the first ones
 * @returns pictures, channels first
 * @throws DataError for arrays of other shapes, and for labels that are no class numbers from 0
 */
export function picturesOf(
  images: NumberArray,
  labels: NumberArray,
  who: string,
  limit = Number.POSITIVE_INFINITY,
): Pictures<Uint8Array> {
  const { shape, data } = images
  const [total = 0, height = 0, width = 0, channels = 1] = shape
  const isPicture = shape.length === 3 || (shape.length === 4 && (channels === 1 || channels === 3))
  if (!isPicture || !(data instanceof Uint8Array) || Math.min(height, width) < 1 || Math.max(height, width) > MOST_SIDE)
    throw new DataError(
      `${who}: expected pictures as bytes of [count, height, width] or [count, height, width, 3], got ${shape.join('x')}${data instanceof Uint8Array ? '' : ' of wider numbers'}`,
    )
  if (labels.data.length !== total || total === 0)
    throw new DataError(
      `${who}: expected one label for each of ${total} pictures, got ${labels.shape.join('x')}; of several labels a picture take one column`,
    )
  const count = Math.min(total, limit)
  const numbers = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    const label = labels.data[i]!
    if (!(Number.isInteger(label) && label >= 0 && label < MOST_CLASSES))
      throw new DataError(
        `${who}: label ${i} is ${described(label)}, expected a class number from 0 to ${MOST_CLASSES - 1}`,
      )
    numbers[i] = label
  }
  const area = height * width
  const size = area * channels
  if (channels === 1) return { count, channels, height, width, pixels: data.subarray(0, count * size), labels: numbers }
  const pixels = new Uint8Array(count * size)
  for (let i = 0, at = 0; i < count; i++)
    for (let place = 0; place < area; place++)
      for (let channel = 0; channel < channels; channel++) pixels[i * size + channel * area + place] = data[at++]!
  return { count, channels, height, width, pixels, labels: numbers }
}
