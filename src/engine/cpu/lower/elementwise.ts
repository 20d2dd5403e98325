/** Lowers elementwise operations to kernel calls. They run over the memory of a tensor, whatever its layout. */
import type { SgdAttributes } from '../../../ops/sgd.js'
import type { Lowering } from './lowering.js'

type Nothing = Record<never, never>

export const relu: Lowering<Nothing> = {
  emit({ inputs, outputs }, _, { tape, at, size }) {
    tape.push('relu', { x: at(inputs[0]!), y: at(outputs[0]!), count: size(outputs[0]!) })
  },
}

export const reluGradient: Lowering<Nothing> = {
  emit({ inputs, outputs }, _, { tape, at, size }) {
    const [dy, y] = inputs.map(at) as [number, number]
    tape.push('relu_gradient', { dy, y, dx: at(outputs[0]!), count: size(outputs[0]!) })
  },
}

export const add: Lowering<Nothing> = {
  emit({ inputs, outputs }, _, { tape, at, size }) {
    const [a, b] = inputs.map(at) as [number, number]
    tape.push('add', { a, b, y: at(outputs[0]!), count: size(outputs[0]!) })
  },
}

export const fill: Lowering<{ readonly shape: readonly number[]; readonly value: number }> = {
  emit({ outputs }, { value }, { tape, at, size }) {
    tape.push('fill', { y: at(outputs[0]!), value, count: size(outputs[0]!) })
  },
}

export const sgd: Lowering<SgdAttributes> = {
  emit({ inputs, outputs }, { momentum, weightDecay, nesterov }, { tape, at, size }) {
    const [parameter, gradient, velocity, lr, guard] = inputs.map(at) as [number, number, number, number, number]
    const [next_parameter, next_velocity] = outputs.map(at) as [number, number]
    tape.push('sgd', {
      parameter,
      gradient,
      velocity,
      lr,
      guard,
      next_parameter,
      next_velocity,
      momentum,
      weight_decay: weightDecay,
      nesterov: Number(nesterov),
      count: size(inputs[0]!),
    })
  },
}
