/**
 * Recompute (gradient checkpointing): makes values of the forward pass again shortly before the backward pass reads
 * them, instead of keeping them. This saves memory and costs time. Each value comes from the same operation on the same
 * inputs, so no bit of any result changes.
 *
 * The pass runs after fusions and asks operations for their cost, so it knows none by name. It makes only maps again
 * (tensors of rank 4). Vectors such as the statistics of norms are small and kept, and updates of running statistics
 * run once.
 */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { opOf } from '../../ops/index.js'
import { elements } from '../../util/shape.js'
import { nextId } from '../rewrite.js'
import { chooseCuts, type Piece } from './segments.js'

/**
 * `none` keeps all values that the backward pass reads. `elementwise` recomputes cheap values, so that no convolution
 * runs twice. `blocks` keeps the outputs of some residual blocks and recomputes everything between them, convolutions
 * included.
 */
export const recomputeLevels = ['none', 'elementwise', 'blocks'] as const
/** One of `recomputeLevels`. */
export type Recompute = (typeof recomputeLevels)[number]

/**
 * Rewrites the backward pass to recompute the values that `level` allows. A graph without a backward pass stays as it
 * is.
 */
export function recompute(graph: Graph, level: Recompute): Graph {
  if (level === 'none') return graph
  const passes = new Passes(graph)
  const again = nodesToRunAgain(graph, passes, level)
  const kept = valuesToKeep(graph, passes, again)
  return runAgain(graph, passes, (node) => again.has(node), kept)
}

const isMap = (value: Value) => value.type.shape.length === 4
const bytesOf = (value: Value) => 4 * elements(value.type.shape)

/** The nodes of the backward pass, and the values of the forward pass that it reads. */
class Passes {
  readonly #backward = new Set<Node>()
  readonly #producers = new Map<Value, Node>()
  /** Maps of the forward pass that the backward pass reads. */
  readonly needed = new Set<Value>()
  /** Values that must exist at the end, whatever is recomputed. */
  readonly #lasting: ReadonlySet<Value>

  constructor(graph: Graph) {
    this.#lasting = new Set([...graph.outputs.map(({ value }) => value), ...graph.updates.map(({ source }) => source)])
    // Gradients begin at nodes without inputs: the constants 1, for the loss, and 0.
    const gradients = new Set<Value>()
    for (const node of graph.nodes) {
      const backward = node.inputs.length === 0 || node.inputs.some((value) => gradients.has(value))
      if (backward) this.#backward.add(node)
      for (const value of node.outputs) {
        this.#producers.set(value, node)
        if (backward) gradients.add(value)
      }
    }
    for (const node of this.#backward)
      for (const value of node.inputs)
        if (isMap(value) && this.#producers.has(value) && !gradients.has(value)) this.needed.add(value)
  }

  isBackward(node: Node): boolean {
    return this.#backward.has(node)
  }

  /** The node that makes a map, if it may run again; undefined for inputs, outputs and small values. */
  source(value: Value): Node | undefined {
    return isMap(value) && !this.#lasting.has(value) ? this.#producers.get(value) : undefined
  }
}

/**
 * The nodes that recompute needed values, directly or as inputs of others. With `elementwise` these are cheap nodes
 * whose inputs are kept anyway or recomputed: no other value is kept for them.
 */
function nodesToRunAgain(graph: Graph, passes: Passes, level: Recompute): ReadonlySet<Node> {
  const allowed = (node: Node) => level === 'blocks' || opOf(node).cheap === true
  const possible = new Set<Node>()
  const atHand = (value: Value) => {
    const source = isMap(value) ? passes.source(value) : undefined
    return passes.needed.has(value) || !isMap(value) || source === undefined || possible.has(source)
  }
  for (const node of graph.nodes)
    if (!passes.isBackward(node) && node.outputs.some(isMap) && allowed(node) && node.inputs.every(atHand))
      possible.add(node)

  const again = new Set<Node>()
  const open = [...passes.needed]
  for (let value = open.pop(); value; value = open.pop()) {
    const source = passes.source(value)
    if (!source || !possible.has(source) || again.has(source)) continue
    again.add(source)
    open.push(...source.inputs)
  }
  return again
}

/**
 * The values to keep although they could be recomputed: the ends of stretches, and the values of the last stretch,
 * which would be recomputed right after they were made.
 */
function valuesToKeep(graph: Graph, passes: Passes, again: ReadonlySet<Node>): ReadonlySet<Value> {
  const lastRead = new Map<Value, Node>()
  for (const node of graph.nodes) if (again.has(node)) for (const value of node.inputs) lastRead.set(value, node)

  const chosen = new Set<Value>()
  let chain: Link[] = []
  let kept = 0
  const finish = () => {
    const last = chain.at(-1)!
    const cuts = chooseCuts(chain).filter((index) => chain[index] !== last)
    for (const index of cuts) if (chain[index]!.end) chosen.add(chain[index]!.end)
    for (const { held } of chain.slice((cuts.at(-1) ?? -1) + 1)) for (const value of held) chosen.add(value)
    for (const value of last.needed) chosen.add(value)
    chain = []
    kept = 0
  }
  const crossing = new Set<Value>() // recomputed up to here and read further on
  for (const node of graph.nodes) {
    if (passes.isBackward(node)) {
      if (chain.length > 0) finish() // each batch of a step has its own forward and backward pass
      continue
    }
    const needed = node.outputs.filter((value) => passes.needed.has(value))
    if (!again.has(node)) {
      for (const value of needed) kept += bytesOf(value)
      continue
    }
    for (const value of node.inputs) if (lastRead.get(value) === node) crossing.delete(value)
    for (const value of node.outputs) if (isMap(value) && lastRead.has(value)) crossing.add(value)
    const held = needed.filter((value) => lastRead.has(value))
    const [one, other] = crossing
    const end = one && !other && passes.needed.has(one) ? one : undefined
    const waiting = held.reduce((sum, value) => sum + bytesOf(value), 0)
    chain.push({ kept, waiting, needed, held, end, cut: crossing.size === 0 ? 0 : end && bytesOf(end) })
    kept = 0
  }
  return chosen
}

/** A piece with its values. */
interface Link extends Piece {
  /**
   * `needed`: the values that the backward pass reads. `held`: those of them from which further values are recomputed.
   */
  readonly needed: readonly Value[]
  readonly held: readonly Value[]
  /** The value that the next stretch starts from, if it is only one. */
  readonly end: Value | undefined
}

/** Puts copies of nodes before the first node of the backward pass that needs their outputs. */
function runAgain(graph: Graph, passes: Passes, again: (node: Node) => boolean, kept: ReadonlySet<Value>): Graph {
  let id = nextId(graph)
  const nodes: Node[] = []
  const made = new Map<Value, Value>()
  const make = (value: Value): Value => {
    const source = passes.source(value)
    if (!source || !again(source) || kept.has(value)) return value
    const before = made.get(value)
    if (before) return before
    const inputs = source.inputs.map(make)
    const outputs = source.outputs.map(({ type }) => ({ id: id++, type }))
    nodes.push({ ...source, inputs, outputs })
    source.outputs.forEach((output, i) => {
      made.set(output, outputs[i]!)
    })
    return made.get(value)!
  }
  for (const node of graph.nodes)
    if (passes.isBackward(node)) nodes.push({ ...node, inputs: node.inputs.map(make) })
    else nodes.push(node)
  return { ...graph, nodes }
}
