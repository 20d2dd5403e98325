/**
 * Training, step by step: compiles the plans, feeds batches, counts losses and errors, evaluates, and gives out
 * checkpoints. What a step computes depends on the spec, the recipe, the data, the step number and the weights alone,
 * so a training that goes on from a checkpoint ends in the same bits as one that never stopped.
 */
import type { Dataset, PictureSize, Pictures } from '../data/dataset.js'
import type { Engine, Executable } from '../engine/engine.js'
import type { Graph, GraphInput } from '../graph/graph.js'
import { initialise } from '../model/initialise.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { ConfigError, TrainingError } from '../util/errors.js'
import { elements } from '../util/shape.js'
import { batchName } from './accumulate.js'
import type { Checkpoint, TrainingProgress } from './checkpoint.js'
import { compileGraph } from './compile.js'
import { type Course, course } from './course.js'
import { expectSameData, identity } from './data-identity.js'
import { Evaluator, expectFit } from './evaluate.js'
import { withEvaluation } from './evaluations.js'
import { firstNotFinite, whereLost } from './finite.js'
import { Latest } from './latest.js'
import { countCorrect, type Evaluation, percent } from './metrics.js'
import { NextBatch } from './next-batch.js'
import { expectSameNormalisation } from './normalisation-check.js'
import { preciseStatistics } from './precise-norm.js'
import { gradientNorms, type ProbeState, tapActivations } from './probe.js'
import type { Recipe } from './recipe.js'
import { trainingGraph } from './step.js'
import { freshWarmUp, rateOf, warmUpAfter } from './warm-up.js'
import { weightHash } from './weight-hash.js'
import { type NamedWeights, readWeights, writeWeights } from './weights.js'

/** Where a training stands after a step. Errors are in percent, of augmented training pictures. */
export interface StepProgress {
  /** Finished steps, and how many there will be. */
  readonly step: number
  readonly totalSteps: number
  /** The epoch that the step belongs to, from 1, and how many there will be. */
  readonly epoch: number
  readonly epochs: number
  /** Of the step's batch, before its update. */
  readonly loss: number
  readonly top1Error: number
  /** Means over the epoch so far. */
  readonly epochLoss: number
  readonly epochTop1Error: number
  readonly lr: number
  /** Since this trainer was made, evaluations not counted. */
  readonly imagesPerSecond: number
  /** What the remaining steps will take at that rate. */
  readonly secondsLeft: number
}

/** One's own code in a training, as values. They are no part of the recipe: give them again when a run goes on. */
export interface TrainingHooks {
  /** After each step; training waits for it. What it throws ends the training. */
  readonly onStep?: ((progress: StepProgress) => void | Promise<void>) | undefined
  /** The learning rate of a step, from 0, in place of the one that the recipe's schedule gives. */
  readonly learningRate?: ((step: number, scheduled: number) => number) | undefined
}

export interface TrainerOptions {
  /** Goes on from here; spec and recipe must be the checkpoint's own. */
  readonly checkpoint?: Checkpoint | undefined
  readonly hooks?: TrainingHooks | undefined
  /** Ends `steps` and `evaluate` between two runs of the engine, with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called once at the end of `dispose`, for example to end the engine. */
  readonly release?: (() => Promise<void>) | undefined
}

/** Milliseconds after which a training lets other work of the thread have its turn, signals and timers among it. */
const TURN = 50

/** A training under way: made by `createTrainer`, trained by `steps`. Dispose of it when done. */
export class Trainer<E extends Engine = Engine> implements AsyncDisposable {
  readonly spec: NetworkSpec
  readonly recipe: Recipe
  readonly engine: E
  readonly #data: Dataset
  readonly #signal: AbortSignal | undefined
  readonly #hooks: TrainingHooks
  readonly #course: Course
  readonly #graph: Graph
  readonly #executable: Executable
  readonly #evaluator: Evaluator
  readonly #next: NextBatch
  readonly #release: () => Promise<void>

  #progress: TrainingProgress
  #failed = false
  #disposed: Promise<void> | undefined
  #trained = { count: 0, wrong: 0 }
  #trainedMilliseconds = 0
  #lastTurn = 0
  /** All that uses the engine stands in this queue. */
  #queue: Promise<unknown> = Promise.resolve()

