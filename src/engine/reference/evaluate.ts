/** Evaluates a graph once, node by node, in float64: the oracle of every other engine and of the gradient rules. */

import { expectMap } from '../../graph/expect.js'
import type { Attributes, Graph, Node, Value } from '../../graph/graph.js'
import { expectGraph, isOpName, opOf } from '../../ops/index.js'
import { type OwnOp, placed } from '../../ops/op.js'
import { EngineError, invariant } from '../../util/errors.js'
import { numbers, text } from '../../util/expect.js'
import { elements, shapeText } from '../../util/shape.js'
import { type KernelTable, kernels } from './kernels.js'
import { type Kernel, type Tensor, zeros } from './tensor.js'

/** Runs one node; reads and writes the tensors of `values`. */
export function evaluateNode(node: Node, values: ReadonlyMap<Value, Tensor>, table: KernelTable = kernels): void {
  const kernel = kernelOf(node, table)
  const tensor = (value: Value) => values.get(value)!
  const operands = placed(opOf(node), node.inputs.map(tensor), node.named)
  kernel(operands, node.outputs.map(tensor), node.attributes)
}

/** The kernel of the table, or the one that an operation of your own brings. */
function kernelOf({ op, own }: Node, table: KernelTable): Kernel<Attributes> {
  if (own) return (own as OwnOp<Attributes>).kernel
  invariant(isOpName(op), `the reference engine has no kernel for ${op}`)
  return table[op] as unknown as Kernel<Attributes>
}

/**
 * Returns the tensors of all values of `graph`, given those of its inputs by name. Updates are not applied: the new
 * value of an input is the tensor of the update's source. Another `table` of kernels may be given.
 */
export function evaluate(
  graph: Graph,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
  table: KernelTable = kernels,
): ReadonlyMap<Value, Tensor> {
  const values = new Map<Value, Tensor>()
  for (const { name, value } of graph.inputs) {
    const { shape } = value.type
    const data = inputs.get(name)
    if (!data) throw new EngineError(`evaluate: no data for input ${name}, ${shapeText(shape)}`)
    expectLength(name, data.length, shape)
    values.set(value, { shape, data: Float64Array.from(data) })
  }
  for (const node of graph.nodes) {
    for (const value of node.outputs) values.set(value, zeros(value.type.shape))
    evaluateNode(node, values, table)
  }
  return values
}

/**
 * Returns the outputs of `graph` by name, given its inputs by name.
 * @throws ConfigError for anything but a graph; EngineError if an input is missing or has another length
 */
export function evaluateOutputs(
  graph: Graph,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
  table: KernelTable = kernels,
): Map<string, Float64Array> {
  expectGraph(graph, 'evaluateOutputs: graph')
  expectMap(inputs, 'evaluateOutputs: inputs', [text, numbers])
  const values = evaluate(graph, inputs, table)
  return new Map(graph.outputs.map(({ name, value }) => [name, values.get(value)!.data]))
}

export function expectLength(name: string, length: number, shape: readonly number[]): void {
  if (length !== elements(shape))
    throw new EngineError(`${name}: expected ${elements(shape)} values (${shapeText(shape)}), got ${length}`)
}
