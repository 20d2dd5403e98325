/** Sliding windows: attributes and output sizes that convolutions and pooling share. */
import { ShapeError } from '../util/errors.js'
import { mostSteps } from '../util/shape.js'

/** Height and width. */
export type Pair = readonly [number, number]

/** Symmetric zero padding on both sides, as in PyTorch; never 'same'. */
export type ConvAttributes = {
  readonly stride: Pair
  readonly padding: Pair
  readonly dilation: Pair
  /** Number of groups of channels, each convolved by itself. Default 1. */
  readonly groups?: number
  /** Whether the weight, of a 3x3 kernel, has the form that `winogradWeight` makes. */
  readonly winograd?: boolean
  /** The algorithm, for comparisons. Engines choose by shape if it is left out or impossible. */
  readonly algorithm?: 'direct' | 'winograd'
  /** Rounds operands to bfloat16 before multiplication: see `precision.ts`. */
  readonly precision?: 'bf16'
}
/** Rows and columns of a kernel, and of its form for Winograd's algorithm F(4x4, 3x3). */
export const WINOGRAD_TAPS = 3
export const WINOGRAD_POINTS = 6
export type PoolAttributes = { readonly kernel: Pair; readonly stride: Pair; readonly padding: Pair }

/** Output size along one axis: floor((size + 2 padding − dilation (kernel − 1) − 1) / stride) + 1. */
export function windowSize(
  op: string,
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation = 1,
): number {
  for (const [name, value, least] of [
    ['kernel', kernel, 1],
    ['stride', stride, 1],
    ['padding', padding, 0],
    ['dilation', dilation, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw new ShapeError(`${op}: ${name} must be a whole number of at least ${least}, got ${value}`)
    else if (name !== 'kernel' && value > mostSteps(size))
      throw new ShapeError(
        `${op}: ${name} must be a whole number from ${least} to ${mostSteps(size)} on a map of ${size}, got ${value}`,
      )
  const output = Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
  if (output < 1)
    throw new ShapeError(
      `${op}: a kernel of ${kernel} (dilation ${dilation}) does not fit a size of ${size} with padding ${padding}; ` +
        'use a larger picture, a smaller kernel or fewer stages with stride 2',
    )
  return output
}
