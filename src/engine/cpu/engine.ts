/**
 * The CPU engine: lowers plans to tapes and runs them on a backend, the Node addon or the WASM module. Both are the
 * same C++ and take the same tapes.
 */
import type { Graph, GraphInput, Value } from '../../graph/graph.js'
import { missingOps, verify } from '../../ops/index.js'
import { keepRounded, type Precision, precisions } from '../../ops/precision.js'
import { fuseGradientAdd, fuseReduction, splitNormGradient } from '../../plan/passes/backward.js'
import { fuseAdd, fuseRelu } from '../../plan/passes/epilogue.js'
import { foldBatchNorms, foldBiases } from '../../plan/passes/fold.js'
import { fuseNormalise } from '../../plan/passes/prologue.js'
import { splitBatchNorm } from '../../plan/passes/statistics.js'
import { transformWeights } from '../../plan/passes/winograd.js'
import type { Plan, PlanTarget } from '../../plan/plan.js'
import type { Pass } from '../../plan/rewrite.js'
import { EngineError } from '../../util/errors.js'
import { elements, shapeText } from '../../util/shape.js'
import type { Engine, Executable } from '../engine.js'
import { Room, type Taken } from '../room.js'
import type { CpuBackend, CpuProgram } from './backend.js'
import { type Layouts, layoutsOf, pack, storedFloats, unpack } from './layout.js'
import { gainsByRounding } from './lower/bf16.js'
import { bandsOf, gradientBands, isWinograd, normalisesInput, winogradPays } from './lower/conv.js'
import { canLower, loweringOf } from './lower/index.js'
import { NONE } from './lower/lowering.js'
import { Tape } from './tape.js'

const FLOAT = 4

/**
 * Rounds operands only where that gains speed. Vectors of bfloat16 double the products per second; so does Winograd's
 * algorithm in float32.
 */
const rounding = (backend: CpuBackend) => (graph: Graph) =>
  keepRounded(graph, (node) => gainsByRounding(node) && !(backend.bf16 === 'vectors' && isWinograd(node)))

/** The passes after rounding, in order. Each relies on those before it. */
const passes: readonly Pass[] = [
  foldBatchNorms,
  foldBiases,
  (graph) => splitBatchNorm(graph, bandsOf),
  fuseAdd,
  fuseRelu,
  splitNormGradient,
  fuseGradientAdd,
  (graph) => fuseNormalise(graph, normalisesInput),
  (graph) => fuseReduction(graph, gradientBands),
  (graph) => transformWeights(graph, winogradPays),
]

const targetOf = (backend: CpuBackend): PlanTarget => ({
  lower: (graph) => [rounding(backend), ...passes].reduce((lowered, pass) => verify(pass(lowered)), graph),
  sizes: (graph) => {
    const layouts = layoutsOf(graph)
    return (value) => storedFloats(value, layouts(value)) * FLOAT
  },
  workspace: (node) => (loweringOf(node).workspace?.(node, node.attributes) ?? 0) * FLOAT,
})

/** @param room memory that its plans may take */
export function openCpuEngine(backend: CpuBackend, room = new Room()): Engine {
  return {
    build: backend.build,
    threads: backend.threads,
    get precisions(): readonly Precision[] {
      return backend.bf16 ? precisions : ['float32']
    },
    get bf16() {
      return backend.bf16
    },
    target: targetOf(backend),
    missing: (graph: Graph) => missingOps(graph, ({ op, own }) => own === undefined && canLower(op)),
    compile: async (plan) => {
      const layouts = layoutsOf(plan.graph)
      let taken: Taken | undefined
      try {
        const program = await backend.load({
          arenaFloats: plan.bytes / FLOAT,
          setup: tapeOf(plan, plan.setup, layouts),
          run: tapeOf(plan, plan.steps, layouts),
          admit: (bytes) => {
            taken = room.take(backend.build, bytes)
          },
          admitThreads: (threads, addresses) => room.expectAddresses(backend.build, threads, addresses),
        })
        return new CpuExecutable(plan, layouts, program, taken)
      } catch (error) {
        taken?.settle()
        throw error
      }
    },
    dispose: () => backend.dispose(),
  }
}

