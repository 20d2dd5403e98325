/** Puts the nodes of one graph into another that is being built, on inputs of the latter's choice. */
import type { GraphBuilder } from './builder.js'
import type { Graph, GraphInput, Value } from './graph.js'

/**
 * Adds a copy of each node of `graph`. Outputs and updates are not taken over: the function that comes back tells which
 * value each value of `graph` has become.
 * @param bind the value that stands for an input of `graph`
 */
export function inline(
  builder: GraphBuilder,
  graph: Graph,
  bind: (input: GraphInput) => Value,
): (value: Value) => Value {
  const copies = new Map<Value, Value>(graph.inputs.map((input) => [input.value, bind(input)]))
  const copyOf = (value: Value) => copies.get(value)!
  for (const { op, attributes, inputs, named, outputs, path } of graph.nodes) {
    const types = outputs.map(({ type }) => type)
    const made = builder.node(op, attributes, inputs.map(copyOf), types, path, named)
    outputs.forEach((value, i) => {
      copies.set(value, made[i]!)
    })
  }
  return copyOf
}
