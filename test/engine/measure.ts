/** Measures how far an engine's tensor is from the reference's, in the terms of `tolerances.ts`. */
import type { Tolerance } from './tolerances.js'

/**
 * Errors relative to `wanted`, rounded to float32, or to `scale` where that is larger than its magnitudes. Where
 * nothing was wanted but zeros, any other number is an infinite error. Throws on different lengths.
 */
export function measure(got: ArrayLike<number>, wanted: ArrayLike<number>, scale = 0): Tolerance {
  if (got.length !== wanted.length) throw new Error(`expected ${wanted.length} numbers, got ${got.length}`)
  const rounded = Float32Array.from(wanted)
  const errors = Float64Array.from(rounded, (value, i) => Math.abs(got[i]! - value))
  const over = (error: number, magnitude: number) => (error === 0 ? 0 : error / Math.max(magnitude, scale))
  return { max: over(largest(errors), largest(rounded)), rms: over(rootMeanSquare(errors), rootMeanSquare(rounded)) }
}

/** NaN if any value is. */
function largest(values: Float32Array | Float64Array): number {
  let found = 0
  for (const value of values) found = Math.max(found, Math.abs(value))
  return found
}

function rootMeanSquare(values: Float32Array | Float64Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return Math.sqrt(sum / values.length)
}
