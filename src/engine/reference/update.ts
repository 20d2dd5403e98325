/** Operations between gradients and parameters: norms of gradients, clipping, and Adam. */
import type { AdamAttributes } from '../../ops/adam.js'
import type { ClipAttributes } from '../../ops/clip.js'
import type { Kernel } from './tensor.js'

export const globalNorm: Kernel<Record<never, never>> = (xs, [norm]) => {
  let sum = 0
  for (const { data } of xs) for (const value of data) sum += value * value
  norm.data[0] = Math.sqrt(sum)
}

export const clipByNorm: Kernel<ClipAttributes> = ([gradient, norm], [clipped], { limit }) => {
  const factor = Math.min(1, limit / (norm.data[0] + 1e-6))
  for (let i = 0; i < clipped.data.length; i++) clipped.data[i] = factor * gradient.data[i]
}

export const clipByRate: Kernel<ClipAttributes> = ([gradient, lr], [clipped], { limit }) => {
  const bound = limit / lr.data[0]
  for (let i = 0; i < clipped.data.length; i++) clipped.data[i] = Math.max(-bound, Math.min(bound, gradient.data[i]))
}

export const adam: Kernel<AdamAttributes> = (
  [parameter, gradient, mean, square, lr, step, guard],
  [nextParameter, nextMean, nextSquare],
  { beta1, beta2, epsilon, weightDecay, decoupled },
) => {
  const rate = lr.data[0]
  if (!Number.isFinite(Math.fround(guard.data[0]))) {
    nextParameter.data.set(parameter.data)
    nextMean.data.set(mean.data)
    nextSquare.data.set(square.data)
    return
  }
  const meanCorrection = 1 - beta1 ** (step.data[0] + 1)
  const squareCorrection = 1 - beta2 ** (step.data[0] + 1)
  for (let i = 0; i < parameter.data.length; i++) {
    const p = parameter.data[i] * (decoupled ? 1 - rate * weightDecay : 1)
    const g = gradient.data[i] + (decoupled ? 0 : weightDecay * p)
    const m = beta1 * mean.data[i] + (1 - beta1) * g
    const v = beta2 * square.data[i] + (1 - beta2) * g * g
    nextMean.data[i] = m
    nextSquare.data[i] = v
    nextParameter.data[i] = p - ((rate / meanCorrection) * m) / (Math.sqrt(v / squareCorrection) + epsilon)
  }
}
