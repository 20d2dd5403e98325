/** What the reference kernels give for numbers small enough to be worked out by hand. */
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { f32, type TensorType } from '../../src/graph/graph.js'
import type { AttributesOf, OpName } from '../../src/ops/index.js'
import { singleOp } from '../engine/single-op.js'

export type Numbers = readonly [TensorType, readonly number[]]

export const vector = (...values: number[]): Numbers => [f32(values.length), values]

/** The outputs of an operation, from the types and numbers of its inputs. */
export function outputs<Name extends OpName>(
  op: Name,
  attributes: AttributesOf<Name>,
  ...inputs: readonly Numbers[]
): number[][] {
  const { graph } = singleOp(
    op,
    attributes,
    inputs.map(([type]) => ({ type, fill: () => new Float32Array() })),
  )
  const data = new Map(graph.inputs.map(({ name }, i) => [name, inputs[i]![1]]))
  return [...evaluateOutputs(graph, data).values()].map((values) => [...values])
}

/** The first of them. */
export function first<Name extends OpName>(
  op: Name,
  attributes: AttributesOf<Name>,
  ...inputs: readonly Numbers[]
): number[] {
  return outputs(op, attributes, ...inputs)[0]!
}
