/** The tensors of the reference kernels: dense row-major arrays of float64, in the layouts of the field (NCHW, OIHW). */
import type { Attributes } from '../../graph/graph.js'
import { elements, type Shape } from '../../util/shape.js'

export interface Tensor {
  readonly shape: Shape
  /** Labels are stored as float64 too, which holds every 32-bit integer exactly. */
  readonly data: Float64Array
}

/**
 * Computes the outputs of one node. Inputs come in the order of the operation's operands, undefined if left out.
 * Outputs have their shapes and may hold anything before.
 */
export type Kernel<A extends Attributes> = (
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  attributes: A,
) => void

/** A tensor of zeros. */
export function zeros(shape: Shape): Tensor {
  return { shape, data: new Float64Array(elements(shape)) }
}

/** The sizes of a tensor of rank 4: batch, channels, height, width. */
export function sizes4({ shape }: Tensor): readonly [number, number, number, number] {
  return shape as unknown as readonly [number, number, number, number]
}

/** The sizes of a matrix: rows, columns. */
export function sizes2({ shape }: Tensor): readonly [number, number] {
  return shape as unknown as readonly [number, number]
}
