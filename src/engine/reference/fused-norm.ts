/** The parts of a training batch norm and of its gradient, as passes of the plan split them. */
import type { NormAttributes } from '../../ops/batch-norm.js'
import type { NormaliseAttributes, StatisticsAttributes } from '../../ops/fused-norm.js'
import { batchNormInference } from './batch-norm.js'
import { add, relu, reluGradient } from './elementwise.js'
import { type Kernel, sizes4, type Tensor, zeros } from './tensor.js'

export const imageStatistics: Kernel<Record<never, never>> = ([x], [statistics]) => {
  bandStatistics(x, statistics, 1)
}

/**
 * Mean and biased variance of the whole batch. It adds each part's squared deviations to those of the parts' means from
 * the batch's mean.
 */
export const mergeStatistics: Kernel<StatisticsAttributes> = (
  [statistics],
  [mean, variance],
  { rows, columns, bands },
) => {
  const [parts, , channels] = statistics.shape as [number, number, number]
  const count = (part: number) =>
    (bandStart((part % bands) + 1, rows, bands) - bandStart(part % bands, rows, bands)) * columns
  const total = (parts / bands) * rows * columns
  const meanOf = (part: number, c: number) => statistics.data[part * 2 * channels + c]
  for (let c = 0; c < channels; c++) {
    let sum = 0
    for (let part = 0; part < parts; part++) sum += count(part) * meanOf(part, c)
    const whole = sum / total
    let squares = 0
    for (let part = 0; part < parts; part++)
      squares += statistics.data[(part * 2 + 1) * channels + c] + count(part) * (meanOf(part, c) - whole) ** 2
    mean.data[c] = whole
    variance.data[c] = squares / total
  }
}

export const normalise: Kernel<NormaliseAttributes> = (inputs, [y], attributes) => {
  const [x, scale, shift, mean, variance, addend] = inputs
  batchNormInference([x, scale, shift, mean, variance], [y], attributes)
  finish(y, addend, attributes.relu)
}

export const reduceNormGradient: Kernel<NormAttributes> = (inputs, [sums, dz], { epsilon }) => {
  const [dy, x, mean, y, scale, shift, variance] = inputs
  reduceBands(dy, dz ?? zeros(dy.shape), { x, mean, y, scale, shift, variance }, sums, { epsilon, bands: 1 })
}

export const mergeNormGradient: Kernel<NormAttributes> = ([sums, variance], [dscale, dshift], { epsilon }) => {
  const [parts, , channels] = sums.shape as [number, number, number]
  for (let c = 0; c < channels; c++) {
    let [sum, product] = [0, 0]
    for (let part = 0; part < parts; part++) {
      sum += sums.data[part * 2 * channels + c]
      product += sums.data[(part * 2 + 1) * channels + c]
    }
    dshift.data[c] = sum
    dscale.data[c] = product / Math.sqrt(variance.data[c] + epsilon)
  }
}

export const applyNormGradient: Kernel<NormAttributes> = (inputs, [dx], { epsilon }) => {
  const [dz, x, scale, mean, variance, dscale, dshift, addend] = inputs
  const [n, channels, h, w] = sizes4(x)
  const count = n * h * w
  for (let i = 0; i < dx.data.length; i++) {
    const c = Math.floor(i / (h * w)) % channels
    const r = 1 / Math.sqrt(variance.data[c] + epsilon)
    const normalised = (x.data[i] - mean.data[c]) * r
    const gradient = scale.data[c] * r * (dz.data[i] - dshift.data[c] / count - (normalised * dscale.data[c]) / count)
    dx.data[i] = gradient + (addend ? addend.data[i] : 0)
  }
}

/** Adds the addend if given, then applies the ReLU if set. */
export function finish(y: Tensor, addend: Tensor | undefined, withRelu = false): void {
  if (addend) add([y, addend], [y], {})
  if (withRelu) relu([y], [y], {})
}

/** First row of band b, and the end of the band before it. */
function bandStart(band: number, rows: number, bands: number): number {
  return Math.floor((band * rows) / bands)
}

/** Calls `visit` with the values of each band of each image and channel, and the places of its two results. */
function eachBand(x: Tensor, bands: number, visit: (from: number, to: number, first: number, second: number) => void) {
  const [n, channels, h, w] = sizes4(x)
  for (let part = 0; part < n * bands; part++)
    for (let c = 0; c < channels; c++) {
      const map = (Math.floor(part / bands) * channels + c) * h
      const from = (map + bandStart(part % bands, h, bands)) * w
      const to = (map + bandStart((part % bands) + 1, h, bands)) * w
      visit(from, to, part * 2 * channels + c, (part * 2 + 1) * channels + c)
    }
}

/** Mean and sum of squared deviations of each band of each image: [n · bands, 2, C]. */
export function bandStatistics(x: Tensor, statistics: Tensor, bands: number): void {
  eachBand(x, bands, (from, to, first, second) => {
    const values = x.data.subarray(from, to)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    statistics.data[first] = mean
    statistics.data[second] = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  })
}

/** The operands of a reduction besides the gradient: see `reduceNormGradient`. */
type Reduction = Readonly<Record<'x' | 'mean', Tensor>> &
  Readonly<Record<'y' | 'scale' | 'shift' | 'variance', Tensor | undefined>>

/** dz, and its sums over each band of each image: [n · bands, 2, C]. */
export function reduceBands(
  dy: Tensor,
  dz: Tensor,
  reduction: Reduction,
  sums: Tensor,
  { epsilon, bands }: { readonly epsilon: number; readonly bands: number },
): void {
  const { x, mean } = reduction
  const y = activation(reduction, epsilon)
  if (y) reluGradient([dy, y], [dz], {})
  else dz.data.set(dy.data)
  const [, channels, h, w] = sizes4(x)
  eachBand(dz, bands, (from, to, first, second) => {
    const average = mean.data[Math.floor(from / (h * w)) % channels]
    let [sum, product] = [0, 0]
    for (let i = from; i < to; i++) {
      sum += dz.data[i]
      product += dz.data[i] * (x.data[i] - average)
    }
    sums.data[first] = sum
    sums.data[second] = product
  })
}

/** Returns the output of the ReLU after the norm, computed again if it is not kept; undefined if there is no ReLU. */
function activation({ x, mean, y, scale, shift, variance }: Reduction, epsilon: number): Tensor | undefined {
  if (y || !scale) return y
  const again = zeros(x.shape)
  normalise([x, scale, shift!, mean, variance!], [again], { epsilon, relu: true })
  return again
}
