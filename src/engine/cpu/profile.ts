/**
 * Measures where the time of a plan goes. Alike nodes (the same operation on the same shapes) make a part. A part's
 * kernel calls run as a tape of their own, at the places that the plan gives them, so that memory behaves as in the
 * plan.
 */

import type { Attributes, Node, Value } from '../../graph/graph.js'
import { opOf } from '../../ops/index.js'
import { plainNames } from '../../ops/op.js'
import type { Plan } from '../../plan/plan.js'
import { invariant } from '../../util/errors.js'
import { Random } from '../../util/random.js'
import { elements, type Shape, shapeText } from '../../util/shape.js'
import type { CpuBackend, CpuProgram } from './backend.js'
import { tapeOf } from './engine.js'
import { type KernelName, kernelNames, kernels } from './kernel-table.js'
import { isWeight, type Layouts, layoutsOf, storedFloats } from './layout.js'

/** Alike nodes of a plan. */
export interface PlanPart {
  readonly op: string
  /** The operation with the optional operands and results that it has, for example `conv2d + norm + statistics`. */
  readonly title: string
  readonly attributes: Attributes
  readonly inputs: readonly Shape[]
  readonly outputs: readonly Shape[]
  /** Shapes of its operands and results, for example `128x16x32x32, 16x16x3x3 → 128x16x32x32`. */
  readonly shapes: string
  /** Paths of the nodes. */
  readonly paths: readonly string[]
  /** Kernels that each node calls, in order. */
  readonly kernels: readonly KernelName[]
  /** Multiply-adds of all its nodes, counted as direct convolution. */
  readonly macs: number
  /** Bytes that its nodes read and write. Each value counts once per node; workspace does not count. */
  readonly bytes: number
}

/** A part with its times in seconds, one per round. */
export interface TimedPart extends PlanPart {
  readonly seconds: readonly number[]
  /** The same for each kernel alone; empty if there is only one. */
  readonly kernelSeconds: readonly (readonly number[])[]
}

/** The times of a plan and of its parts. */
export interface ProfiledPlan {
  /** Seconds of each run of the whole plan. */
  readonly seconds: readonly number[]
  readonly parts: readonly TimedPart[]
}

export interface ProfileSettings {
  readonly rounds: number
  /** Seconds since any fixed moment. */
  now(): number
  readonly signal?: AbortSignal | undefined
  onProgress?(done: number, total: number): void
}

/** Times a plan and each of its parts. All values are noise, those of the setup included. */
export async function profilePlan(backend: CpuBackend, plan: Plan, settings: ProfileSettings): Promise<ProfiledPlan> {
  const layouts = layoutsOf(plan.graph)
  const groups = groupAlike(plan.steps, layouts)
  const time = (nodes: readonly Node[], tape: Float64Array) =>
    timeTape(backend, plan, tape, (program) => fill(program, plan, nodes, layouts), settings)
  settings.signal?.throwIfAborted()
  const seconds = await time(plan.steps, tapeOf(plan, plan.steps, layouts))
  const parts: TimedPart[] = []
  for (const nodes of groups) {
    settings.onProgress?.(parts.length, groups.length)
    const calls = nodes.map((node) => splitTape(tapeOf(plan, [node], layouts)))
    const part = describe(nodes, calls[0]!, layouts)
    const kernelSeconds: (readonly number[])[] = []
    if (part.kernels.length > 1)
      for (const k of part.kernels.keys()) kernelSeconds.push(await time(nodes, join(calls.map((call) => call[k]!))))
    parts.push({ ...part, seconds: await time(nodes, join(calls.flat())), kernelSeconds })
  }
  settings.onProgress?.(groups.length, groups.length)
  return { seconds, parts }
}

/** The parts of a plan without their times, in the order of their first nodes. */
export function partsOf(plan: Plan): readonly PlanPart[] {
  const layouts = layoutsOf(plan.graph)
  return groupAlike(plan.steps, layouts).map((nodes) =>
    describe(nodes, splitTape(tapeOf(plan, [nodes[0]!], layouts)), layouts),
  )
}

function groupAlike(nodes: readonly Node[], layouts: Layouts): readonly (readonly Node[])[] {
  const groups = new Map<string, Node[]>()
  for (const node of nodes) {
    const values = [...node.inputs, ...node.outputs].map((value) => [value.type, layouts(value)])
    const key = JSON.stringify([node.op, node.attributes, node.named ?? [], values])
    const group = groups.get(key)
    if (group) group.push(node)
    else groups.set(key, [node])
  }
  return [...groups.values()]
}

