/**
 * Turns a graph into a plan: splits off the nodes that run once, finds how long each value lives, and gives every
 * buffer its place in the arena.
 */
import type { Graph, Node, Value } from '../graph/graph.js'
import { prune } from '../graph/prune.js'
import { opOf, verify } from '../ops/index.js'
import { plainNames } from '../ops/op.js'
import { operandNames } from '../ops/operands.js'
import { EngineError, invariant } from '../util/errors.js'
import { roundUp } from '../util/shape.js'
import { type Interval, placeIntervals } from './arena.js'
import { type Recompute, recompute } from './passes/recompute.js'
import type { Buffer, Plan, PlanTarget } from './plan.js'

/** Alignment of buffers in bytes: a cache line, and the widest vector. */
const ALIGNMENT = 64
const TEBIBYTE = 1024 * 1024 * 1024 * 1024
/** The most bytes of a plan, 2^46: larger offsets and sizes are no longer exact, and no machine has that memory. */
const MOST_BYTES = 64 * TEBIBYTE

/** How a graph is planned. */
export interface PlanOptions {
  /** The values that the backward pass recomputes instead of keeping them. Default `none`. */
  readonly recompute?: Recompute | undefined
}

/** @throws EngineError where the plan would take more than 2^46 bytes */
export function planGraph(graph: Graph, target: PlanTarget, { recompute: level = 'none' }: PlanOptions = {}): Plan {
  const lowered = verify(recompute(prune(target.lower(graph)), level))
  const { setup, steps } = splitSetup(lowered)
  const sizeOf = target.sizes(lowered)
  const bytesOf = (value: Value) => allowed(roundUp(sizeOf(value), ALIGNMENT))

  const root = shareBuffers(lowered, setup, steps, bytesOf)
  const intervals: Interval[] = []
  const owners: (Value | Node)[] = []
  for (const [value, life] of lifetimes(lowered, setup, steps, root)) {
    intervals.push({ bytes: bytesOf(value), ...life })
    owners.push(value)
  }
  ;[...setup, ...steps].forEach((node, i) => {
    const bytes = allowed(roundUp(target.workspace(node), ALIGNMENT))
    if (bytes === 0) return
    intervals.push({ bytes, from: i - setup.length, to: i - setup.length })
    owners.push(node)
  })

  const { offsets, bytes } = placeIntervals(intervals)
  allowed(bytes)
  const placed = new Map(owners.map((owner, i) => [owner, { offset: offsets[i]!, bytes: intervals[i]!.bytes }]))
  const buffers = new Map<Value, Buffer>()
  for (const value of root.keys()) buffers.set(value, placed.get(root.get(value)!)!)
  const workspaces = new Map<Node, Buffer>()
  for (const node of [...setup, ...steps]) {
    const buffer = placed.get(node)
    if (buffer) workspaces.set(node, buffer)
  }
  return { graph: lowered, setup, steps, buffers, workspaces, bytes }
}

/** Returns the bytes of a plan or of a part of it; throws if they are more than a plan may take. */
function allowed(bytes: number): number {
  if (bytes <= MOST_BYTES) return bytes
  const tebibytes = (bytes / TEBIBYTE).toLocaleString('en-US', { maximumFractionDigits: 0 })
  throw new EngineError(
    `the plan would take ${tebibytes} TiB of memory or more, but a plan may take at most 64 TiB (2^46 bytes); ` +
      'use smaller pictures, a smaller batch, or a narrower network',
  )
}

/** A node belongs to the setup if all its inputs are fixed between runs. */
function splitSetup(graph: Graph): { setup: Node[]; steps: Node[] } {
  const updated = new Set(graph.updates.map(({ target }) => target))
  const fixed = new Set<Value>()
  for (const { role, value } of graph.inputs)
    if ((role === 'parameter' || role === 'buffer') && !updated.has(value)) fixed.add(value)
  const setup: Node[] = []
  const steps: Node[] = []
  for (const node of graph.nodes) {
    const once = node.inputs.every((value) => fixed.has(value))
    if (once) for (const value of node.outputs) fixed.add(value)
    ;(once ? setup : steps).push(node)
  }
  return { setup, steps }
}

