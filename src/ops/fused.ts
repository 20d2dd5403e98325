/**
 * Operations that passes of the plan put together from several of the plain ones, so that data is read and written
 * once. Each is worth exactly what it is made of; none is ever differentiated, for passes run after autodiff.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { expectVectors, type NormAttributes } from './batch-norm.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './conv2d.js'
import { expectReduction, type ReduceAttributes, reductionInputs } from './fused-norm.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'
import { type ConvAttributes, type Pair, WINOGRAD_POINTS, WINOGRAD_TAPS } from './window.js'

const none = { none: 'it is made by a pass of the plan, after differentiation' }

/** A norm before a convolution that its input passes through on the way: without `epsilon` there is none. */
type PrologueAttributes = { readonly epsilon?: number; readonly relu?: boolean }
const prologueInputs = ['scale?', 'shift?', 'mean?', 'variance?'] as const

function expectPrologue(
  op: string,
  x: TensorType | undefined,
  vectors: readonly TensorType[],
  { epsilon }: PrologueAttributes,
): void {
  const [scale, shift, mean, variance] = vectors
  if (epsilon !== undefined) expectVectors(op, x, { scale, shift, mean, variance })
  else if (vectors.length > 0) throw new ShapeError(`${op}: a norm needs an epsilon`)
}

/**
 * A convolution, perhaps of an input that is normalised first and perhaps with a shortcut added, that also gives the
 * statistics of its output, taken while each image is in cache.
 */
export type StatisticsConvAttributes = ConvAttributes &
  PrologueAttributes & { readonly bands: number; readonly add?: boolean }

export const conv2dStatistics = defineOp<StatisticsConvAttributes>({
  name: 'conv2dStatistics',
  inputs: ['x', 'weight', 'residual?', ...prologueInputs],
  outputs: ['y', 'statistics'],
  infer: ([x, weight, ...rest], attributes) => {
    const y = conv2d.infer([x!, weight!], attributes)[0]!
    if (attributes.add) expectShape('conv2dStatistics', 'residual', rest.shift(), y.shape)
    expectPrologue('conv2dStatistics', x, rest, attributes)
    const [n, c] = y.shape as [number, number]
    return [y, f32(n * attributes.bands, 2, c)]
  },
  cost: (inputs, outputs, attributes) => conv2d.cost(inputs, outputs, attributes),
  gradient: none,
})

/** conv2dWeightGradient of a convolution whose input is normalised first. */
export const conv2dWeightGradientNormalised = defineOp<
  ConvAttributes & NormAttributes & { readonly relu: boolean; readonly kernel: Pair }
>({
  name: 'conv2dWeightGradientNormalised',
  inputs: ['x', 'dy', 'scale', 'shift', 'mean', 'variance'],
  outputs: ['dweight'],
  infer: ([x, dy, ...norm], attributes) => {
    expectPrologue('conv2dWeightGradientNormalised', x, norm, attributes)
    return conv2dWeightGradient.infer([x!, dy!], attributes)
  },
  cost: (inputs, outputs, attributes) => conv2dWeightGradient.cost(inputs, outputs, attributes),
  gradient: none,
})

/** conv2dInputGradient + addend: where gradients of two ways meet. */
export const conv2dInputGradientAdd = defineOp<ConvAttributes & { readonly size: Pair }>({
  name: 'conv2dInputGradientAdd',
  inputs: ['dy', 'weight', 'addend'],
  outputs: ['dx'],
  infer: ([dy, weight, addend], attributes) => {
    const types = conv2dInputGradient.infer([dy!, weight!], attributes)
    expectShape('conv2dInputGradientAdd', 'addend', addend, types[0]!.shape)
    return types
  },
  cost: (inputs, outputs, attributes) => conv2dInputGradient.cost(inputs, outputs, attributes),
  inPlace: [[0, 2]],
  gradient: none,
})

type ReduceGradientAttributes = ConvAttributes & ReduceAttributes & { readonly size: Pair; readonly bands: number }

