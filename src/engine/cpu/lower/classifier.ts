/** Lowers the classifier and its loss to kernel calls. */
import type { CrossEntropyAttributes } from '../../../ops/softmax-cross-entropy.js'
import type { Lowering } from './lowering.js'

type Nothing = Record<never, never>

export const linear: Lowering<Nothing> = {
  emit({ inputs, outputs: [y] }, _, { tape, at }) {
    const [x, weight, bias] = inputs.map(at) as [number, number, number]
    const [o, i] = inputs[1]!.type.shape as [number, number]
    tape.push('linear', { x, weight, bias, y: at(y!), n: y!.type.shape[0]!, i, o })
  },
}

export const linearInputGradient: Lowering<Nothing> = {
  emit({ inputs, outputs: [dx] }, _, { tape, at }) {
    const [dy, weight] = inputs.map(at) as [number, number]
    const [o, i] = inputs[1]!.type.shape as [number, number]
    tape.push('linear_input_gradient', { dy, weight, dx: at(dx!), n: dx!.type.shape[0]!, i, o })
  },
}

export const linearWeightGradient: Lowering<Nothing> = {
  emit({ inputs, outputs: [dweight] }, _, { tape, at }) {
    const [x, dy] = inputs.map(at) as [number, number]
    const [o, i] = dweight!.type.shape as [number, number]
    tape.push('linear_weight_gradient', { x, dy, dweight: at(dweight!), n: inputs[0]!.type.shape[0]!, i, o })
  },
}

export const sumRows: Lowering<Nothing> = {
  emit({ inputs: [x], outputs: [y] }, _, { tape, at }) {
    const [n, o] = x!.type.shape as [number, number]
    tape.push('sum_rows', { x: at(x!), y: at(y!), n, o })
  },
}

export const softmaxCrossEntropy: Lowering<CrossEntropyAttributes> = {
  workspace: ({ inputs: [logits] }) => logits!.type.shape[0]!,
  emit({ inputs, outputs: [loss] }, { smoothing }, { tape, at, workspace }) {
    const [logits, labels] = inputs.map(at) as [number, number]
    const [n, k] = inputs[0]!.type.shape as [number, number]
    tape.push('softmax_cross_entropy', { logits, labels, loss: at(loss!), rows: workspace, smoothing, n, k })
  },
}

export const softmaxCrossEntropyGradient: Lowering<CrossEntropyAttributes> = {
  emit({ inputs, outputs: [dlogits] }, { smoothing }, { tape, at }) {
    const [dloss, logits, labels] = inputs.map(at) as [number, number, number]
    const [n, k] = dlogits!.type.shape as [number, number]
    tape.push('softmax_cross_entropy_gradient', {
      dloss,
      logits,
      labels,
      dlogits: at(dlogits!),
      smoothing,
      n,
      k,
    })
  },
}