  /**
   * Compiles the plans for training and evaluation and writes the initial weights.
   * @throws ConfigError when data, spec and recipe do not fit together, EngineError when the engine cannot run them.
   */
  static async open<E extends Engine>(
    engine: E,
    spec: NetworkSpec,
    data: Dataset,
    recipe: Recipe,
    options: TrainerOptions = {},
  ): Promise<Trainer<E>> {
    expectFit(spec, data.train)
    expectFit(spec, data.test)
    if (data.val) expectFit(spec, data.val)
    if (options.checkpoint) {
      expectSameData(options.checkpoint.data, identity(data))
      expectSameNormalisation(options.checkpoint, data)
    }
    const plan = course(recipe, data.train.count)
    const graph = trainingGraph(spec, recipe)
    const executable = await compileGraph(engine, graph)
    let evaluator: Evaluator | undefined
    try {
      evaluator = await Evaluator.open(engine, spec, data.test.count)
      const trainer = new Trainer(engine, spec, data, recipe, options, plan, graph, executable, evaluator)
      trainer.#writeWeights(options.checkpoint)
      return trainer
    } catch (error) {
      await evaluator?.dispose()
      await executable.dispose()
      throw error
    }
  }

  private constructor(
    engine: E,
    spec: NetworkSpec,
    data: Dataset,
    recipe: Recipe,
    options: TrainerOptions,
    plan: Course,
    graph: Graph,
    executable: Executable,
    evaluator: Evaluator,
  ) {
    this.spec = spec
    this.recipe = recipe
    this.#data = data
    this.engine = engine
    this.#signal = options.signal
    this.#hooks = options.hooks ?? {}
    this.#release = options.release ?? (async () => {})
    this.#course = plan
    this.#graph = graph
    this.#executable = executable
    this.#evaluator = evaluator
    this.#next = new NextBatch(data, recipe, plan.stepsPerEpoch)
    this.#progress = options.checkpoint?.progress ?? {
      step: 0,
      running: { loss: 0, wrong: 0, count: 0 },
      best: null,
      history: [],
      ...(recipe.warmupUntil > 0 ? { warmUp: freshWarmUp } : {}),
    }
  }

  /** Finished steps, the best epoch and what all epochs came to. */
  get progress(): TrainingProgress {
    return this.#progress
  }

  /** How many steps the whole training has. */
  get totalSteps(): number {
    return this.#course.totalSteps
  }

  /** Epochs begun by the end; the last one may be cut short. */
  get epochs(): number {
    return this.#course.epochs
  }

  /** Steps from here to the end of the epoch under way, or of the training. 0 when it has ended. */
  get stepsLeftInEpoch(): number {
    const { stepsPerEpoch, totalSteps } = this.#course
    const { step } = this.#progress
    return Math.min(stepsPerEpoch - (step % stepsPerEpoch), totalSteps - step)
  }

  /** Pictures trained on since this trainer was made, and how many of them were answered wrongly before their step. */
  get trained(): { readonly count: number; readonly wrong: number } {
    return this.#trained
  }

  /** Training pictures a second since this trainer was made, evaluations not counted; 0 before the first step. */
  get imagesPerSecond(): number {
    return this.#trainedMilliseconds > 0 ? (1000 * this.#trained.count) / this.#trainedMilliseconds : 0
  }

  /**
   * Trains up to `count` steps, to the end of the training if left out, and gives the newest progress whenever it is
   * asked: training never waits for the reader, and soon after the reader leaves the loop it ends.
   * @throws TrainingError when the loss is no longer a number.
   */
  async *steps(count = Number.POSITIVE_INFINITY): AsyncGenerator<StepProgress, void, void> {
    const until = Math.min(this.#progress.step + count, this.#course.totalSteps)
    const latest = new Latest<StepProgress>()
    let left = false
    const run = async () => {
      while (this.#progress.step < until && !left) {
        const progress = await this.#exclusively(() => this.#step())
        latest.push(progress)
        await this.#hooks.onStep?.(progress)
      }
    }
    const running = run().then(
      () => latest.end(),
      (error: unknown) => latest.end({ error }),
    )
    try {
      yield* latest
    } finally {
      left = true
      await running
    }
  }

  /**
   * Error and loss over the test set, or over other pictures. At the end of an epoch the former enters the history, and
   * so do those over the pictures to validate on, where there are any.
   */
  evaluate(pictures?: Pictures): Promise<Evaluation> {
    return this.#exclusively(async () => {
      this.#expectNumbers()
      this.#evaluator.setWeights(await this.#readFiniteWeights())
      const over = (others: Pictures) => this.#evaluator.evaluate(others, this.#data.normalisation, this.#signal)
      if (pictures) return over(pictures)
      const test = await over(this.#data.test)
      const { history, step } = this.#progress
      if (history.at(-1)?.step === step)
        this.#progress = withEvaluation(this.#progress, test, this.#data.val && (await over(this.#data.val)))
      return test
    })
  }

  /**
   * What layers, blocks or stages give for the batch of the next step, by path, with norms as in training. Compiles a
   * plan for it each time.
   * @throws ConfigError for a path that the network does not have, naming those near it
   */
  async activations<P extends LayerPath>(paths: readonly P[]): Promise<{ readonly [path in P]: NamedWeights }> {
    const found = await this.#exclusively(async () => tapActivations(this.engine, await this.#probeState(), paths))
    return Object.fromEntries(found) as { [path in P]: NamedWeights }
  }

  /**
   * How long the gradient of the next step's loss is (Euclidean, without weight decay), by path of the parameter.
   * Compiles a plan for it each time.
   */
  gradientNorms(): Promise<ReadonlyMap<string, number>> {
    return this.#exclusively(async () => gradientNorms(this.engine, await this.#probeState()))
  }

  /** Parameters and running statistics by path. */
  weights(): Promise<ReadonlyMap<string, NamedWeights>> {
    return this.#exclusively(() => this.#readWeights())
  }

  /** 16 hexadecimal digits: see `weightHash`. */
  async weightHash(): Promise<string> {
    return weightHash(await this.weights())
  }

  /**
   * All that is needed to go on from here.
   * @throws TrainingError when the weights are no longer numbers, so that no good checkpoint is replaced by them.
   */
  checkpoint(): Promise<Checkpoint> {
    return this.#exclusively(async () => {
      this.#expectNumbers()
      const { normalisation, classes } = this.#data
      return {
        spec: this.spec,
        recipe: this.recipe,
        preprocessing: { normalisation, input: this.spec.input, classes, resize: resized(this.#data.test) },
        data: identity(this.#data),
        progress: this.#progress,
        engine: this.engine.build,
        weights: await this.#readFiniteWeights(),
        optimizer: await readWeights(this.#executable, this.#inputs('optimizer')),
      }
    })
  }

  /** Frees what the plans hold, after the step under way. The trainer is of no use after this. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#exclusively(async () => {
      await this.#evaluator.dispose()
      await this.#executable.dispose()
      await this.#release()
    })
    return this.#disposed
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }

  #inputs(...roles: readonly GraphInput['role'][]): GraphInput[] {
    return this.#graph.inputs.filter(({ role }) => roles.includes(role))
  }

  #readWeights(): Promise<Map<string, NamedWeights>> {
    return readWeights(this.#executable, this.#inputs('parameter', 'buffer'))
  }

  async #readFiniteWeights(): Promise<Map<string, NamedWeights>> {
    const weights = await this.#readWeights()
    const lost = firstNotFinite(weights)
    if (lost) {
      this.#failed = true
      throw new TrainingError(
        `step ${this.#progress.step}: its update made ${lost.name} ${lost.value}; this training cannot go on: ` +
          'begin again with a smaller learning rate or a warm-up',
      )
    }
    return weights
  }

  #writeWeights(checkpoint: Checkpoint | undefined): void {
    const state = this.#inputs('parameter', 'buffer')
    const optimizer = this.#inputs('optimizer')
    if (checkpoint) {
      writeWeights(this.#executable, state, checkpoint.weights, 'checkpoint')
      writeWeights(this.#executable, optimizer, checkpoint.optimizer, 'checkpoint')
      return
    }
    const { seed, zeroInitResidual } = this.recipe
    for (const [name, data] of initialise(this.spec, { seed, zeroInitResidual })) this.#executable.write(name, data)
    for (const { name, value } of optimizer) this.#executable.write(name, new Float32Array(elements(value.type.shape)))
  }

  async #probeState(): Promise<ProbeState> {
    this.#signal?.throwIfAborted()
    const step = Math.min(this.#progress.step, this.#course.totalSteps - 1)
    this.#next.prepare(step)
    const { pictures, labels } = this.#next.batch(0)
    return { spec: this.spec, recipe: this.recipe, weights: await this.#readWeights(), pictures, labels }
  }

  #expectNumbers(): void {
    if (this.#failed)
      throw new TrainingError(
        'the weights are no longer numbers: begin again with a smaller learning rate or a warm-up',
      )
  }

  /** One step. The pictures of the next are prepared while the engine runs this one. */
  async #step(): Promise<StepProgress> {
    this.#signal?.throwIfAborted()
    this.#expectNumbers()
    await this.#takeTurns()
    const began = performance.now()
    const { step } = this.#progress
    const lr = this.#learningRate(step)
    this.#next.prepare(step)
    const labels = this.#next.labels.slice()
    this.#writeStep(step, lr)
    const running = this.#executable.run()
    try {
      if (step + 1 < this.#course.totalSteps) this.#next.prepare(step + 1)
    } finally {
      await running
    }
    const loss = (await this.#executable.read('loss'))[0]!
    if (!Number.isFinite(loss)) await this.#fail(step, lr, loss)
    const wrong = labels.length - (await this.#countCorrect(labels))
    if (step + 1 === this.#course.totalSteps) await this.#refineStatistics()
    this.#trained = { count: this.#trained.count + labels.length, wrong: this.#trained.wrong + wrong }
    this.#trainedMilliseconds += performance.now() - began
    return this.#finishStep(lr, loss, labels.length, wrong)
  }

  #learningRate(step: number): number {
    const scheduled = rateOf(this.recipe, this.#course, this.#progress.warmUp, step)
    const lr = this.#hooks.learningRate?.(step, scheduled) ?? scheduled
    if (!(Number.isFinite(lr) && lr >= 0))
      throw new ConfigError(`hooks.learningRate: expected a number of at least 0 for step ${step}, got ${lr}`)
    return lr
  }

  #writeStep(step: number, lr: number): void {
    const { accumulate } = this.recipe
    for (let batch = 0; batch < accumulate; batch++) {
      const { pictures, labels } = this.#next.batch(batch)
      this.#executable.write(batchName('pictures', batch, accumulate), pictures)
      this.#executable.write(batchName('labels', batch, accumulate), labels)
    }
    this.#executable.write('lr', Float32Array.of(lr))
    if (this.#inputs('scalar').some(({ name }) => name === 'step')) this.#executable.write('step', Int32Array.of(step))
  }

  /** How many pictures of the last step were answered rightly before its update. */
  async #countCorrect(labels: Int32Array): Promise<number> {
    const { batchSize, accumulate } = this.recipe
    const { classes } = this.spec.head
    let correct = 0
    for (let batch = 0; batch < accumulate; batch++) {
      const logits = await this.#executable.read(batchName('logits', batch, accumulate))
      correct += countCorrect(logits, labels.subarray(batch * batchSize), classes, batchSize)
    }
    return correct
  }

  /** Precise batch norm, over the batches that would come next. A part of the last step: done wholly or not at all. */
  async #refineStatistics(): Promise<void> {
    const { batchSize, accumulate, preciseBn } = this.recipe
    if (preciseBn === 0) return
    const { stepsPerEpoch, epochs } = this.#course
    const statistics = await preciseStatistics(this.engine, this.spec, {
      weights: await this.#readWeights(),
      batchSize,
      batches: preciseBn,
      pictures: (batch) => {
        this.#next.prepare(epochs * stepsPerEpoch + Math.floor(batch / accumulate))
        return this.#next.batch(batch % accumulate).pictures
      },
    })
    for (const [path, values] of statistics) this.#executable.write(path, values)
  }

  #finishStep(lr: number, loss: number, count: number, wrong: number): StepProgress {
    const { stepsPerEpoch, totalSteps, epochs } = this.#course
    const { running, history, warmUp } = this.#progress
    const step = this.#progress.step + 1
    const epoch = Math.ceil(step / stepsPerEpoch)
    const sums = { loss: running.loss + loss * count, wrong: running.wrong + wrong, count: running.count + count }
    const means = { loss: sums.loss / sums.count, top1Error: percent(sums.wrong, sums.count) }
    const top1Error = percent(wrong, count)
    const ends = step % stepsPerEpoch === 0 || step === totalSteps
    this.#progress = {
      ...this.#progress,
      step,
      running: ends ? { loss: 0, wrong: 0, count: 0 } : sums,
      history: ends ? [...history, { epoch, step, lr, train: means }] : history,
      ...(warmUp ? { warmUp: warmUpAfter(warmUp, this.recipe.warmupUntil, top1Error, step) } : {}),
    }
    const rate = this.imagesPerSecond
    return {
      step,
      totalSteps,
      epoch,
      epochs,
      loss,
      top1Error,
      epochLoss: means.loss,
      epochTop1Error: means.top1Error,
      lr,
      imagesPerSecond: rate,
      secondsLeft: ((totalSteps - step) * count) / rate,
    }
  }

  /** Ends the training at a loss that is no number; says where the numbers were lost. */
  async #fail(step: number, lr: number, loss: number): Promise<never> {
    this.#failed = true
    this.#next.prepare(step)
    const statistics = await readWeights(this.#executable, this.#inputs('buffer'))
    const logits = await this.#executable.read(batchName('logits', 0, this.recipe.accumulate))
    const where = whereLost({ pictures: this.#next.pictures, statistics, logits })
    throw new TrainingError(
      `step ${step + 1} (epoch ${Math.floor(step / this.#course.stepsPerEpoch) + 1}): the loss is ${loss}, at a ` +
        `learning rate of ${lr}; ${where}; this training cannot go on: begin again with a smaller learning rate or a warm-up`,
    )
  }

  /** Engines may answer without ever leaving the thread to others; then timers and signals would wait for the end. */
  async #takeTurns(): Promise<void> {
    if (performance.now() - this.#lastTurn < TURN) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#lastTurn = performance.now()
  }
}

/** What the test pictures were brought to before their centre is read, if they are larger than that. */
function resized({ height, width, window }: Pictures): PictureSize | undefined {
  return window && { height, width }
}
