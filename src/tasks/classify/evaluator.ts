/** Evaluates a classifier in inference mode, over a whole set of pictures. */
import { fillBatch } from '../../data/batches.js'
import { inputSize, type Pictures } from '../../data/dataset.js'
import type { Engine, Executable } from '../../engine/engine.js'
import type { Preprocessing } from '../../formats/trained-network.js'
import type { GraphInput } from '../../graph/graph.js'
import { planFor } from '../../inference/compile.js'
import { allFinite } from '../../inference/finite.js'
import { lostAnswers } from '../../inference/lost-numbers.js'
import { type Tensor, writeWeights } from '../../inference/weights.js'
import { forwardGraph } from '../../model/forward.js'
import { type Heads, heads as ownHeads } from '../../model/heads/index.js'
import type { Plan } from '../../plan/plan.js'
import { classifierOf } from '../../spec/heads/index.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { ConfigError } from '../../util/errors.js'
import type { Measurer } from '../task.js'
import type { Evaluation } from '../types.js'
import { countCorrect, crossEntropySum, percent } from './metrics.js'

/** The most pictures per run. Results do not depend on it, because inference computes each picture independently. */
const MOST_PICTURES = 100
/** The number of pictures that a state is tried on. */
const FEW_PICTURES = 8

export class Evaluator implements Measurer<'classify'> {
  readonly #spec: NetworkSpec
  readonly #batch: number
  readonly #weights: readonly GraphInput[]
  readonly #executable: Executable
  readonly #engine: Engine
  readonly #heads: Heads
  #written: ReadonlyMap<string, Tensor> = new Map()

  private constructor(engine: Engine, spec: NetworkSpec, executable: Executable, heads: Heads) {
    const { inputs } = executable.plan.graph
    this.#engine = engine
    this.#heads = heads
    this.#spec = spec
    this.#batch = inputs.find(({ name }) => name === 'pictures')!.value.type.shape[0]!
    this.#weights = inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    this.#executable = executable
  }

  /**
   * The plan of an evaluation, for `open`.
   * @param pictures about how many there will be; for few pictures the plan has small runs
   * @param heads the table of heads; default: the heads of this package
   */
  static plan(engine: Engine, spec: NetworkSpec, pictures: number, heads: Heads = ownHeads): Plan {
    const batch = Math.max(1, Math.min(MOST_PICTURES, pictures))
    return planFor(engine, forwardGraph(spec, { batch, mode: 'inference', heads }))
  }

  static async open(engine: Engine, spec: NetworkSpec, plan: Plan, heads: Heads = ownHeads): Promise<Evaluator> {
    return new Evaluator(engine, spec, await engine.compile(plan), heads)
  }

  /**
   * Sets parameters and running statistics, by path.
   * @throws DataError when they are not exactly those of the network
   */
  setWeights(weights: ReadonlyMap<string, Tensor>, who = this.#spec.name): void {
    writeWeights(this.#executable, this.#weights, weights, who)
    this.#written = weights
  }

  /**
   * Computes loss and error over all pictures. The next batch is prepared while the engine runs. A short last batch is
   * padded with pictures whose results are dropped.
   * @throws ConfigError when the pictures do not have the size or the labels that the network expects; LostNumbers when
   * a logit is NaN or infinite
   */
  evaluate(pictures: Pictures, preprocessing: Preprocessing, signal?: AbortSignal): Promise<Evaluation> {
    return this.#evaluate(pictures, preprocessing, pictures.count, signal)
  }

  /**
   * Runs the network on the first pictures, with a small plan that is freed afterwards. Training does this whenever it
   * saves a state.
   * @throws LostNumbers when a logit is NaN or infinite
   */
  async tryOut(pictures: Pictures, preprocessing: Preprocessing): Promise<void> {
    const count = Math.min(FEW_PICTURES, pictures.count)
    if (this.#batch <= FEW_PICTURES) await this.#evaluate(pictures, preprocessing, count)
    else {
      const [engine, spec, heads] = [this.#engine, this.#spec, this.#heads]
      const small = await Evaluator.open(engine, spec, Evaluator.plan(engine, spec, count, heads), heads)
      try {
        small.setWeights(this.#written)
        await small.#evaluate(pictures, preprocessing, count)
      } finally {
        await small.dispose()
      }
    }
  }

  async #evaluate(
    pictures: Pictures,
    { normalisation }: Preprocessing,
    count: number,
    signal?: AbortSignal,
  ): Promise<Evaluation> {
    expectFit(this.#spec, pictures)
    const { channels, height, width } = inputSize(pictures)
    const { classes } = classifierOf(this.#spec)
    const size = this.#batch
    const batch = new Float32Array(size * channels * height * width)
    const labels = new Int32Array(size)
    const prepare = (first: number) => {
      const indices = Array.from({ length: size }, (_, i) => Math.min(first + i, count - 1))
      fillBatch(pictures, indices, batch, labels, { normalisation, seed: 0, epoch: 0 })
    }
    let correct = 0
    let loss = 0
    if (count === 0) throw new ConfigError('evaluation: expected at least one picture, got none')
    prepare(0)
    for (let first = 0; first < count; first += size) {
      signal?.throwIfAborted()
      const used = Math.min(size, count - first)
      const truth = labels.slice()
      this.#executable.write('pictures', batch)
      const running = this.#executable.run()
      try {
        if (first + size < count) prepare(first + size)
      } finally {
        await running
      }
      const logits = await this.#executable.read('logits')
      if (!allFinite(logits)) {
        prepare(first)
        throw await this.#lost(batch, logits)
      }
      correct += countCorrect(logits, truth, classes, used)
      loss += crossEntropySum(logits, truth, classes, used)
    }
    const top1Error = percent(count - correct, count)
    return { count, correct, top1Error, accuracy: 100 - top1Error, loss: loss / count }
  }

  dispose(): Promise<void> {
    return this.#executable.dispose()
  }

  /**
   * Makes the error for a batch with logits that are NaN or infinite. It runs the first such picture again to find the
   * layer.
   */
  #lost(batch: Float32Array, logits: Float32Array): Promise<Error> {
    const row = Math.floor(logits.findIndex((value) => !Number.isFinite(value)) / (logits.length / this.#batch))
    const length = batch.length / this.#batch
    const pictures = batch.slice(row * length, (row + 1) * length)
    return lostAnswers(this.#engine, { spec: this.#spec, weights: this.#written, pictures, heads: this.#heads })
  }
}

/**
 * @throws ConfigError when the pictures do not have the size that the network reads, or have more classes than it knows
 */
export function expectFit(spec: NetworkSpec, pictures: Pictures): void {
  const { channels, height, width } = spec.input
  const given = inputSize(pictures)
  if (given.channels !== channels || given.height !== height || given.width !== width)
    throw new ConfigError(
      `${spec.name}: expects pictures of ${channels}x${height}x${width}, got ${given.channels}x${given.height}x${given.width}; ` +
        'make the spec for this size: preset(name, { input })',
    )
  const { classes } = classifierOf(spec)
  let largest = 0
  for (const label of pictures.labels) largest = Math.max(largest, label)
  if (largest >= classes)
    throw new ConfigError(
      `${spec.name}: has ${classes} classes, the pictures have class ${largest}; ` +
        'make the spec for this number: preset(name, { classes })',
    )
}