/** Lowers a list of nodes to kernel calls. */
export function tapeOf(plan: Plan, nodes: Plan['steps'], layouts: Layouts): Float64Array {
  const tape = new Tape()
  const { nodes: all, outputs, updates } = plan.graph
  const read = new Set([
    ...all.flatMap(({ inputs }) => inputs),
    ...outputs.map(({ value }) => value),
    ...updates.map(({ source }) => source),
  ])
  for (const node of nodes) {
    const workspace = plan.workspaces.get(node)
    loweringOf(node).emit(node, node.attributes, {
      tape,
      at: (value) => offsetOf(plan, value),
      given: (value) => (value ? offsetOf(plan, value) : NONE),
      layout: layouts,
      isRead: (value) => read.has(value),
      size: (value) => storedFloats(value, layouts(value)),
      workspace: workspace ? workspace.offset / FLOAT : NONE,
    })
  }
  return tape.build()
}

function offsetOf(plan: Plan, value: Value): number {
  return plan.buffers.get(value)!.offset / FLOAT
}

class CpuExecutable implements Executable {
  readonly plan: Plan
  readonly #layouts: Layouts
  readonly #program: CpuProgram
  readonly #taken: Taken | undefined
  readonly #inputs: ReadonlyMap<string, GraphInput>
  readonly #readable: ReadonlyMap<string, Value>
  /** Whether an input of the setup was written since the setup last ran. */
  #stale = true

  constructor(plan: Plan, layouts: Layouts, program: CpuProgram, taken: Taken | undefined) {
    this.plan = plan
    this.#layouts = layouts
    this.#program = program
    this.#taken = taken
    this.#inputs = new Map(plan.graph.inputs.map((input) => [input.name, input]))
    this.#readable = new Map([...plan.graph.inputs, ...plan.graph.outputs].map(({ name, value }) => [name, value]))
  }

  write(name: string, data: Float32Array | Int32Array): void {
    const input = this.#inputs.get(name)
    if (!input) throw new EngineError(unknownName('input', name, this.#inputs.keys()))
    const { type } = input.value
    if (data.length !== elements(type.shape))
      throw new EngineError(
        `${name}: expected ${elements(type.shape)} values (${shapeText(type.shape)}), got ${data.length}`,
      )
    if (!(data instanceof (type.dtype === 'i32' ? Int32Array : Float32Array)))
      throw new EngineError(`${name}: expected ${type.dtype === 'i32' ? 'an Int32Array' : 'a Float32Array'}`)
    const packed = data instanceof Float32Array ? pack(data, input.value, this.#layouts(input.value)) : data
    this.#program.write(offsetOf(this.plan, input.value), packed)
    if (input.role === 'parameter' || input.role === 'buffer') this.#stale = true
  }

  async run(): Promise<void> {
    if (this.#stale) {
      await this.#program.run('setup')
      this.#stale = false
    }
    await this.#program.run('run')
    this.#taken?.settle()
  }

  async read(name: string): Promise<Float32Array> {
    const value = this.#readable.get(name)
    if (!value) throw new EngineError(unknownName('input or output', name, this.#readable.keys()))
    const layout = this.#layouts(value)
    const stored = await this.#program.read(offsetOf(this.plan, value), storedFloats(value, layout))
    return unpack(stored, value, layout)
  }

  async dispose(): Promise<void> {
    await this.#program.dispose()
    this.#taken?.settle()
  }
}

function unknownName(kind: string, name: string, known: Iterable<string>): string {
  const names = [...known]
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? `, … (${names.length} in all)` : '')
  return `the plan has no ${kind} named ${name}; it has ${shown}`
}
