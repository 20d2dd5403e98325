/** The operations that passes put together, each from the plain ones it is worth. */
import type { NormAttributes } from '../../ops/batch-norm.js'
import type { StatisticsConvAttributes } from '../../ops/fused.js'
import type { NormaliseAttributes, ReduceAttributes } from '../../ops/fused-norm.js'
import type { ConvAttributes, Pair } from '../../ops/window.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './conv2d.js'
import { add } from './elementwise.js'
import { bandStatistics, finish, normalise, reduceBands } from './fused-norm.js'
import { type Kernel, sizes4, type Tensor, zeros } from './tensor.js'

export const conv2dStatistics: Kernel<StatisticsConvAttributes> = (inputs, [y, statistics], attributes) => {
  const [x, weight, ...rest] = inputs
  const residual = attributes.add ? rest.shift() : undefined
  conv2d([normalised(x, rest, attributes), weight], [y], attributes)
  finish(y, residual, false)
  bandStatistics(y, statistics, attributes.bands)
}

export const conv2dWeightGradientNormalised: Kernel<
  ConvAttributes & NormaliseAttributes & { readonly kernel: Pair }
> = ([x, dy, ...norm], outputs, attributes) =>
  conv2dWeightGradient([normalised(x, norm, attributes), dy], outputs, attributes)

export const conv2dInputGradientAdd: Kernel<ConvAttributes> = ([dy, weight, addend], [dx], attributes) => {
  conv2dInputGradient([dy, weight], [dx], attributes)
  add([dx, addend], [dx], {})
}

export const conv2dInputGradientReduce: Kernel<ConvAttributes & ReduceAttributes & { readonly bands: number }> = (
  [dy, weight, ...reduction],
  [dz, sums],
  attributes,
) => {
  conv2dInputGradient([dy, weight], [dz], attributes)
  reduceBands(dz, dz, reduction, sums, attributes)
}

export const conv2dInputGradientAddReduce: Kernel<ConvAttributes & ReduceAttributes & { readonly bands: number }> = (
  [dy, weight, addend, ...reduction],
  [dz, sums],
  attributes,
) => {
  conv2dInputGradientAdd([dy, weight, addend], [dz], attributes)
  reduceBands(dz, dz, reduction, sums, attributes)
}

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

export const conv2dActivation: Kernel<ConvAttributes & { readonly relu: boolean }> = (inputs, [y], attributes) => {
  const [x, weight, bias, residual] = inputs
  conv2d([x, weight], [y], attributes)
  const [n, channels, h, w] = sizes4(y)
  for (let map = 0; map < n * channels; map++)
    for (let i = map * h * w; i < (map + 1) * h * w; i++) y.data[i] += bias.data[map % channels]
  finish(y, residual, attributes.relu)
}

/** x as a convolution reads it, whose norm is given by its vectors and `epsilon`; x itself without a norm. */
function normalised(
  x: Tensor,
  vectors: readonly Tensor[],
  { epsilon, relu = false }: { readonly epsilon?: number; readonly relu?: boolean },
): Tensor {
  if (epsilon === undefined) return x
  const y = zeros(x.shape)
  normalise([x, ...vectors], [y], { epsilon, relu })
  return y
}
