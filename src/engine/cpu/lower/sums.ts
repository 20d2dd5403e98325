/** Lowers sums over whole tensors to kernel calls: the norm of gradients, and the losses against a target. */
import type { Value } from '../../../graph/graph.js'
import { elements } from '../../../util/shape.js'
import type { Context, Lowering } from './lowering.js'

type Nothing = Record<never, never>

/** Elements that a part sums up. */
const PART = 16384
/** Floats of workspace for the sum of a part, a double. */
const DOUBLE = 2

const partsOf = ({ type }: Value) => Math.ceil(elements(type.shape) / PART)

/**
 * Floats to sum. Lanes beyond the channels are zero and add nothing. The memory after a plain tensor may hold anything.
 */
function countOf(value: Value, { layout, size }: Context): number {
  return layout(value) === 'plain' ? elements(value.type.shape) : size(value)
}

export const globalNorm: Lowering<Nothing> = {
  workspace: ({ inputs }) => inputs.reduce((sum, x) => sum + partsOf(x) * DOUBLE, 0),
  emit({ inputs, outputs: [norm] }, _, context) {
    const { tape, at, workspace } = context
    let partials = workspace
    for (const x of inputs) {
      tape.push('sum_of_squares', { x: at(x), partials, count: countOf(x, context), parts: partsOf(x) })
      partials += partsOf(x) * DOUBLE
    }
    const parts = (partials - workspace) / DOUBLE
    tape.push('add_parts', { partials: workspace, y: at(norm!), parts, factor: 1, root: 1 })
  },
}

function loss(kernel: 'l1_loss' | 'squared_error'): Lowering<Nothing> {
  return {
    workspace: ({ inputs: [prediction] }) => partsOf(prediction!) * DOUBLE,
    emit({ inputs, outputs: [y] }, _, context) {
      const { tape, at, workspace: partials } = context
      const [a, b] = inputs.map(at) as [number, number]
      const prediction = inputs[0]!
      const parts = partsOf(prediction)
      tape.push(kernel, { a, b, partials, count: countOf(prediction, context), parts })
      tape.push('add_parts', { partials, y: at(y!), parts, factor: 1 / elements(prediction.type.shape), root: 0 })
    },
  }
}
export const l1Loss = loss('l1_loss')
export const squaredError = loss('squared_error')

function gradient(kernel: 'l1_loss_gradient' | 'squared_error_gradient', derivative: number): Lowering<Nothing> {
  return {
    emit({ inputs, outputs: [dprediction] }, _, { tape, at, size }) {
      const [dloss, prediction, target] = inputs.map(at) as [number, number, number]
      const factor = derivative / elements(dprediction!.type.shape)
      const count = size(dprediction!)
      tape.push(kernel, { dloss, prediction, target, dprediction: at(dprediction!), factor, count })
    },
  }
}
export const l1LossGradient = gradient('l1_loss_gradient', 1)
export const squaredErrorGradient = gradient('squared_error_gradient', 2)
