/** Lowers scaling, products, the logistic function, softplus, dropout and noise to kernel calls. */
import type { Value } from '../../../graph/graph.js'
import { BYTES_DEVIATION, type NoiseAttributes } from '../../../ops/add-noise.js'
import { type DropoutAttributes, dropKey, dropThreshold } from '../../../ops/dropout.js'
import type { ScaleAttributes } from '../../../ops/scale.js'
import { elements } from '../../../util/shape.js'
import { BLOCK } from '../layout.js'
import { type Context, type Lowering, mapOf } from './lowering.js'

type Nothing = Record<never, never>

export const scale: Lowering<ScaleAttributes> = {
  emit({ inputs, outputs }, { factor }, { tape, at, size }) {
    tape.push('scale', { x: at(inputs[0]!), y: at(outputs[0]!), factor, count: size(outputs[0]!) })
  },
}

export const multiply: Lowering<Nothing> = {
  emit({ inputs, outputs }, _, { tape, at, size }) {
    const [a, b] = inputs.map(at) as [number, number]
    tape.push('multiply', { a, b, y: at(outputs[0]!), count: size(outputs[0]!) })
  },
}

/** Lanes beyond the channels must stay zero, but the logistic function and softplus of zero are not zero. */
function clearLanes(y: Value, { tape, at, layout }: Context): void {
  if (layout(y) !== 'blocked') return
  const sizes = mapOf(y)
  if (sizes.c % BLOCK !== 0) tape.push('clear_lanes', { y: at(y), ...sizes })
}

function curve(kernel: 'sigmoid' | 'softplus'): Lowering<Nothing> {
  return {
    emit({ inputs, outputs: [y] }, _, context) {
      const { tape, at, layout, size } = context
      const count = layout(y!) === 'plain' ? elements(y!.type.shape) : size(y!)
      tape.push(kernel, { x: at(inputs[0]!), y: at(y!), count })
      clearLanes(y!, context)
    },
  }
}
export const sigmoid = curve('sigmoid')
export const softplus = curve('softplus')

export const sigmoidGradient: Lowering<Nothing> = {
  emit({ inputs, outputs }, _, { tape, at, size }) {
    const [dy, y] = inputs.map(at) as [number, number]
    tape.push('sigmoid_gradient', { dy, y, dx: at(outputs[0]!), count: size(outputs[0]!) })
  },
}

const granularities = { element: 0, row: 1, batch: 2 } as const

export const dropout: Lowering<DropoutAttributes> = {
  emit({ inputs, outputs: [y] }, attributes, { tape, at, layout }) {
    const [x, step] = inputs.map(at) as [number, number]
    const { rate } = attributes
    const rule = {
      ...{ x, step, y: at(y!), key: dropKey(attributes), threshold: dropThreshold(rate), factor: 1 / (1 - rate) },
      granularity: granularities[attributes.granularity],
    }
    if (layout(y!) === 'blocked') tape.push('dropout', { ...rule, ...mapOf(y!) })
    else {
      const n = y!.type.shape[0]!
      tape.push('dropout_rows', { ...rule, n, length: elements(y!.type.shape) / n })
    }
  },
}

export const addNoise: Lowering<NoiseAttributes> = {
  emit({ inputs, outputs: [y] }, attributes, context) {
    const { tape, at } = context
    const [x, step] = inputs.map(at) as [number, number]
    const factor = attributes.deviation / BYTES_DEVIATION
    tape.push('add_noise', { x, step, y: at(y!), key: dropKey(attributes), factor, ...mapOf(y!) })
    clearLanes(y!, context)
  },
}
