/**
 * Batch normalisation over N, H, W, a channel at a time: y = scale · (x − mean) / sqrt(variance + epsilon) + shift.
 * Training uses the batch's own mean and biased variance; inference uses running statistics. [Ioffe and Szegedy 2015];
 * by convention epsilon is 1e-5 and the running variance is unbiased.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

export type NormAttributes = { readonly epsilon: number }

/** Checks vectors of one value per channel; returns the number of channels. */
export function expectVectors(
  op: string,
  x: TensorType | undefined,
  vectors: Record<string, TensorType | undefined>,
): number {
  const channels = expectRank(op, 'x', x, 4)[1]!
  for (const [name, type] of Object.entries(vectors)) expectShape(op, name, type, [channels])
  return channels
}

/** Training form: also returns the batch's mean and biased variance. */
export const batchNorm = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'batchNorm',
  inputs: ['x', 'scale', 'shift'],
  outputs: ['y', 'mean', 'variance'],
  infer: ([x, scale, shift]) => {
    const channels = expectVectors('batchNorm', x, { scale, shift })
    return [x!, f32(channels), f32(channels)]
  },
  cost: noMacs,
  cheap: true,
  gradient: ({ attributes, inputs, outputs, outputGradients, emit }) => {
    const [x, scale] = inputs
    const [, mean, variance] = outputs
    return emit(batchNormGradient, attributes, [outputGradients[0]!, x!, scale!, mean!, variance!])
  },
})

export const batchNormGradient = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'batchNormGradient',
  inputs: ['dy', 'x', 'scale', 'mean', 'variance'],
  outputs: ['dx', 'dscale', 'dshift'],
  infer: ([dy, x, scale, mean, variance]) => {
    const channels = expectVectors('batchNormGradient', x, { scale, mean, variance })
    expectShape('batchNormGradient', 'dy', dy, x!.shape)
    return [x!, f32(channels), f32(channels)]
  },
  cost: noMacs,
  inPlace: [
    ['dx', 'x'],
    ['dx', 'dy'],
  ],
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

export const batchNormInference = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'batchNormInference',
  inputs: ['x', 'scale', 'shift', 'mean', 'variance'],
  outputs: ['y'],
  infer: ([x, scale, shift, mean, variance]) => {
    expectVectors('batchNormInference', x, { scale, shift, mean, variance })
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  gradient: ({ attributes, inputs, outputGradients, emit }) => {
    const [x, scale, , mean, variance] = inputs
    return emit(batchNormInferenceGradient, attributes, [outputGradients[0]!, x!, scale!, mean!, variance!])
  },
})

/** The norm is frozen: running statistics are constants here. */
export const batchNormInferenceGradient = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'batchNormInferenceGradient',
  inputs: ['dy', 'x', 'scale', 'mean', 'variance'],
  outputs: ['dx', 'dscale', 'dshift'],
  infer: ([dy, x, scale, mean, variance]) => {
    const channels = expectVectors('batchNormInferenceGradient', x, { scale, mean, variance })
    expectShape('batchNormInferenceGradient', 'dy', dy, x!.shape)
    return [x!, f32(channels), f32(channels)]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/**
 * next = (1 − momentum) · running + momentum · correction · batch. A correction of n / (n − 1) makes a variance
 * unbiased.
 */
export const runningAverage = /* @__PURE__ */ defineOp<{ readonly momentum: number; readonly correction: number }>()({
  name: 'runningAverage',
  inputs: ['running', 'batch'],
  outputs: ['next'],
  infer: ([running, batch]) => {
    expectShape('runningAverage', 'batch', batch, expectRank('runningAverage', 'running', running, 1))
    return [running!]
  },
  cost: noMacs,
  inPlace: [['next', 'running']],
  gradient: { none: 'running statistics are no part of the loss' },
})
