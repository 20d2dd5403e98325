/**
 * The quality of a picture against the true one: PSNR and SSIM as in papers on super-resolution, on 8-bit luminance,
 * without a border.
 */

import { cut, type Plane } from '../../data/bicubic.js'
import { ShapeError } from '../../util/errors.js'
import { expectKind, whole } from '../../util/expect.js'
import { exp, ln } from '../../util/math.js'
import { expectPlane } from './expect-data.js'

/** The quality of a picture against the true one. */
export interface Quality {
  /** Peak signal-to-noise ratio in dB. Larger is better. Equal pictures have 100. */
  readonly psnr: number
  /** Structural similarity, 1 for equal pictures. */
  readonly ssim: number
}

/** The PSNR of equal pictures. It is finite, because JSON has no infinity. */
const MOST_DECIBELS = 100
const PEAK = 255
const WINDOW = 11
const SIGMA = 1.5
const C1 = 0.01 * PEAK * (0.01 * PEAK)
const C2 = 0.03 * PEAK * (0.03 * PEAK)

/**
 * Computes both measures between planes of whole numbers from 0 to 255.
 * @param shave pixels left out on each side, usually as many as the upscaling factor
 * @throws ShapeError when sizes differ or less than 11x11 pixels are left
 */
export function quality(picture: Plane<Uint8Array>, truth: Plane<Uint8Array>, shave: number): Quality {
  expectPlane(picture, 'quality: picture')
  expectPlane(truth, 'quality: truth')
  expectKind(shave, 'quality: shave', whole(0))
  const { height, width } = truth
  if (picture.height !== height || picture.width !== width)
    throw new ShapeError(
      `quality: a picture of ${picture.width}x${picture.height} pixels cannot be compared with one of ${width}x${height}`,
    )
  const area = { top: shave, left: shave, height: height - 2 * shave, width: width - 2 * shave }
  if (area.height < WINDOW || area.width < WINDOW)
    throw new ShapeError(
      `quality: SSIM looks at ${WINDOW}x${WINDOW} pixels at a time; ${width}x${height} without a border of ${shave} are too few`,
    )
  const [a, b] = [cut(picture, area), cut(truth, area)]
  return { psnr: decibels(squaredDifference(a, b) / (area.height * area.width)), ssim: ssim(a, b) }
}

/** PSNR of a mean squared error of values from 0 to 255, in dB. */
export function decibels(meanSquaredError: number): number {
  if (meanSquaredError === 0) return MOST_DECIBELS
  return Math.min(MOST_DECIBELS, (10 * ln((PEAK * PEAK) / meanSquaredError)) / Math.LN10)
}

function squaredDifference(a: Plane, b: Plane): number {
  let sum = 0
  for (let i = 0; i < a.height * a.width; i++) {
    const difference = a.values[i]! - b.values[i]!
    sum += difference * difference
  }
  return sum
}

/** SSIM: the mean over all windows that lie inside. [Wang et al. 2004] */
function ssim(a: Plane, b: Plane): number {
  const product = (x: Plane, y: Plane): Plane => ({
    ...x,
    values: Float64Array.from({ length: x.height * x.width }, (_, i) => x.values[i]! * y.values[i]!),
  })
  const [meanA, meanB] = [blurred(a), blurred(b)]
  const [squareA, squareB, both] = [blurred(product(a, a)), blurred(product(b, b)), blurred(product(a, b))]
  let sum = 0
  for (let i = 0; i < meanA.length; i++) {
    const [ma, mb] = [meanA[i]!, meanB[i]!]
    const [varianceA, varianceB, covariance] = [squareA[i]! - ma * ma, squareB[i]! - mb * mb, both[i]! - ma * mb]
    sum += ((2 * ma * mb + C1) * (2 * covariance + C2)) / ((ma * ma + mb * mb + C1) * (varianceA + varianceB + C2))
  }
  return sum / meanA.length
}

/** One factor of the Gaussian window, which is a product of two equal ones. */
const gaussian = (() => {
  const weights = Array.from({ length: WINDOW }, (_, i) => {
    const distance = i - (WINDOW - 1) / 2
    return exp((-distance * distance) / (2 * SIGMA * SIGMA))
  })
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
})()

/** Weighted means over all windows that lie inside. */
function blurred({ height, width, values }: Plane): Float64Array {
  const columns = width - WINDOW + 1
  const rows = height - WINDOW + 1
  const narrow = new Float64Array(height * columns)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < columns; x++) {
      let sum = 0
      for (let k = 0; k < WINDOW; k++) sum += gaussian[k]! * values[y * width + x + k]!
      narrow[y * columns + x] = sum
    }
  const means = new Float64Array(rows * columns)
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let sum = 0
      for (let k = 0; k < WINDOW; k++) sum += gaussian[k]! * narrow[(y + k) * columns + x]!
      means[y * columns + x] = sum
    }
  return means
}
