/**
 * The reference engine: runs plans in float64 with readable kernels. It is slow by intent, and the oracle of all other
 * engines. It keeps each value in an array of its own instead of the plan's arena. Values that last from run to run
 * (parameters, running statistics, velocities) are rounded to float32, their type, so that a checkpoint holds them
 * exactly.
 */
import type { Value } from '../../graph/graph.js'
import { isOpName, missingOps } from '../../ops/index.js'
import { precisions } from '../../ops/precision.js'
import type { Plan, PlanTarget } from '../../plan/plan.js'
import { EngineError } from '../../util/errors.js'
import { elements } from '../../util/shape.js'
import type { Engine, Executable } from '../engine.js'
import { Room, type Taken } from '../room.js'
import { evaluateNode, expectLength } from './evaluate.js'
import { type Tensor, zeros } from './tensor.js'

const target: PlanTarget = {
  lower: (graph) => graph,
  sizes: () => (value) => 8 * elements(value.type.shape),
  workspace: () => 0,
}

/** @param room memory that its plans may take */
export function openReference(room = new Room()): Engine {
  return {
    build: 'reference',
    threads: 1,
    precisions,
    target,
    missing: (graph) => missingOps(graph, ({ op, own }) => own !== undefined || isOpName(op)),
    compile: async (plan) => new ReferenceExecutable(plan, room),
    dispose: async () => {},
  }
}

class ReferenceExecutable implements Executable {
  readonly plan: Plan
  readonly #values = new Map<Value, Tensor>()
  readonly #taken: Taken
  /** The new value of each updated input, rounded to its type. All sources are read before any target changes. */
  readonly #updates: { readonly target: Float64Array; readonly source: Float64Array; readonly held: Float32Array }[]
  #setUp = false
  #disposed = false

  constructor(plan: Plan, room: Room) {
    const missing = openReference().missing(plan.graph)
    if (missing.length > 0)
      throw new EngineError(`reference: no kernels for ${missing.join(', ')}; make the plan for this engine's target`)
    this.plan = plan
    const values = [
      ...plan.graph.inputs.map(({ value }) => value),
      ...plan.graph.nodes.flatMap(({ outputs }) => outputs),
    ]
    this.#taken = room.take(
      'reference',
      values.reduce((sum, { type }) => sum + 8 * elements(type.shape), 0),
    )
    for (const { value } of plan.graph.inputs) this.#values.set(value, zeros(value.type.shape))
    for (const node of plan.graph.nodes)
      for (const value of node.outputs) this.#values.set(value, zeros(value.type.shape))
    this.#updates = plan.graph.updates.map(({ target, source }) => ({
      target: this.#values.get(target)!.data,
      source: this.#values.get(source)!.data,
      held: new Float32Array(elements(target.type.shape)),
    }))
  }

  write(name: string, data: Float32Array | Int32Array): void {
    this.#check()
    const { inputs } = this.plan.graph
    const input = inputs.find((other) => other.name === name)
    if (!input) throw new EngineError(unknownName('input', name, inputs))
    const { dtype, shape } = input.value.type
    expectLength(name, data.length, shape)
    if (data instanceof Int32Array !== (dtype === 'i32'))
      throw new EngineError(`${name}: expected ${dtype === 'i32' ? 'an Int32Array' : 'a Float32Array'}`)
    this.#values.get(input.value)!.data.set(data)
    if (input.role === 'parameter' || input.role === 'buffer') this.#setUp = false
  }

  async run(): Promise<void> {
    this.#check()
    if (!this.#setUp) for (const node of this.plan.setup) evaluateNode(node, this.#values)
    this.#setUp = true
    for (const node of this.plan.steps) evaluateNode(node, this.#values)
    for (const { source, held } of this.#updates) held.set(source)
    for (const { target, held } of this.#updates) target.set(held)
    this.#taken.settle()
  }

  async read(name: string): Promise<Float32Array> {
    this.#check()
    const { inputs, outputs } = this.plan.graph
    const readable = [...outputs, ...inputs]
    const found = readable.find((other) => other.name === name)
    if (!found) throw new EngineError(unknownName('input or output', name, readable))
    return Float32Array.from(this.#values.get(found.value)!.data)
  }

  async dispose(): Promise<void> {
    this.#disposed = true
    this.#values.clear()
    this.#taken.settle()
  }

  #check(): void {
    if (this.#disposed) throw new EngineError('reference: this executable was disposed of; compile the plan again')
  }
}

function unknownName(kind: string, name: string, known: readonly { readonly name: string }[]): string {
  return `the plan has no ${kind} named ${name}; it has ${known.map((item) => item.name).join(', ')}`
}