/** The types of dz and of sums a band, from a gradient whose type is known. */
function reduced(
  op: string,
  [dx]: readonly TensorType[],
  reduction: readonly TensorType[],
  attributes: ReduceGradientAttributes,
): readonly TensorType[] {
  const channels = expectReduction(op, dx!, reduction, attributes)
  return [dx!, f32(dx!.shape[0]! * attributes.bands, 2, channels)]
}

/** conv2dInputGradient, then reduceNormGradient of what it gives, while each image is in cache. */
export const conv2dInputGradientReduce = defineOp<ReduceGradientAttributes>({
  name: 'conv2dInputGradientReduce',
  inputs: ['dy', 'weight', ...reductionInputs],
  outputs: ['dz', 'sums'],
  infer: ([dy, weight, ...rest], attributes) =>
    reduced('conv2dInputGradientReduce', conv2dInputGradient.infer([dy!, weight!], attributes), rest, attributes),
  cost: (inputs, outputs, attributes) => conv2dInputGradient.cost(inputs, outputs, attributes),
  gradient: none,
})

/** conv2dInputGradientAdd, then reduceNormGradient of what it gives. */
export const conv2dInputGradientAddReduce = defineOp<ReduceGradientAttributes>({
  name: 'conv2dInputGradientAddReduce',
  inputs: ['dy', 'weight', 'addend', ...reductionInputs],
  outputs: ['dz', 'sums'],
  infer: ([dy, weight, addend, ...rest], attributes) => {
    const types = conv2dInputGradientAdd.infer([dy!, weight!, addend!], attributes)
    return reduced('conv2dInputGradientAddReduce', types, rest, attributes)
  },
  cost: (inputs, outputs, attributes) => conv2dInputGradient.cost(inputs, outputs, attributes),
  inPlace: [[0, 2]],
  gradient: none,
})

/**
 * Takes an inference batch norm into the convolution before it: folded = weight · scale / sqrt(variance + epsilon) by
 * output channel, bias = shift − mean · scale / sqrt(variance + epsilon).
 */
export const foldBatchNorm = defineOp<NormAttributes>({
  name: 'foldBatchNorm',
  inputs: ['weight', 'scale', 'shift', 'mean', 'variance'],
  outputs: ['folded', 'bias'],
  infer: ([weight, scale, shift, mean, variance]) => {
    const o = expectRank('foldBatchNorm', 'weight', weight, 4)[0]!
    for (const [name, type] of Object.entries({ scale, shift, mean, variance }))
      expectShape('foldBatchNorm', name, type, [o])
    return [weight!, f32(o)]
  },
  cost: noMacs,
  gradient: none,
})

/**
 * G w Gᵀ of each 3x3 kernel [O, I, 3, 3], as Winograd's algorithm F(4x4, 3x3) multiplies with it: [O, I, 6, 6]. A
 * convolution with the attribute `winograd` takes it in place of the weight.
 */
export const winogradWeight = defineOp<Record<never, never>>({
  name: 'winogradWeight',
  inputs: ['weight'],
  outputs: ['transformed'],
  infer: ([weight]) => {
    const [o, i] = expectRank('winogradWeight', 'weight', weight, 4) as [number, number]
    expectShape('winogradWeight', 'weight', weight, [o, i, WINOGRAD_TAPS, WINOGRAD_TAPS])
    return [f32(o, i, WINOGRAD_POINTS, WINOGRAD_POINTS)]
  },
  cost: noMacs,
  gradient: none,
})

/** conv2d + bias, then + residual where one is given, then ReLU where asked. */
export const conv2dActivation = defineOp<ConvAttributes & { readonly relu: boolean }>({
  name: 'conv2dActivation',
  inputs: ['x', 'weight', 'bias', 'residual?'],
  outputs: ['y'],
  infer: ([x, weight, bias, residual], attributes) => {
    const types = conv2d.infer([x!, weight!], attributes)
    expectShape('conv2dActivation', 'bias', bias, [types[0]!.shape[1]!])
    if (residual) expectShape('conv2dActivation', 'residual', residual, types[0]!.shape)
    return types
  },
  cost: (inputs, outputs, attributes) => conv2d.cost(inputs, outputs, attributes),
  inPlace: [[0, 3]],
  gradient: none,
})
