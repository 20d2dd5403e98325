/**
 * Batch normalisation and its gradients [Ioffe and Szegedy 2015]. The variance is the mean of squared deviations from
 * the mean, in two passes. With x̂ = (x − mean) · r, r = 1 / sqrt(variance + epsilon) and M values per channel:
 * dshift = Σ dy, dscale = Σ dy · x̂, and dx = scale · r · (dy − dshift / M − x̂ · dscale / M) in training, where mean and
 * variance depend on x; with fixed statistics dx = scale · r · dy.
 */
import type { NormAttributes } from '../../ops/batch-norm.js'
import { type Kernel, sizes4, type Tensor } from './tensor.js'

export const batchNorm: Kernel<NormAttributes> = ([x, scale, shift], [y, mean, variance], attributes) => {
  const [n, channels, h, w] = sizes4(x)
  for (let c = 0; c < channels; c++) {
    let sum = 0
    eachOfChannel(x, c, (i) => {
      sum += x.data[i]
    })
    const average = sum / (n * h * w)
    let squares = 0
    eachOfChannel(x, c, (i) => {
      squares += (x.data[i] - average) ** 2
    })
    mean.data[c] = average
    variance.data[c] = squares / (n * h * w)
  }
  batchNormInference([x, scale, shift, mean, variance], [y], attributes)
}

export const batchNormInference: Kernel<NormAttributes> = ([x, scale, shift, mean, variance], [y], { epsilon }) => {
  const [, channels] = sizes4(x)
  for (let c = 0; c < channels; c++) {
    const r = 1 / Math.sqrt(variance.data[c] + epsilon)
    eachOfChannel(x, c, (i) => {
      y.data[i] = scale.data[c] * (x.data[i] - mean.data[c]) * r + shift.data[c]
    })
  }
}

export const batchNormGradient: Kernel<NormAttributes> = (inputs, outputs, { epsilon }) => {
  const [dy, x, scale, mean, variance] = inputs
  const [dx, dscale, dshift] = outputs
  const [n, channels, h, w] = sizes4(x)
  const count = n * h * w
  for (let c = 0; c < channels; c++) {
    const r = 1 / Math.sqrt(variance.data[c] + epsilon)
    sumGradients(c, inputs, outputs, r)
    eachOfChannel(x, c, (i) => {
      const normalised = (x.data[i] - mean.data[c]) * r
      dx.data[i] = scale.data[c] * r * (dy.data[i] - dshift.data[c] / count - (normalised * dscale.data[c]) / count)
    })
  }
}

export const batchNormInferenceGradient: Kernel<NormAttributes> = (inputs, outputs, { epsilon }) => {
  const [dy, x, scale, , variance] = inputs
  const [dx] = outputs
  const [, channels] = sizes4(x)
  for (let c = 0; c < channels; c++) {
    const r = 1 / Math.sqrt(variance.data[c] + epsilon)
    sumGradients(c, inputs, outputs, r)
    eachOfChannel(x, c, (i) => {
      dx.data[i] = scale.data[c] * r * dy.data[i]
    })
  }
}

export const runningAverage: Kernel<{ readonly momentum: number; readonly correction: number }> = (
  [running, batch],
  [next],
  { momentum, correction },
) => {
  for (let c = 0; c < next.data.length; c++)
    next.data[c] = (1 - momentum) * running.data[c] + momentum * correction * batch.data[c]
}

/** Writes dscale and dshift of channel c. */
function sumGradients(
  c: number,
  [dy, x, , mean]: readonly Tensor[],
  [, dscale, dshift]: readonly Tensor[],
  r: number,
): void {
  let [sum, product] = [0, 0]
  eachOfChannel(x, c, (i) => {
    sum += dy.data[i]
    product += dy.data[i] * (x.data[i] - mean.data[c]) * r
  })
  dscale.data[c] = product
  dshift.data[c] = sum
}

/** Calls `visit` with the index of each element of channel c. */
function eachOfChannel(x: Tensor, c: number, visit: (index: number) => void): void {
  const [n, channels, h, w] = sizes4(x)
  for (let image = 0; image < n; image++) {
    const start = (image * channels + c) * h * w
    for (let i = start; i < start + h * w; i++) visit(i)
  }
}
