/** Folds a norm into the weight and the bias of the convolution before it. */
import type { NormAttributes } from '../../ops/batch-norm.js'
import { type Kernel, sizes4 } from './tensor.js'

export const foldBatchNorm: Kernel<NormAttributes> = (
  [weight, scale, shift, mean, variance],
  [folded, bias],
  { epsilon },
) => {
  const [outputs, inputs, kh, kw] = sizes4(weight)
  const size = inputs * kh * kw
  for (let o = 0; o < outputs; o++) {
    const factor = scale.data[o] / Math.sqrt(variance.data[o] + epsilon)
    for (let i = o * size; i < (o + 1) * size; i++) folded.data[i] = weight.data[i] * factor
    bias.data[o] = shift.data[o] - mean.data[o] * factor
  }
}
