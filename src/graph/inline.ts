/** Copies the nodes of one graph into another that is being built, with other inputs. */
import type { GraphBuilder } from './builder.js'
import type { Graph, GraphInput, Value } from './graph.js'

/**
 * Adds a copy of each node of `graph`. Outputs and updates are not copied. Returns a function from each value of
 * `graph` to its copy.
 * @param bind returns the value that replaces an input of `graph`
 */
export function inline(
  builder: GraphBuilder,
  graph: Graph,
  bind: (input: GraphInput) => Value,
): (value: Value) => Value {
  const copies = new Map<Value, Value>(graph.inputs.map((input) => [input.value, bind(input)]))
  const copyOf = (value: Value) => copies.get(value)!
  for (const { op, attributes, inputs, named, outputs, path, own } of graph.nodes) {
    const types = outputs.map(({ type }) => type)
    const made = builder.node(op, attributes, inputs.map(copyOf), types, path, named, own)
    outputs.forEach((value, i) => {
      copies.set(value, made[i]!)
    })
  }
  return copyOf
}
