/**
 * Tools for passes. A pass replaces nodes by nodes that define the same values, and perhaps new ones, so nothing else
 * in the graph changes but the order.
 */
import type { Graph, Node, TensorType, Value } from '../graph/graph.js'
import { invariant } from '../util/errors.js'

export type Pass = (graph: Graph) => Graph

export class Rewriter {
  readonly #graph: Graph
  readonly #replacements = new Map<Node, readonly Node[]>()
  readonly #positions: ReadonlyMap<Node, number>
  readonly #producers = new Map<Value, Node>()
  readonly #consumers = new Map<Value, Node[]>()
  readonly #kept: ReadonlySet<Value>
  #nextId: number

  constructor(graph: Graph) {
    this.#graph = graph
    this.#kept = new Set([...graph.outputs.map(({ value }) => value), ...graph.updates.map(({ source }) => source)])
    this.#nextId = nextId(graph)
    this.#positions = new Map(graph.nodes.map((node, i) => [node, i]))
    for (const node of graph.nodes) {
      for (const value of node.outputs) {
        this.#producers.set(value, node)
      }
      for (const value of new Set(node.inputs)) {
        const consumers = this.#consumers.get(value)
        if (consumers) consumers.push(node)
        else this.#consumers.set(value, [node])
      }
    }
  }

  /** The node that computes a value, if it has this operation and is still in the graph. */
  producer(value: Value, op: string): Node | undefined {
    const node = this.#producers.get(value)
    return node?.op === op && !this.#replacements.has(node) ? node : undefined
  }

  consumers(value: Value): readonly Node[] {
    return this.#consumers.get(value) ?? []
  }

  /** Whether a value is an output of the graph or updates an input. */
  kept(value: Value): boolean {
    return this.#kept.has(value)
  }

  /**
   * The only node that reads a value, if it has this operation; undefined if there are others or the value is an
   * output.
   */
  onlyConsumer(value: Value, op: string): Node | undefined {
    const [node, other] = this.consumers(value)
    const alone = node !== undefined && other === undefined && !this.#kept.has(value)
    return alone && node.op === op && !this.#replacements.has(node) ? node : undefined
  }

  value(type: TensorType): Value {
    return { id: this.#nextId++, type }
  }

  /** Removes nodes and puts others in place of the last of them. */
  replace(nodes: readonly Node[], by: readonly Node[]): void {
    const position = (node: Node) => this.#positions.get(node)!
    const last = nodes.reduce((a, b) => (position(a) > position(b) ? a : b))
    for (const node of nodes) {
      invariant(!this.#replacements.has(node), `${node.path}: a pass replaces the same node twice`)
      this.#replacements.set(node, node === last ? by : [])
    }
  }

  done(): Graph {
    const nodes = this.#graph.nodes.flatMap((node) => this.#replacements.get(node) ?? [node])
    return { ...this.#graph, nodes: inOrder(nodes) }
  }
}

/** An id above those of all values of the graph. */
export function nextId({ inputs, nodes }: Graph): number {
  let id = 0
  for (const { value } of inputs) id = Math.max(id, value.id + 1)
  for (const { outputs } of nodes) for (const value of outputs) id = Math.max(id, value.id + 1)
  return id
}

/** The nodes in the order given, but each after the nodes that it needs. */
function inOrder(nodes: readonly Node[]): Node[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)))
  const sorted = new Set<Node>()
  const visit = (node: Node) => {
    if (sorted.has(node)) return
    for (const value of node.inputs) {
      const producer = producers.get(value)
      if (producer) visit(producer)
    }
    sorted.add(node)
  }
  nodes.forEach(visit)
  return [...sorted]
}
