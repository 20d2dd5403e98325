/** Runs a network on an open engine: batches in, outputs out. Compiled plans are kept for the next batch. */
import type { Engine, Executable } from '../engine/engine.js'
import type { Tensor, TrainedNetwork } from '../formats/trained-network.js'
import type { Graph } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import { type Heads, heads as ownHeads } from '../model/heads/index.js'
import type { LayerPath } from '../spec/paths.js'
import { ConfigError } from '../util/errors.js'
import { compileGraph } from './compile.js'
import { allFinite } from './finite.js'
import { lostAnswers } from './lost-numbers.js'
import { writeWeights } from './weights.js'

/** The most pictures per run. */
const MOST_PICTURES = 16
/** The number of compiled plans that are kept: for full runs, for a rest, and for a single picture. */
const KEPT_PLANS = 2

/** Tensors by name: outputs of the network, and outputs of layers by their paths. */
export type Outputs = { readonly [name: string]: Tensor }

/** Runs one network. Dispose of it when done; the engine stays open. */
export class Runner {
  readonly engine: Engine
  readonly #network: Pick<TrainedNetwork, 'spec' | 'weights'>
  readonly #heads: Heads
  /** The compiled plans, with the most recently used at the end. */
  readonly #plans = new Map<string, Executable>()
  /** The queue of all work on the engine. */
  #queue: Promise<unknown> = Promise.resolve()

  /** @param heads the table of heads */
  constructor(engine: Engine, network: Pick<TrainedNetwork, 'spec' | 'weights'>, heads: Heads = ownHeads) {
    this.engine = engine
    this.#network = network
    this.#heads = heads
  }

  /**
   * Computes the outputs by name, over all pictures.
   * @param batch [pictures][channels][height][width] floats, normalised
   * @param taps layers whose outputs are returned beside those of the network
   * @throws ConfigError for a batch that holds no whole number of pictures, or a layer that the network does not have
   */
  async run(batch: Float32Array, taps: readonly LayerPath[] = [], signal?: AbortSignal): Promise<Outputs> {
    const { spec } = this.#network
    const { channels, height, width } = spec.input
    const length = channels * height * width
    const count = batch.length / length
    if (!Number.isSafeInteger(count) || count < 1)
      throw new ConfigError(
        `${spec.name}: expected a batch of one or more pictures of ${channels}x${height}x${width}, that is a multiple of ${length} floats, got ${batch.length}`,
      )
    const parts: Outputs[] = []
    for (let first = 0; first < count; first += MOST_PICTURES) {
      const size = Math.min(MOST_PICTURES, count - first)
      const pictures = batch.subarray(first * length, (first + size) * length)
      parts.push(await this.#runPart(pictures, size, taps, signal))
    }
    return Object.fromEntries(Object.keys(parts[0]!).map((name) => [name, joined(parts.map((part) => part[name]!))]))
  }

  /**
   * Does the same as `run`, and checks the outputs. @throws LostNumbers when an output holds NaN or an infinity, naming
   * the first layer that gave one
   */
  async answers(batch: Float32Array, taps: readonly LayerPath[] = [], signal?: AbortSignal): Promise<Outputs> {
    const found = await this.run(batch, taps, signal)
    const lost = Object.values(found).find(({ data }) => !allFinite(data))
    if (!lost) return found
    const { shape, data } = lost
    const picture = Math.floor(data.findIndex((value) => !Number.isFinite(value)) / (data.length / shape[0]!))
    const { spec, weights } = this.#network
    const length = spec.input.channels * spec.input.height * spec.input.width
    const pictures = batch.slice(picture * length, (picture + 1) * length)
    throw await this.exclusively(() => lostAnswers(this.engine, { spec, weights, pictures, heads: this.#heads }))
  }

  /**
   * Runs another graph with the network's weights once, and returns all outputs by name. Its plan is kept under `key`.
   */
  runGraph(
    key: string,
    graph: () => Graph,
    inputs: { readonly [name: string]: Float32Array },
    signal?: AbortSignal,
  ): Promise<Outputs> {
    return this.exclusively(async () => {
      signal?.throwIfAborted()
      return outputsOf(await this.#plan(key, graph), inputs)
    })
  }

  /** Runs work that uses the engine when all work before it has ended. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }

  /** Frees the memory of the plans after the current work. */
  dispose(): Promise<void> {
    return this.exclusively(async () => {
      for (const executable of this.#plans.values()) await executable.dispose()
      this.#plans.clear()
    })
  }

  #runPart(pictures: Float32Array, size: number, taps: readonly LayerPath[], signal?: AbortSignal): Promise<Outputs> {
    const graph = () => forwardGraph(this.#network.spec, { batch: size, mode: 'inference', taps, heads: this.#heads })
    return this.runGraph(JSON.stringify([size, taps]), graph, { pictures }, signal)
  }

  /** The compiled plan of a graph, kept or new. */
  async #plan(key: string, graph: () => Graph): Promise<Executable> {
    const kept = this.#plans.get(key)
    this.#plans.delete(key)
    const executable = kept ?? (await this.#compile(graph()))
    this.#plans.set(key, executable)
    for (const [oldest, plan] of [...this.#plans].slice(0, -KEPT_PLANS)) {
      this.#plans.delete(oldest)
      await plan.dispose()
    }
    return executable
  }

  async #compile(graph: Graph): Promise<Executable> {
    const { spec, weights } = this.#network
    const executable = await compileGraph(this.engine, graph)
    const inputs = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    try {
      writeWeights(executable, inputs, weights, spec.name)
      return executable
    } catch (error) {
      await executable.dispose()
      throw error
    }
  }
}

/** Runs a plan once and reads all outputs by name. */
async function outputsOf(executable: Executable, inputs: { readonly [name: string]: Float32Array }): Promise<Outputs> {
  for (const [name, data] of Object.entries(inputs)) executable.write(name, data)
  await executable.run()
  const outputs: [string, Tensor][] = []
  for (const { name, value } of executable.plan.graph.outputs)
    outputs.push([name, { shape: value.type.shape, data: await executable.read(name) }])
  return Object.fromEntries(outputs)
}

/** Concatenates tensors along the first dimension. */
function joined(parts: readonly Tensor[]): Tensor {
  const [{ shape, data }] = parts as [Tensor]
  if (parts.length === 1) return { shape, data }
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part.data, at)
    at += part.data.length
  }
  return { shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...shape.slice(1)], data: whole }
}
