/**
 * Bicubic resizing as in published figures of super-resolution (MATLAB's `imresize`). It uses Keys' kernel with a =
 * −0.5, widened by the factor of shrinking so that fine patterns do not alias. Weights add up to 1, and pictures are
 * mirrored beyond their edges. The arithmetic has a fixed order, so the bits are the same everywhere, for a whole
 * picture or for parts.
 */
import { cubic } from '../util/filters.js'
import type { PictureSize } from './dataset.js'

/** One channel of a picture, [height][width], usually from 0 to 255. */
export interface Plane<Values extends ArrayLike<number> = ArrayLike<number>> extends PictureSize {
  readonly values: Values
}

/** A rectangle of pixels. */
export interface Area extends PictureSize {
  readonly top: number
  readonly left: number
}

/** The inputs that each output sums: `most` inputs per output. */
interface Taps {
  readonly indices: Int32Array
  readonly weights: Float64Array
  readonly most: number
}

const REACH = 2
const keys = cubic(-0.5)

/** Taps of the outputs `first` to `first + count - 1` along an axis that is resized from `from` to `to` pixels. */
function tapsOf(from: number, to: number, first: number, count: number): Taps {
  const step = from / to
  const widening = Math.max(1, step)
  const reach = REACH * widening
  const most = Math.ceil(2 * reach) + 1
  const indices = new Int32Array(count * most)
  const weights = new Float64Array(count * most)
  for (let output = 0; output < count; output++) {
    const centre = (first + output + 0.5) * step - 0.5
    const low = Math.ceil(centre - reach)
    const at = output * most
    let sum = 0
    for (let tap = 0; tap < most; tap++) {
      const weight = keys(Math.abs(low + tap - centre) / widening)
      indices[at + tap] = mirrored(low + tap, from)
      weights[at + tap] = weight
      sum += weight
    }
    for (let tap = 0; tap < most; tap++) weights[at + tap]! /= sum
  }
  return { indices, weights, most }
}

/** Mirrors an index at the edges. The edge pixel comes twice: … 1 0 0 1 2 … */
function mirrored(index: number, count: number): number {
  const period = 2 * count
  const within = ((index % period) + period) % period
  return within < count ? within : period - 1 - within
}

/**
 * Resizes a picture, or a part of the result: columns first, then rows. A part has the same bits as in the whole.
 * @param to size of the whole result, at least 1x1
 */
export function bicubic(
  plane: Plane,
  to: PictureSize,
  part: Area = { top: 0, left: 0, height: to.height, width: to.width },
): Plane<Float32Array> {
  const down = tapsOf(plane.height, to.height, part.top, part.height)
  const across = tapsOf(plane.width, to.width, part.left, part.width)
  // Only these columns of the input contribute to the part.
  const first = across.indices.reduce((a, b) => Math.min(a, b), plane.width)
  const columns = across.indices.reduce((a, b) => Math.max(a, b), 0) - first + 1
  const row = new Float64Array(columns)
  const values = new Float32Array(part.height * part.width)
  for (let y = 0; y < part.height; y++) {
    row.fill(0)
    for (let tap = 0; tap < down.most; tap++) {
      const weight = down.weights[y * down.most + tap]!
      const from = down.indices[y * down.most + tap]! * plane.width + first
      for (let x = 0; x < columns; x++) row[x]! += weight * plane.values[from + x]!
    }
    for (let x = 0; x < part.width; x++) {
      let sum = 0
      for (let tap = x * across.most; tap < (x + 1) * across.most; tap++)
        sum += across.weights[tap]! * row[across.indices[tap]! - first]!
      values[y * part.width + x] = sum
    }
  }
  return { height: part.height, width: part.width, values }
}

/** Crops a rectangle out of a picture. */
export function cut<Values extends Uint8Array | Float32Array>(plane: Plane<Values>, area: Area): Plane<Values> {
  const values = plane.values.slice(0, area.height * area.width) as Values
  for (let y = 0; y < area.height; y++) {
    const from = (area.top + y) * plane.width + area.left
    values.set(plane.values.subarray(from, from + area.width), y * area.width)
  }
  return { height: area.height, width: area.width, values }
}

/** Rounds to whole numbers from 0 to 255. Halves are rounded up, values beyond the range are clamped. */
export function toBytes({ height, width, values }: Plane): Plane<Uint8Array> {
  const bytes = new Uint8Array(height * width)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.max(0, Math.min(255, Math.floor(values[i]! + 0.5)))
  return { height, width, values: bytes }
}
