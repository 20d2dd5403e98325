/**
 * Cross-entropy between softmax(logits) and the labels, averaged over the batch, with label smoothing s: the target is
 * 1 − s + s / classes for the label and s / classes for the others. logits [N, K], labels i32 [N] → loss, a scalar.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { shapeText } from '../util/shape.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

export type CrossEntropyAttributes = { readonly smoothing: number }

function expectLabels(op: string, logits: TensorType | undefined, labels: TensorType | undefined): void {
  const [n] = expectRank(op, 'logits', logits, 2) as [number]
  if (labels?.dtype !== 'i32' || labels.shape.length !== 1 || labels.shape[0] !== n)
    throw new ShapeError(
      `${op}: labels must be i32[${n}], got ${labels ? `${labels.dtype}[${shapeText(labels.shape)}]` : 'none'}`,
    )
}

export const softmaxCrossEntropy = /* @__PURE__ */ defineOp<CrossEntropyAttributes>()({
  name: 'softmaxCrossEntropy',
  inputs: ['logits', 'labels'],
  outputs: ['loss'],
  infer: ([logits, labels], { smoothing }) => {
    expectLabels('softmaxCrossEntropy', logits, labels)
    if (!(smoothing >= 0 && smoothing < 1))
      throw new ShapeError(`softmaxCrossEntropy: label smoothing must be in [0, 1), got ${smoothing}`)
    return [f32()]
  },
  cost: noMacs,
  gradient: ({ attributes, inputs, outputGradients, emit }) => [
    emit(softmaxCrossEntropyGradient, attributes, [outputGradients[0]!, inputs[0]!, inputs[1]!])[0],
    undefined,
  ],
})

/** dlogits = dloss · (softmax(logits) − target) / N. */
export const softmaxCrossEntropyGradient = /* @__PURE__ */ defineOp<CrossEntropyAttributes>()({
  name: 'softmaxCrossEntropyGradient',
  inputs: ['dloss', 'logits', 'labels'],
  outputs: ['dlogits'],
  infer: ([dloss, logits, labels]) => {
    expectShape('softmaxCrossEntropyGradient', 'dloss', dloss, [])
    expectLabels('softmaxCrossEntropyGradient', logits, labels)
    return [logits!]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
