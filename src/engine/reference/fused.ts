/** The operations that passes put together, each from the plain ones it is worth. */
import type { NormAttributes } from '../../ops/batch-norm.js'
import type { NormaliseAttributes } from '../../ops/fused.js'
import type { ConvAttributes } from '../../ops/window.js'
import { batchNormGradient, batchNormInference } from './batch-norm.js'
import { conv2d, conv2dInputGradient } from './conv2d.js'
import { add, relu, reluGradient } from './elementwise.js'
import { type Kernel, sizes4, type Tensor, zeros } from './tensor.js'

export const imageStatistics: Kernel<Record<never, never>> = ([x], [statistics]) => {
  bandStatistics(x, statistics, 1)
}

export const conv2dStatistics: Kernel<ConvAttributes & { readonly bands: number }> = (
  inputs,
  [y, statistics],
  attributes,
) => {
  conv2d(inputs, [y], attributes)
  bandStatistics(y, statistics, attributes.bands)
}

export const normalise: Kernel<NormaliseAttributes> = (inputs, [y, mean, variance], attributes) => {
  const [x, statistics, scale, shift, residual] = inputs
  mergeStatistics(x, statistics, mean, variance)
  batchNormInference([x, scale, shift, mean, variance], [y], attributes)
  finish(y, residual, attributes.relu)
}

export const normaliseGradient: Kernel<NormAttributes> = (
  [dy, y, x, scale, mean, variance],
  [dx, dscale, dshift, kept],
  attributes,
) => {
  const dz = kept ?? zeros(dy.shape)
  reluGradient([dy, y], [dz], {})
  batchNormGradient([dz, x, scale, mean, variance], [dx, dscale, dshift], attributes)
}

export const conv2dInputGradientAdd: Kernel<ConvAttributes> = ([dy, weight, addend], [dx], attributes) => {
  conv2dInputGradient([dy, weight], [dx], attributes)
  add([dx, addend], [dx], {})
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

/** Adds the residual where there is one, then ReLU where asked. */
function finish(y: Tensor, residual: Tensor | undefined, withRelu: boolean): void {
  if (residual) add([y, residual], [y], {})
  if (withRelu) relu([y], [y], {})
}

/** First row of band b, and the end of the band before it. */
function bandStart(band: number, rows: number, bands: number): number {
  return Math.floor((band * rows) / bands)
}

/** Mean and sum of squared deviations of each band of each image: [n · bands, 2, C]. */
function bandStatistics(x: Tensor, statistics: Tensor, bands: number): void {
  const [n, channels, h, w] = sizes4(x)
  for (let part = 0; part < n * bands; part++)
    for (let c = 0; c < channels; c++) {
      const map = (Math.floor(part / bands) * channels + c) * h
      const from = (map + bandStart(part % bands, h, bands)) * w
      const to = (map + bandStart((part % bands) + 1, h, bands)) * w
      const values = x.data.subarray(from, to)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      statistics.data[part * 2 * channels + c] = mean
      statistics.data[(part * 2 + 1) * channels + c] = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    }
}

/** Mean and biased variance of the whole batch: each part's squares, and those of the parts' means about the whole's. */
function mergeStatistics(x: Tensor, statistics: Tensor, mean: Tensor, variance: Tensor): void {
  const [n, channels, h, w] = sizes4(x)
  const parts = statistics.shape[0]
  const bands = parts / n
  const count = (part: number) => (bandStart((part % bands) + 1, h, bands) - bandStart(part % bands, h, bands)) * w
  const meanOf = (part: number, c: number) => statistics.data[part * 2 * channels + c]
  for (let c = 0; c < channels; c++) {
    let sum = 0
    for (let part = 0; part < parts; part++) sum += count(part) * meanOf(part, c)
    const whole = sum / (n * h * w)
    let squares = 0
    for (let part = 0; part < parts; part++)
      squares += statistics.data[(part * 2 + 1) * channels + c] + count(part) * (meanOf(part, c) - whole) ** 2
    mean.data[c] = whole
    variance.data[c] = squares / (n * h * w)
  }
}
