/**
 * The weight transform of Winograd's algorithm F(4x4, 3x3), and its inverse. The reference engine convolves with a
 * transformed weight by transforming it back: the algorithm and the direct sum give the same.
 */
import { WINOGRAD_TAPS } from '../../ops/window.js'
import { type Kernel, sizes4, type Tensor, zeros } from './tensor.js'

/** Powers 0, 1 and 2 of the points 0, 1, −1, 2, −2 and ∞, each times the factor that makes the products exact. */
const G = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
] as const
/** A left inverse of G, from the points 0, 1, −1 and ∞. */
const inverse = [
  [4, 0, 0, 0, 0, 0],
  [0, -3, 3, 0, 0, 0],
  [0, 0, 0, 0, 0, 1],
] as const

export const winogradWeight: Kernel<Record<never, never>> = ([weight], [transformed]) => {
  transform(weight, transformed, G)
}

/** Recovers the weight that a transformed weight was made from. */
export function weightOf(transformed: Tensor): Tensor {
  const [o, i] = sizes4(transformed)
  const weight = zeros([o, i, WINOGRAD_TAPS, WINOGRAD_TAPS])
  transform(transformed, weight, inverse)
  return weight
}

/** Computes M k Mᵀ of each square kernel k. */
function transform(from: Tensor, to: Tensor, matrix: readonly (readonly number[])[]): void {
  const [outputs, inputs, rows] = sizes4(to)
  const [, , size] = sizes4(from)
  for (let kernel = 0; kernel < outputs * inputs; kernel++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < rows; c++) {
        let sum = 0
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++)
            sum += matrix[r]![i]! * from.data[(kernel * size + i) * size + j] * matrix[c]![j]!
        to.data[(kernel * rows + r) * rows + c] = sum
      }
}
