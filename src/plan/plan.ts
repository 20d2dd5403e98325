/**
 * A plan is the work of an engine: the nodes in their order, and each value's place in one arena. It is complete before
 * anything is allocated.
 */
import type { Graph, Node, Value } from '../graph/graph.js'

/** The properties of an engine that the planner needs. */
export interface PlanTarget {
  /** Rewrites the graph into the form that the engine runs best: fusions, layout changes. */
  lower(graph: Graph): Graph
  /** Size of the buffer of each value of a lowered graph, in bytes. */
  sizes(graph: Graph): (value: Value) => number
  /** Bytes that a node needs besides its inputs and outputs while it runs, for example for partial sums. */
  workspace(node: Node): number
}

/** A place in the arena. `offset` and `bytes` are multiples of 64. */
export interface Buffer {
  readonly offset: number
  readonly bytes: number
}

/** The work of an engine: nodes in their order, and the place of each value in one arena of memory. */
export interface Plan {
  readonly graph: Graph
  /** Nodes that depend only on parameters and buffers which no update changes: run once after those are written. */
  readonly setup: readonly Node[]
  /** Nodes of each run. */
  readonly steps: readonly Node[]
  readonly buffers: ReadonlyMap<Value, Buffer>
  readonly workspaces: ReadonlyMap<Node, Buffer>
  /** Size of the arena. */
  readonly bytes: number
}
