/**
 * The parts that passes of the plan cut a training batch norm and its gradient into, so that convolutions can take some
 * of them in: statistics and sums while an image is in cache, the norm itself while an input is read.
 *
 *   forward    imageStatistics → mergeStatistics → normalise
 *   backward   reduceNormGradient → mergeNormGradient → applyNormGradient
 *
 * None is ever differentiated, for passes run after autodiff.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { expectVectors, type NormAttributes } from './batch-norm.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

const none = { none: 'it is made by a pass of the plan, after differentiation' }

/**
 * Statistics of parts of a batch: of each part and channel the mean and the sum of squared deviations from it,
 * [parts, 2, C]. An image is cut into `bands` of rows; band b of an image with H rows is rows ⌊b·H/bands⌋ to
 * ⌊(b+1)·H/bands⌋. This one takes whole images.
 */
export const imageStatistics = defineOp<Record<never, never>>({
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

/** The map that statistics were taken of: rows, columns, and bands an image. */
export type StatisticsAttributes = { readonly rows: number; readonly columns: number; readonly bands: number }

/** Mean and biased variance [C] of the whole batch, from statistics of its parts. */
export const mergeStatistics = defineOp<StatisticsAttributes>({
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

/** batchNormInference, then + residual where one is given, then ReLU where asked. */
export const normalise = defineOp<NormaliseAttributes>({
  name: 'normalise',
  inputs: ['x', 'scale', 'shift', 'mean', 'variance', 'residual?'],
  outputs: ['y'],
  infer: ([x, scale, shift, mean, variance, residual]) => {
    expectVectors('normalise', x, { scale, shift, mean, variance })
    if (residual) expectShape('normalise', 'residual', residual, x!.shape)
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [
    [0, 0],
    [0, 5],
  ],
  gradient: none,
})

/**
 * What tells where the ReLU after a norm let gradients through: its output `y`, or, where that is not kept, the scale,
 * shift and variance with which the norm is computed again; or there was no ReLU.
 */
export type ReduceAttributes = NormAttributes & { readonly mask: 'output' | 'norm' | 'none' }

/** Inputs of a reduction after the gradient: x of the norm, its mean, and what the mask is told by. */
export const reductionInputs = ['x', 'mean', 'y or scale?', 'shift?', 'variance?'] as const

/** Checks the inputs of a reduction of the gradient `dy`. */
export function expectReduction(
  op: string,
  dy: TensorType,
  [x, mean, ...mask]: readonly TensorType[],
  { mask: kind }: ReduceAttributes,
): number {
  const channels = expectVectors(op, x, { mean })
  expectShape(op, 'dy', dy, x!.shape)
  const wanted = { none: 0, output: 1, norm: 3 }[kind]
  if (mask.length !== wanted)
    throw new ShapeError(`${op}: the mask "${kind}" takes ${wanted} inputs, got ${mask.length}`)
  if (kind === 'output') expectShape(op, 'y', mask[0], x!.shape)
  if (kind === 'norm') expectVectors(op, x, { scale: mask[0], shift: mask[1], variance: mask[2] })
  return channels
}

/**
 * dz = dy where the ReLU after the norm let it through, and of each image and channel the sums of dz and of
 * dz · (x − mean), [N, 2, C]. Without a mask dz is dy and no output.
 */
export const reduceNormGradient = defineOp<ReduceAttributes>({
  name: 'reduceNormGradient',
  inputs: ['dy', ...reductionInputs],
  outputs: ['sums', 'dz?'],
  infer: ([dy, ...rest], attributes) => {
    const channels = expectReduction('reduceNormGradient', dy!, rest, attributes)
    const sums = f32(dy!.shape[0]!, 2, channels)
    return attributes.mask === 'none' ? [sums] : [sums, dy!]
  },
  cost: noMacs,
  inPlace: [[1, 0]],
  gradient: none,
})

/** dscale = Σ dz · (x − mean) / sqrt(variance + epsilon) and dshift = Σ dz, from sums of parts [parts, 2, C]. */
export const mergeNormGradient = defineOp<NormAttributes>({
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

/** The gradient of the norm's input from that of its output and the sums, + addend where one is given. */
export const applyNormGradient = defineOp<NormAttributes>({
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
    [0, 0],
    [0, 7],
    [0, 1],
  ],
  gradient: none,
})
