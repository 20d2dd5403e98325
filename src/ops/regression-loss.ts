/**
 * Losses between a prediction and a target of the same shape, both f32: the mean absolute difference (L1) or the mean
 * squared difference (MSE) over all elements.
 */
import { f32, type TensorType, type Value } from '../graph/graph.js'
import { defineOp, expectShape, type GradientContext, noMacs, type Op } from './op.js'
import { scale } from './scale.js'

type Nothing = Record<never, never>

function expectPair(op: string, prediction: TensorType | undefined, target: TensorType | undefined): void {
  expectShape(op, 'target', target, prediction!.shape)
  expectShape(op, 'prediction', prediction, prediction!.shape)
}

/** The target's gradient is the negative of the prediction's gradient. */
function bothGradients({ inputs, outputGradients, needed, emit }: GradientContext<Nothing>, op: Op<Nothing>) {
  const [prediction, target] = inputs as [Value, Value]
  const [gradient] = emit(op, {}, [outputGradients[0]!, prediction, target])
  return [gradient, needed[1] ? emit(scale, { factor: -1 }, [gradient!])[0] : undefined]
}

export const l1Loss = /* @__PURE__ */ defineOp<Nothing>()({
  name: 'l1Loss',
  inputs: ['prediction', 'target'],
  outputs: ['loss'],
  infer: ([prediction, target]) => {
    expectPair('l1Loss', prediction, target)
    return [f32()]
  },
  cost: noMacs,
  gradient: (context) => bothGradients(context, l1LossGradient),
})

/** dprediction = dloss · sign(prediction − target) / elements; 0 where they are equal. */
export const l1LossGradient = /* @__PURE__ */ defineOp<Nothing>()({
  name: 'l1LossGradient',
  inputs: ['dloss', 'prediction', 'target'],
  outputs: ['dprediction'],
  infer: ([dloss, prediction, target]) => {
    expectShape('l1LossGradient', 'dloss', dloss, [])
    expectPair('l1LossGradient', prediction, target)
    return [prediction!]
  },
  cost: noMacs,
  inPlace: [['dprediction', 'prediction']],
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

export const squaredError = /* @__PURE__ */ defineOp<Nothing>()({
  name: 'squaredError',
  inputs: ['prediction', 'target'],
  outputs: ['loss'],
  infer: ([prediction, target]) => {
    expectPair('squaredError', prediction, target)
    return [f32()]
  },
  cost: noMacs,
  gradient: (context) => bothGradients(context, squaredErrorGradient),
})

/** dprediction = dloss · 2 · (prediction − target) / elements. */
export const squaredErrorGradient = /* @__PURE__ */ defineOp<Nothing>()({
  name: 'squaredErrorGradient',
  inputs: ['dloss', 'prediction', 'target'],
  outputs: ['dprediction'],
  infer: ([dloss, prediction, target]) => {
    expectShape('squaredErrorGradient', 'dloss', dloss, [])
    expectPair('squaredErrorGradient', prediction, target)
    return [prediction!]
  },
  cost: noMacs,
  inPlace: [['dprediction', 'prediction']],
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
