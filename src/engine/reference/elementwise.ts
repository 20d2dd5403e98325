/** Operations that treat each element alone. */
import type { SgdAttributes } from '../../ops/sgd.js'
import type { Kernel } from './tensor.js'

export const add: Kernel<Record<never, never>> = ([a, b], [y]) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] + b.data[i]
}

export const fill: Kernel<{ readonly value: number }> = (_, [y], { value }) => {
  y.data.fill(value)
}

export const relu: Kernel<Record<never, never>> = ([x], [y]) => {
  for (let i = 0; i < y.data.length; i++) y.data[i] = Math.max(0, x.data[i])
}

export const reluGradient: Kernel<Record<never, never>> = ([dy, y], [dx]) => {
  for (let i = 0; i < dx.data.length; i++) dx.data[i] = y.data[i] > 0 ? dy.data[i] : 0
}

export const sgd: Kernel<SgdAttributes> = (
  [parameter, gradient, velocity, lr, guard],
  [nextParameter, nextVelocity],
  { momentum, weightDecay, nesterov },
) => {
  const rate = lr.data[0]
  if (!Number.isFinite(Math.fround(guard.data[0]))) {
    nextParameter.data.set(parameter.data)
    nextVelocity.data.set(velocity.data)
    return
  }
  for (let i = 0; i < parameter.data.length; i++) {
    const g = gradient.data[i] + weightDecay * parameter.data[i]
    const v = momentum * velocity.data[i] + g
    nextVelocity.data[i] = v
    nextParameter.data[i] = parameter.data[i] - rate * (nesterov ? g + momentum * v : v)
  }
}