/**
 * Chooses the value whose buffer each value uses: its own, the input that it updates, or an input of its node that is
 * not read afterwards and that the operation may overwrite.
 */
function shareBuffers(
  graph: Graph,
  setup: readonly Node[],
  steps: readonly Node[],
  bytesOf: (value: Value) => number,
): Map<Value, Value> {
  const root = new Map<Value, Value>()
  const lastUse = new Map<Value, number>() // by root
  const uses = (node: Node, i: number) => {
    for (const value of node.inputs) lastUse.set(value, i)
  }
  steps.forEach(uses)
  for (const { value } of graph.outputs) lastUse.set(value, Number.POSITIVE_INFINITY)

  const kept = new Set<Value>([...graph.inputs.map(({ value }) => value), ...setup.flatMap((node) => node.outputs)])
  for (const value of kept) root.set(value, value)
  const targetOf = new Map(graph.updates.map(({ target, source }) => [source, target]))

  steps.forEach((node, i) => {
    const pairs = placesOf(node)
    const overwritten = new Set<number>()
    node.outputs.forEach((output, o) => {
      const target = targetOf.get(output)
      if (target) {
        const last = lastUse.get(target) ?? -1
        const slot = node.inputs.indexOf(target)
        invariant(
          last < i || (last === i && pairs.some(([to, from]) => to === o && from === slot)),
          `${node.path}: the update of an input comes before its last use`,
        )
        root.set(output, target)
        return
      }
      const taken = pairs.find(([to, from]) => {
        const input = node.inputs[from]
        return (
          to === o &&
          input !== undefined &&
          !overwritten.has(from) &&
          !kept.has(root.get(input)!) &&
          lastUse.get(input) === i &&
          lastUse.get(root.get(input)!) !== Number.POSITIVE_INFINITY &&
          bytesOf(input) === bytesOf(output) &&
          node.inputs.every((other, k) => k === from || root.get(other) !== root.get(input))
        )
      })
      if (taken) overwritten.add(taken[1])
      root.set(output, taken ? root.get(node.inputs[taken[1]]!)! : output)
    })
  })
  return root
}

/** Pairs [output, input] of a node, counted from 0: the output may take the input's place in memory. */
function placesOf(node: Node): readonly (readonly [number, number])[] {
  const { inPlace = [], outputs } = opOf(node)
  const sharing = typeof inPlace === 'function' ? inPlace(node.attributes) : inPlace
  if (sharing.length === 0) return []
  const [results, operands] = [plainNames(outputs), operandNames(node)]
  return sharing.map(([to, from]) => [results.indexOf(to), operands.indexOf(from)])
}

/**
 * First and last step at which each buffer must exist. Inputs, outputs and values that steps read from the setup live
 * for ever. Values that only the setup reads live at its steps, which have negative numbers.
 */
function lifetimes(
  graph: Graph,
  setup: readonly Node[],
  steps: readonly Node[],
  root: ReadonlyMap<Value, Value>,
): Map<Value, { from: number; to: number }> {
  const forever = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  const lives = new Map<Value, { from: number; to: number }>()
  for (const { value } of graph.inputs) lives.set(value, forever)
  setup.forEach((node, i) => {
    const step = i - setup.length
    for (const value of node.outputs) lives.set(value, { from: step, to: step })
    for (const value of node.inputs) extend(lives, value, step)
  })
  const made = new Set(setup.flatMap(({ outputs }) => outputs))
  for (const value of steps.flatMap(({ inputs }) => inputs)) if (made.has(value)) lives.set(value, forever)
  steps.forEach((node, i) => {
    for (const value of node.outputs) {
      const owner = root.get(value)!
      if (!lives.has(owner)) lives.set(owner, { from: i, to: i })
      else extend(lives, owner, i)
    }
    for (const value of node.inputs) extend(lives, root.get(value)!, i)
  })
  for (const { value } of graph.outputs) lives.set(root.get(value)!, forever)
  return lives
}

function extend(lives: Map<Value, { from: number; to: number }>, value: Value, to: number): void {
  const life = lives.get(value)!
  lives.set(value, { from: life.from, to: Math.max(life.to, to) })
}
