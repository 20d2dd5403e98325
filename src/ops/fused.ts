/**
 * Operations that passes of the plan put together from several of the plain ones, so that data is read and written
 * once. Each is worth exactly what it is made of; none is ever differentiated, for passes run after autodiff.
 */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import type { NormAttributes } from './batch-norm.js'
import { conv2d, conv2dInputGradient } from './conv2d.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'
import { type ConvAttributes, type Pair, WINOGRAD_POINTS, WINOGRAD_TAPS } from './window.js'

const none = { none: 'it is made by a pass of the plan, after differentiation' }

/**
 * Statistics of parts of a batch: of each part and channel the mean and the sum of squared deviations from it,
 * [parts, 2, C]. An image is cut into `bands` of rows; band b of an image with H rows is rows ⌊b·H/bands⌋ to
 * ⌊(b+1)·H/bands⌋.
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

/** A convolution that also gives the statistics of its output, taken while each image is in cache. */
export const conv2dStatistics = defineOp<ConvAttributes & { readonly bands: number }>({
  name: 'conv2dStatistics',
  inputs: ['x', 'weight'],
  outputs: ['y', 'statistics'],
  infer: (inputs, attributes) => {
    const y = conv2d.infer(inputs, attributes)[0]!
    const [n, c] = y.shape as [number, number]
    return [y, f32(n * attributes.bands, 2, c)]
  },
  cost: (inputs, outputs, attributes) => conv2d.cost(inputs, outputs, attributes),
  gradient: none,
})

export type NormaliseAttributes = NormAttributes & { readonly relu: boolean }

/** batchNorm from statistics, then + residual where one is given, then ReLU where asked. */
export const normalise = defineOp<NormaliseAttributes>({
  name: 'normalise',
  inputs: ['x', 'statistics', 'scale', 'shift', 'residual?'],
  outputs: ['y', 'mean', 'variance'],
  infer: ([x, statistics, scale, shift, residual]) => {
    const [n, c] = expectRank('normalise', 'x', x, 4) as [number, number]
    const parts = expectRank('normalise', 'statistics', statistics, 3)[0]!
    if (parts % n !== 0) throw new ShapeError(`normalise: ${parts} parts of statistics for ${n} images`)
    expectShape('normalise', 'statistics', statistics, [parts, 2, c])
    expectShape('normalise', 'scale', scale, [c])
    expectShape('normalise', 'shift', shift, [c])
    if (residual) expectShape('normalise', 'residual', residual, x!.shape)
    return [x!, f32(c), f32(c)]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [
    [0, 0],
    [0, 4],
  ],
  gradient: none,
})

/**
 * reluGradient, then batchNormGradient: `y` is the output of the ReLU. The masked gradient `dz` is what a shortcut
 * added before the ReLU receives; it is an output only with `keep`.
 */
export const normaliseGradient = defineOp<NormAttributes & { readonly keep: boolean }>({
  name: 'normaliseGradient',
  inputs: ['dy', 'y', 'x', 'scale', 'mean', 'variance'],
  outputs: ['dx', 'dscale', 'dshift', 'dz?'],
  infer: ([dy, y, x, scale, mean, variance], { keep }) => {
    const c = expectRank('normaliseGradient', 'x', x, 4)[1]!
    expectShape('normaliseGradient', 'dy', dy, x!.shape)
    expectShape('normaliseGradient', 'y', y, x!.shape)
    for (const [name, type] of Object.entries({ scale, mean, variance }))
      expectShape('normaliseGradient', name, type, [c])
    return keep ? [x!, f32(c), f32(c), x!] : [x!, f32(c), f32(c)]
  },
  cost: noMacs,
  inPlace: [
    [0, 2],
    [3, 0],
    [0, 0],
  ],
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
