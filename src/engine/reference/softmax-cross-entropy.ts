/** Mean cross-entropy between softmax(logits) and smoothed labels, and its gradient. */
import type { CrossEntropyAttributes } from '../../ops/softmax-cross-entropy.js'
import { EngineError } from '../../util/errors.js'
import { exp, ln } from '../../util/math.js'
import { type Kernel, sizes2, type Tensor } from './tensor.js'

/** loss = mean over rows of ln Σ e^logit − Σ target · logit, since the targets of a row sum to 1. */
export const softmaxCrossEntropy: Kernel<CrossEntropyAttributes> = ([logits, labels], [loss], { smoothing }) => {
  const [rows, classes] = sizes2(logits)
  let sum = 0
  for (let n = 0; n < rows; n++) {
    const { largest, total } = exponentials(logits, n)
    sum += largest + ln(total)
    for (let k = 0; k < classes; k++) sum -= target(labels, n, k, classes, smoothing) * logits.data[n * classes + k]
  }
  loss.data[0] = sum / rows
}

export const softmaxCrossEntropyGradient: Kernel<CrossEntropyAttributes> = (
  [dloss, logits, labels],
  [dlogits],
  { smoothing },
) => {
  const [rows, classes] = sizes2(logits)
  for (let n = 0; n < rows; n++) {
    const { largest, total } = exponentials(logits, n)
    for (let k = 0; k < classes; k++) {
      const probability = exp(logits.data[n * classes + k] - largest) / total
      dlogits.data[n * classes + k] = (dloss.data[0] * (probability - target(labels, n, k, classes, smoothing))) / rows
    }
  }
}

/** The largest logit of a row, and the sum of e^(logit − largest), which cannot overflow. */
function exponentials(logits: Tensor, row: number): { largest: number; total: number } {
  const values = logits.data.subarray(row * logits.shape[1], (row + 1) * logits.shape[1])
  const largest = values.reduce((a, b) => Math.max(a, b))
  return { largest, total: values.reduce((sum, value) => sum + exp(value - largest), 0) }
}

/** The probability that class k of row n should have. */
function target(labels: Tensor, n: number, k: number, classes: number, smoothing: number): number {
  const label = labels.data[n]
  if (!(label >= 0 && label < classes))
    throw new EngineError(`softmaxCrossEntropy: labels must be from 0 to ${classes - 1}, label ${n} is ${label}`)
  return (k === label ? 1 - smoothing : 0) + smoothing / classes
}