function describe(nodes: readonly Node[], calls: readonly Float64Array[], layouts: Layouts): PlanPart {
  const [node] = nodes as [Node]
  const types = (values: readonly Value[]) => values.map(({ type }) => type)
  const cost = opOf(node).cost(types(node.inputs), types(node.outputs), node.attributes)
  const values = [...node.inputs, ...node.outputs]
  return {
    op: node.op,
    title: titleOf(node),
    attributes: node.attributes,
    inputs: types(node.inputs).map(({ shape }) => shape),
    outputs: types(node.outputs).map(({ shape }) => shape),
    shapes: `${shapesText(node.inputs)} → ${shapesText(node.outputs)}`,
    paths: nodes.map(({ path }) => path),
    kernels: calls.map((call) => kernelNames[call[0]!]!),
    macs: nodes.length * cost.macs,
    bytes: nodes.length * 4 * values.reduce((sum, value) => sum + storedFloats(value, layouts(value)), 0),
  }
}

/** The operation with its optional operands. The operands of a norm come together and count as one. */
function titleOf(node: Node): string {
  const { named = [] } = node
  const given = named.map((name) => (name.startsWith('norm') ? 'norm' : name))
  const asked = opOf(node).outputs.filter((name, i) => name.endsWith('?') && i < node.outputs.length)
  return [...new Set([node.op, ...given, ...plainNames(asked)])].join(' + ')
}

/** Shapes of the maps and weights; if there are none, of all values. Equal shapes in a row are counted. */
function shapesText(values: readonly Value[]): string {
  const large = values.filter(({ type }) => type.shape.length === 4)
  const texts = (large.length > 0 ? large : values).map(({ type }) => shapeText(type.shape) || '1')
  return [...new Set(texts)]
    .map((text) => {
      const count = texts.filter((other) => other === text).length
      return count > 1 ? `${count} of ${text}` : text
    })
    .join(', ')
}

/** Splits a tape into one tape per kernel call. */
function splitTape(tape: Float64Array): Float64Array[] {
  const calls: Float64Array[] = []
  for (let at = 0; at < tape.length; ) {
    const name = kernelNames[tape[at]!]
    invariant(name, `no kernel has the number ${tape[at]}`)
    const end = at + 1 + kernels[name].length
    calls.push(tape.subarray(at, end))
    at = end
  }
  return calls
}

function join(tapes: readonly Float64Array[]): Float64Array {
  return Float64Array.from(tapes.flatMap((tape) => [...tape]))
}

/** Times each run of a tape in seconds, after one run that first touches the memory. */
async function timeTape(
  backend: CpuBackend,
  plan: Plan,
  tape: Float64Array,
  prepare: (program: CpuProgram) => void,
  { rounds, now, signal }: ProfileSettings,
): Promise<number[]> {
  const program = await backend.load({ arenaFloats: plan.bytes / 4, setup: new Float64Array(0), run: tape })
  try {
    prepare(program)
    await program.run('run')
    const seconds: number[] = []
    for (let round = 0; round < rounds; round++) {
      signal?.throwIfAborted()
      const start = now()
      await program.run('run')
      seconds.push(now() - start)
    }
    return seconds
  } finally {
    await program.dispose()
  }
}

/** Floats of noise, which are written repeatedly. */
const NOISE = 65536

/**
 * Writes noise into all inputs of the nodes. Weights are as small as in He initialisation, so that nothing overflows.
 * Vectors are positive, because some are variances. Whole numbers (labels, steps) and the learning rate are 0, so that
 * runs stay alike.
 */
function fill(program: CpuProgram, plan: Plan, nodes: readonly Node[], layouts: Layouts): void {
  const random = new Random(1)
  const noise = Float32Array.from({ length: NOISE }, () => 2 * random.uniform() - 1)
  const made = new Set(nodes.flatMap(({ outputs }) => outputs))
  const read = new Set(nodes.flatMap(({ inputs }) => inputs).filter((value) => !made.has(value)))
  for (const value of read) {
    const { dtype, shape } = value.type
    if (dtype !== 'f32' || shape.length === 0) continue
    const scale = shape.length === 2 || isWeight(layouts(value)) ? Math.sqrt((6 * shape[0]!) / elements(shape)) : 1
    const positive = shape.length === 1 || shape.length === 3
    const chunk = noise.map((x) => (positive ? 1 + x / 2 : x * scale))
    const { offset, bytes } = plan.buffers.get(value)!
    for (let at = 0; at < bytes / 4; at += NOISE)
      program.write(offset / 4 + at, chunk.subarray(0, Math.min(NOISE, bytes / 4 - at)))
  }
}
