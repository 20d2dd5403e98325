/** Removes the nodes whose results are not used. */
import type { Graph, Node, Value } from './graph.js'

export function prune(graph: Graph): Graph {
  const needed = new Set<Value>([
    ...graph.outputs.map(({ value }) => value),
    ...graph.updates.map(({ source }) => source),
  ])
  const kept: Node[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value))) continue
    kept.push(node)
    for (const value of node.inputs) needed.add(value)
  }
  return { ...graph, nodes: kept.reverse() }
}
