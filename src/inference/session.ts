/** Runs a graph of your own on an engine: named tensors in, named tensors out. */
import type { Engine, Executable } from '../engine/engine.js'
import * as kinds from '../graph/expect.js'
import type { Graph, GraphInput, TensorType } from '../graph/graph.js'
import { expectGraph } from '../ops/index.js'
import { type Recompute, recomputeLevels } from '../plan/passes/recompute.js'
import type { Plan } from '../plan/plan.js'
import { ConfigError } from '../util/errors.js'
import {
  callback,
  described,
  expectFields,
  expectKind,
  expectOptions,
  isRecord,
  list,
  map,
  number,
  object,
  oneOf,
} from '../util/expect.js'
import { printable } from '../util/printable.js'
import { elements, shapeText } from '../util/shape.js'
import { planFor } from './compile.js'
import { readWeights, type Tensor, writeWeights } from './weights.js'

const planFields = { graph: kinds.graph, setup: list, steps: list, buffers: map, workspaces: map, bytes: number }

/** Options of a session. */
export interface SessionOptions {
  /** Values of all parameters and running statistics, by name. If they are left out, `setWeights` gives them later. */
  readonly weights?: Weights | undefined
  /** The values that a backward pass computes again instead of keeping them. Default `none`. */
  readonly recompute?: Recompute | undefined
}

/** Values by name. Bare numbers take the shape from the graph. */
export type Weights = ReadonlyMap<string, Tensor | Float32Array>
/** Tensors by the names of data inputs and scalars; a scalar has one element. */
export type SessionInputs = Readonly<Record<string, Float32Array | Int32Array>>

/**
 * A compiled graph with its weights, on an engine. Each run reads data and scalars, computes the outputs and applies
 * the updates of the graph. A graph with gradients and updates is a training. Dispose of the session when done.
 */
export class Session implements AsyncDisposable {
  readonly #executable: Executable
  /** Parameters and running statistics. */
  readonly #state: readonly GraphInput[]
  readonly #written = new Set<string>()

  private constructor(executable: Executable) {
    this.#executable = executable
    this.#state = executable.plan.graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
  }

  /**
   * Compiles a graph, or a plan that was made for this engine. State of optimizers starts as zeros.
   * @throws EngineError that lists all operations which the engine lacks, or for too little memory; DataError for
   * weights that are missing, unknown or of another shape
   */
  static async open(engine: Engine, work: Graph | Plan, options: SessionOptions = {}): Promise<Session> {
    const who = 'Session.open'
    expectFields(engine, `${who}: engine`, 'an engine, such as openEngine() gives', {
      target: object,
      compile: callback,
    })
    const isPlan = isRecord(work) && 'buffers' in work
    if (isPlan) expectFields(work, `${who}: plan`, 'a plan, such as planFor() gives', planFields)
    else expectGraph(work, `${who}: graph`)
    expectOptions(options, `${who}: options`, { weights: map, recompute: oneOf(recomputeLevels) })
    const { weights, recompute } = options
    const plan = isPlan ? (work as Plan) : planFor(engine, work as Graph, { recompute })
    const session = new Session(await engine.compile(plan))
    try {
      for (const { name, role, value } of plan.graph.inputs)
        if (role === 'optimizer') session.#executable.write(name, new Float32Array(elements(value.type.shape)))
      if (weights) session.setWeights(weights)
      return session
    } catch (error) {
      await session.dispose()
      throw error
    }
  }

  /**
   * Writes all parameters and running statistics.
   * @param who the start of an error's message, such as the name of a file
   * @throws DataError when one is missing, unknown or of another shape
   */
  setWeights(weights: Weights, who = 'Session.setWeights'): void {
    expectKind(weights, `${who}: weights`, map)
    writeWeights(this.#executable, this.#state, shaped(weights, this.#state), who)
    for (const { name } of this.#state) this.#written.add(name)
  }

  /** The types of all inputs by name: data, scalars, weights and optimizer state. */
  get inputs(): Readonly<Record<string, TensorType>> {
    return Object.fromEntries(this.#executable.plan.graph.inputs.map(({ name, value }) => [name, value.type]))
  }

  /** The memory that the plan takes, in bytes. */
  get bytes(): number {
    return this.#executable.plan.bytes
  }

  /**
   * Runs once: writes the inputs, computes, applies the updates, and reads all outputs. An input that is left out keeps
   * the value of the run before.
   * @returns the outputs by name
   * @throws ConfigError for an unknown name, a wrong length or type, or an input that was never written
   */
  async run(inputs: SessionInputs = {}): Promise<Record<string, Tensor>> {
    expectKind(inputs, 'Session.run: inputs', object)
    const { graph } = this.#executable.plan
    const wanted = graph.inputs.filter(({ role }) => role === 'data' || role === 'scalar')
    for (const [name, values] of Object.entries(inputs)) {
      const input = wanted.find((other) => other.name === name)
      if (!input)
        throw new ConfigError(
          `Session.run: the graph has no data input named ${printable(name)}; it has ${wanted.map((other) => other.name).join(', ') || 'none'}`,
        )
      expectValues(input, values)
    }
    const lacks = ({ name }: GraphInput) => inputs[name] === undefined && !this.#written.has(name)
    const weight = this.#state.find(lacks)
    if (weight)
      throw new ConfigError(
        `Session.run: parameter ${weight.name} has no value; open the session with { weights }, or call setWeights first`,
      )
    const missing = wanted.find(lacks)
    if (missing)
      throw new ConfigError(`Session.run: input ${missing.name} was never given; hand in { ${missing.name} }`)
    for (const [name, values] of Object.entries(inputs)) {
      this.#executable.write(name, values)
      this.#written.add(name)
    }
    await this.#executable.run()
    const outputs: Record<string, Tensor> = {}
    for (const { name, value } of graph.outputs)
      outputs[name] = { shape: value.type.shape, data: await this.#executable.read(name) }
    return outputs
  }

  /** Parameters and running statistics by name, as the last run left them. */
  weights(): Promise<Map<string, Tensor>> {
    return readWeights(this.#executable, this.#state)
  }

  /** Frees the memory of the plan. The engine stays open. */
  dispose(): Promise<void> {
    return this.#executable.dispose()
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }
}

/** Weights as tensors. Bare numbers take the shape from the graph. */
function shaped(weights: Weights, state: readonly GraphInput[]): Map<string, Tensor> {
  const shapes = new Map(state.map(({ name, value }) => [name, value.type.shape]))
  return new Map(
    [...weights].map(([name, given]): [string, Tensor] => {
      if (!(given instanceof Float32Array)) return [name, given]
      const shape = shapes.get(name)
      const fits = shape !== undefined && elements(shape) === given.length
      return [name, { shape: fits ? shape : [given.length], data: given }]
    }),
  )
}

/** @throws ConfigError unless these are numbers of the type and count of an input */
function expectValues({ name, value }: GraphInput, values: unknown): void {
  const { dtype, shape } = value.type
  const wanted = dtype === 'f32' ? 'Float32Array' : 'Int32Array'
  const fits = dtype === 'f32' ? values instanceof Float32Array : values instanceof Int32Array
  const count = elements(shape)
  const got = fits ? (values as Float32Array).length : undefined
  if (got !== count)
    throw new ConfigError(
      `Session.run: ${name} must be ${dtype === 'f32' ? 'a' : 'an'} ${wanted} of ${count} values (${shapeText(shape) || 'a scalar'}), got ${got === undefined ? described(values) : got}`,
    )
}
