/**
 * A training batch norm and its gradient in parts. Passes of the plan cut them, so that convolutions can fuse some
 * parts: they take statistics and sums while an image is in cache, and apply the norm while they read their input.
 *
 *   forward    imageStatistics → mergeStatistics → normalise
 *   backward   reduceNormGradient → mergeNormGradient → applyNormGradient
 *
 * They need no gradients: passes run after autodiff.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { expectVectors, type NormAttributes } from './batch-norm.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

const none = { none: 'a pass of the plan makes it, after differentiation' }

/**
 * Statistics of parts of a batch: the mean, and the sum of squared deviations from it, of each part and channel,
 * [parts, 2, C]. An image is cut into `bands` of rows: band b of an image with H rows holds rows ⌊b·H/bands⌋ to
 * ⌊(b+1)·H/bands⌋. This operation takes whole images.
 */
export const imageStatistics = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'imageStatistics',
  inputs: ['x'],
  outputs: ['statistics'],
  infer: ([x]) => {
    const [n, c] = expectRank('imageStatistics', 'x', x, 4) as [number, number]
    return [f32(n, 2, c)]
  },
  cost: noMacs,
  gradient: none,
})

/** Size of the map that the statistics describe: rows, columns, and bands per image. */
export type StatisticsAttributes = { readonly rows: number; readonly columns: number; readonly bands: number }

/** Mean and biased variance [C] of the whole batch, from statistics of its parts. */
export const mergeStatistics = /* @__PURE__ */ defineOp<StatisticsAttributes>()({
  name: 'mergeStatistics',
  inputs: ['statistics'],
  outputs: ['mean', 'variance'],
  infer: ([statistics], { bands }) => {
    const [parts, , c] = expectRank('mergeStatistics', 'statistics', statistics, 3) as [number, number, number]
    expectShape('mergeStatistics', 'statistics', statistics, [parts, 2, c])
    if (parts % bands !== 0) throw new ShapeError(`mergeStatistics: ${parts} parts are no images of ${bands} bands`)
    return [f32(c), f32(c)]
  },
  cost: noMacs,
  gradient: none,
})

export type NormaliseAttributes = NormAttributes & { readonly relu: boolean }

/** batchNormInference, then + addend if given, then ReLU if set. */
export const normalise = /* @__PURE__ */ defineOp<NormaliseAttributes>()({
  name: 'normalise',
  inputs: ['x', 'scale', 'shift', 'mean', 'variance', 'addend?'],
  outputs: ['y'],
  infer: ([x, scale, shift, mean, variance, addend]) => {
    expectVectors('normalise', x, { scale, shift, mean, variance })
    if (addend) expectShape('normalise', 'addend', addend, x!.shape)
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [
    ['y', 'x'],
    ['y', 'addend'],
  ],
  gradient: none,
})

/**
 * The values that a reduction of the gradient after a norm reads besides the gradient: the norm's input and mean, and a
 * mask of the ReLU after the norm. The mask comes from the output `y` or, if y is not kept, from scale, shift and
 * variance, which compute the norm again. Without either there is no ReLU.
 */
type Reduction<T> = Readonly<Record<'x' | 'mean' | 'y' | 'scale' | 'shift' | 'variance', T>>

/** Checks the operands of a reduction of the gradient `dy`; returns the number of channels. */
export function expectReduction(
  op: string,
  dy: TensorType,
  { x, mean, y, scale, shift, variance }: Reduction<TensorType | undefined>,
): number {
  const channels = expectVectors(op, x, { mean })
  expectShape(op, 'dy', dy, x!.shape)
  const again = { scale, shift, variance }
  if (y && Object.values(again).some(Boolean))
    throw new ShapeError(`${op}: give a mask by y or by scale, shift and variance, not by both`)
  if (y) expectShape(op, 'y', y, x!.shape)
  else if (Object.values(again).some(Boolean)) expectVectors(op, x, again)
  return channels
}

/**
 * dz = dy masked by the ReLU after the norm, and the sums of dz and of dz · (x − mean) for each image and channel, [N,
 * 2, C]. Without a ReLU dz is dy and is not a result.
 */
export const reduceNormGradient = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'reduceNormGradient',
  inputs: ['dy', 'x', 'mean', 'y?', 'scale?', 'shift?', 'variance?'],
  outputs: ['sums', 'dz?'],
  infer: ([dy, x, mean, y, scale, shift, variance]) => {
    const channels = expectReduction('reduceNormGradient', dy!, { x, mean, y, scale, shift, variance })
    const sums = f32(dy!.shape[0]!, 2, channels)
    return y || scale ? [sums, dy!] : [sums]
  },
  cost: noMacs,
  inPlace: [['dz', 'dy']],
  gradient: none,
})

/** dscale = Σ dz · (x − mean) / sqrt(variance + epsilon) and dshift = Σ dz, from sums of parts [parts, 2, C]. */
export const mergeNormGradient = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'mergeNormGradient',
  inputs: ['sums', 'variance'],
  outputs: ['dscale', 'dshift'],
  infer: ([sums, variance]) => {
    const [parts, , c] = expectRank('mergeNormGradient', 'sums', sums, 3) as [number, number, number]
    expectShape('mergeNormGradient', 'sums', sums, [parts, 2, c])
    expectShape('mergeNormGradient', 'variance', variance, [c])
    return [f32(c), f32(c)]
  },
  cost: noMacs,
  gradient: none,
})

/** The gradient of the norm's input, from the gradient of its output and the sums, + addend if given. */
export const applyNormGradient = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'applyNormGradient',
  inputs: ['dz', 'x', 'scale', 'mean', 'variance', 'dscale', 'dshift', 'addend?'],
  outputs: ['dx'],
  infer: ([dz, x, scale, mean, variance, dscale, dshift, addend]) => {
    expectVectors('applyNormGradient', x, { scale, mean, variance, dscale, dshift })
    expectShape('applyNormGradient', 'dz', dz, x!.shape)
    if (addend) expectShape('applyNormGradient', 'addend', addend, x!.shape)
    return [x!]
  },
  cost: noMacs,
  inPlace: [
    ['dx', 'dz'],
    ['dx', 'addend'],
    ['dx', 'x'],
  ],
  gradient: none,
})
