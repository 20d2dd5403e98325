/**
 * Lowers gradient clipping and the update of Adam to kernel calls, over the memory of a tensor, whatever its layout.
 */
import type { AdamAttributes } from '../../../ops/adam.js'
import type { ClipAttributes } from '../../../ops/clip.js'
import type { Lowering } from './lowering.js'

export const clipByNorm: Lowering<ClipAttributes> = {
  emit({ inputs, outputs }, { limit }, { tape, at, size }) {
    const [gradient, norm] = inputs.map(at) as [number, number]
    tape.push('clip_by_norm', { gradient, norm, clipped: at(outputs[0]!), limit, count: size(outputs[0]!) })
  },
}

export const clipByRate: Lowering<ClipAttributes> = {
  emit({ inputs, outputs }, { limit }, { tape, at, size }) {
    const [gradient, lr] = inputs.map(at) as [number, number]
    tape.push('clip_by_rate', { gradient, lr, clipped: at(outputs[0]!), limit, count: size(outputs[0]!) })
  },
}

export const adam: Lowering<AdamAttributes> = {
  emit({ inputs, outputs }, { beta1, beta2, epsilon, weightDecay, decoupled }, { tape, at, size }) {
    const [parameter, gradient, mean, square, lr, step, guard] = inputs.map(at) as [
      ...[number, number, number, number],
      ...[number, number, number],
    ]
    const [next_parameter, next_mean, next_square] = outputs.map(at) as [number, number, number]
    tape.push('adam', {
      ...{ parameter, gradient, mean, square, lr, step, guard, next_parameter, next_mean, next_square },
      ...{ beta1, beta2, epsilon, weight_decay: weightDecay, decoupled: Number(decoupled) },
      count: size(inputs[0]!),
    })
  },
}
