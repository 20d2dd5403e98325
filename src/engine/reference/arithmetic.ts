/** Scaling, products, the logistic function, dropout and noise. Each treats every element alone. */
import { BYTES_DEVIATION, BYTES_MEAN, type NoiseAttributes } from '../../ops/add-noise.js'
import { type DropoutAttributes, dropKey, dropThreshold } from '../../ops/dropout.js'
import type { ScaleAttributes } from '../../ops/scale.js'
import { hash32 } from '../../util/hash.js'
import { exp, ln } from '../../util/math.js'
import type { Kernel } from './tensor.js'

type Nothing = Record<never, never>

export const scale: Kernel<ScaleAttributes> = ([x], [y], { factor }) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = factor * x.data[i]
}

export const multiply: Kernel<Nothing> = ([a, b], [y]) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] * b.data[i]
}

export const sigmoid: Kernel<Nothing> = ([x], [y]) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = 1 / (1 + exp(-x.data[i]))
}

export const sigmoidGradient: Kernel<Nothing> = ([dy, y], [dx]) => {
  for (let i = 0; i < dx.data.length; i++) dx.data[i] = dy.data[i] * y.data[i] * (1 - y.data[i])
}

/** max(x, 0) + ln(1 + e^−|x|), where the digits of e^−|x| that 1 + e^−|x| has no room for are given back. */
export const softplus: Kernel<Nothing> = ([x], [y]) => {
  for (let i = 0; i < y.data.length; i++) {
    const e = exp(-Math.abs(x.data[i]))
    const sum = 1 + e
    y.data[i] = Math.max(x.data[i], 0) + ln(sum) + (e - (sum - 1)) / sum
  }
}

export const dropout: Kernel<DropoutAttributes> = ([x, step], [y], attributes) => {
  const { rate, granularity } = attributes
  const threshold = dropThreshold(rate)
  const batch = hash32(dropKey(attributes), step.data[0])
  const rows = x.shape[0]
  const length = x.data.length / rows
  for (let n = 0; n < rows; n++) {
    const row = hash32(batch, n)
    for (let i = 0; i < length; i++) {
      const bits = granularity === 'element' ? hash32(row, i) : granularity === 'row' ? row : batch
      y.data[n * length + i] = bits < threshold ? 0 : x.data[n * length + i] / (1 - rate)
    }
  }
}

export const addNoise: Kernel<NoiseAttributes> = ([x, step], [y], attributes) => {
  const factor = attributes.deviation / BYTES_DEVIATION
  const batch = hash32(dropKey(attributes), step.data[0])
  const rows = x.shape[0]
  const length = x.data.length / rows
  for (let n = 0; n < rows; n++) {
    const row = hash32(batch, n)
    for (let i = 0; i < length; i++) {
      const bits = hash32(row, i)
      const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24)
      y.data[n * length + i] = x.data[n * length + i] + factor * (sum - BYTES_MEAN)
    }
  }
}
