/**
 * The interface of a training: steps, evaluations, checkpoints and probes, one after the other on one engine. A step's
 * result depends on the spec, the recipe, the data, the step number and the weights alone. So a training that resumes
 * from a checkpoint ends in the same bits as one that never stopped.
 */

import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import { firstNotFinite } from '../inference/finite.js'
import { LostNumbers } from '../inference/lost-numbers.js'
import type { Tensor } from '../inference/weights.js'
import { type Recompute, recomputeLevels } from '../plan/passes/recompute.js'
import type { Plan } from '../plan/plan.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { type Tasks, taskFor, taskOfNetwork } from '../tasks/index.js'
import type { Recipe } from '../tasks/recipe.js'
import type { Measurer, Task } from '../tasks/task.js'
import type { DataOf, Evaluation, PicturesOf, SumsOf } from '../tasks/types.js'
import { ConfigError, EngineError, TrainingError } from '../util/errors.js'
import { described, expectKind, listOf, text } from '../util/expect.js'
import { LatestValue } from '../util/latest-value.js'
import { expectSameNormalisation } from './advice/normalisation.js'
import type { Checkpoint, TrainingProgress } from './checkpoint/checkpoint.js'
import { expectSameData } from './checkpoint/data-identity.js'
import { weightHash } from './checkpoint/weight-hash.js'
import { withEvaluation } from './evaluations.js'
import { gradientNorms, type ProbeState, tapActivations } from './probe.js'
import { type StepPlan, stepPlanOf } from './schedule/step-plan.js'
import { rateOf } from './schedule/warm-up.js'
import { afterStep, freshProgress, type StepProgress } from './step/progress.js'
import { Stepper, type StepperParts } from './step/stepper.js'
import { whereLost } from './where-lost.js'

/** Your own functions in a training. They are not part of the recipe: give them again when a run resumes. */
export interface TrainingHooks<T extends string = 'classify'> {
  /** Called after each step. Training waits for it. An error that it throws ends the training. */
  readonly onStep?: ((progress: StepProgress<T>) => void | Promise<void>) | undefined
  /** Replaces the schedule of the recipe: returns the learning rate of a step, from 0. */
  readonly learningRate?: ((step: number, scheduled: number) => number) | undefined
}

/** Memory of the plans of a training, in bytes. */
export interface PlanBytes {
  /** Bytes of the plan of a step. */
  readonly step: number
  /** Bytes of the plan of evaluations, which is held at the same time. */
  readonly evaluation: number
}

interface Plans {
  readonly step: Plan
  readonly evaluation: Plan
}

export function planBytes({ step, evaluation }: Plans): PlanBytes {
  return { step: step.bytes, evaluation: evaluation.bytes }
}

export interface TrainerOptions<T extends string = 'classify'> {
  /** Resumes from this checkpoint. Spec and recipe must be the checkpoint's own. */
  readonly checkpoint?: Checkpoint<T> | undefined
  /** Starts with these parameters and running statistics, by path. The others are fresh. */
  readonly weights?: ReadonlyMap<string, Tensor> | undefined
  readonly hooks?: TrainingHooks<T> | undefined
  /** Ends `steps` and `evaluate` between two runs of the engine, with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * The values that the backward pass recomputes instead of keeping them. Default `none`. Results do not depend on it.
   */
  readonly recompute?: Recompute | undefined
  /** Called when the plans are made, before memory is allocated for them. */
  readonly onPlan?: ((bytes: PlanBytes) => void) | undefined
  /** The known tasks; default: those of this package. */
  readonly tasks?: Tasks | undefined
  /** Called once at the end of `dispose`, for example to close the engine. */
  readonly release?: (() => Promise<void>) | undefined
}

/** A checkpoint, and whether its network still gives numbers. */
export interface TriedCheckpoint<T extends string = 'classify'> {
  readonly checkpoint: Checkpoint<T>
  /** The first place that gave no finite number at inference, in words; left out if all are finite. */
  readonly lost?: string
}

interface PlansOptions extends Pick<TrainerOptions, 'recompute' | 'tasks'> {
  /** Number of test pictures. Default: as many as an evaluation ever runs together. */
  readonly testPictures?: number
}

/** Milliseconds after which a training yields the thread to other work, such as signals and timers. */
const TURN = 50

const END = 'this training cannot go on'
const REMEDY = 'begin again with a smaller learning rate or a warm-up'

/**
 * A running training, made by `createTrainer` and trained by `steps`. Dispose of it when done. Its task T decides the
 * figures that it reports.
 */
export class Trainer<E extends Engine = Engine, T extends string = 'classify'> implements AsyncDisposable {
  readonly spec: NetworkSpec
  readonly recipe: Recipe
  readonly engine: E
  /** The task of its network. */
  readonly task: Task<T>
  readonly #data: DataOf<T>
  readonly #signal: AbortSignal | undefined
  readonly #hooks: TrainingHooks<T>
  readonly #stepPlan: StepPlan
  readonly #stepper: Stepper<T>
  readonly #evaluator: Measurer<T>
  readonly #release: () => Promise<void>

  #progress: TrainingProgress<T>
  #failed = false
  #disposed: Promise<void> | undefined
  #trained: SumsOf<T>
  #pictures = 0
  #trainedMilliseconds = 0
  #lastTurn = 0
  /** Queue of all work that uses the engine. */
  #queue: Promise<unknown> = Promise.resolve()

  /**
   * Compiles the plans for training and evaluation and writes the initial weights.
   * @throws ConfigError if data, spec and recipe do not fit together, EngineError if the engine cannot run them
   */
  static open<E extends Engine>(
    engine: E,
    spec: NetworkSpec,
    data: Dataset,
    recipe: Recipe,
    options?: TrainerOptions,
  ): Promise<Trainer<E>> {
    return Trainer.openFor<E, 'classify'>(engine, spec, data, recipe, options)
  }

  /** The same for a network of any task. */
  static async openFor<E extends Engine, T extends string>(
    engine: E,
    spec: NetworkSpec,
    data: DataOf<T>,
    recipe: Recipe,
    options: TrainerOptions<T> = {},
  ): Promise<Trainer<E, T>> {
    const task = taskFor<T>(spec, data, options.tasks)
    task.expectFit(spec, data)
    if (options.checkpoint) {
      expectSameData(options.checkpoint.data, task.identity(data))
      const { normalisation } = task.preprocessing(spec, data)
      expectSameNormalisation(options.checkpoint, { name: data.name, normalisation })
      task.expectSameAnswers(options.checkpoint.preprocessing, spec, data)
    }
    const { recompute = 'none' } = options
    const epochSize = task.epochSize(spec, data, recipe)
    const parts = { task, engine, spec, data, recipe, recompute, stepPlan: stepPlanOf(recipe, epochSize) }
    const plans = Trainer.plans(engine, spec, recipe, {
      recompute,
      testPictures: task.count(task.testPictures(data)),
      tasks: options.tasks,
    })
    options.onPlan?.(planBytes(plans))
    const stepper = await Stepper.open(parts, plans.step)
    let evaluator: Measurer<T> | undefined
    try {
      evaluator = await task.measurer(engine, spec, plans.evaluation)
      stepper.start(options.checkpoint, options.weights)
      return new Trainer(parts, options, stepper, evaluator)
    } catch (error) {
      await evaluator?.dispose()
      await stepper.dispose()
      throw error
    }
  }

  /**
   * Plans a training without allocating memory for it.
   * @throws ConfigError for invalid options
   */
  static plans(
    engine: Engine,
    spec: NetworkSpec,
    recipe: Recipe,
    { testPictures = Number.POSITIVE_INFINITY, recompute = 'none', tasks }: PlansOptions = {},
  ): Plans {
    if (!recomputeLevels.includes(recompute))
      throw new ConfigError(`recompute: expected one of ${recomputeLevels.join(', ')}; got ${described(recompute)}`)
    const task = taskOfNetwork(spec, tasks)
    return {
      step: Stepper.plan(engine, spec, recipe, recompute, task.heads),
      evaluation: task.measuringPlan(engine, spec, testPictures),
    }
  }

  private constructor(
    { task, engine, spec, data, recipe, stepPlan }: StepperParts<T> & { readonly engine: E },
    options: TrainerOptions<T>,
    stepper: Stepper<T>,
    evaluator: Measurer<T>,
  ) {
    this.task = task
    this.#trained = task.nothing
    this.spec = spec
    this.recipe = recipe
    this.#data = data
    this.engine = engine
    this.#signal = options.signal
    this.#hooks = options.hooks ?? {}
    this.#release = options.release ?? (async () => {})
    this.#stepPlan = stepPlan
    this.#stepper = stepper
    this.#evaluator = evaluator
    this.#progress = options.checkpoint?.progress ?? freshProgress(task, recipe)
  }

  /** Finished steps, the best epoch and the history of all epochs. */
  get progress(): TrainingProgress<T> {
    return this.#progress
  }

  /** Number of steps of the whole training. */
  get totalSteps(): number {
    return this.#stepPlan.totalSteps
  }

  /** Number of epochs begun by the end. The last one may be cut short. */
  get epochs(): number {
    return this.#stepPlan.epochs
  }

  /** Steps from here to the end of this epoch, or of the training. 0 at its end. */
  get stepsLeftInEpoch(): number {
    const { stepsPerEpoch, totalSteps } = this.#stepPlan
    const { step } = this.#progress
    return Math.min(stepsPerEpoch - (step % stepsPerEpoch), totalSteps - step)
  }

  /**
   * Sums over the pictures trained on since this trainer was made, before each update: loss, and wrong answers or
   * squared errors.
   */
  get trained(): SumsOf<T> {
    return this.#trained
  }

  /** Training pictures per second since this trainer was made, without evaluations; 0 before the first step. */
  get imagesPerSecond(): number {
    return this.#trainedMilliseconds > 0 ? (1000 * this.#pictures) / this.#trainedMilliseconds : 0
  }

  /**
   * Trains up to `count` steps, by default to the end, and yields the newest progress whenever it is asked. Training
   * never waits for the reader, and it stops soon after the reader leaves the loop.
   * @throws TrainingError when the loss is no longer a number
   */
  async *steps(count = Number.POSITIVE_INFINITY): AsyncGenerator<StepProgress<T>, void, void> {
    if (typeof count !== 'number' || !(count >= 0))
      throw new ConfigError(`steps: expected how many steps to train, from 0, got ${described(count)}`)
    const until = Math.min(this.#progress.step + count, this.#stepPlan.totalSteps)
    const latest = new LatestValue<StepProgress<T>>()
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
   * Evaluates the test set or other pictures: error and loss, or PSNR and SSIM. At the end of an epoch, the evaluation
   * of the test set enters the history, together with one of the validation pictures, if there are any.
   * @throws TrainingError if the network gives no numbers for them; this training has ended
   */
  async evaluate(pictures?: PicturesOf<T>): Promise<Evaluation<T>> {
    if (pictures !== undefined) this.task.expectPictures(pictures, 'evaluate: pictures')
    return this.#exclusively(async () => {
      this.#expectNumbers()
      this.#evaluator.setWeights(await this.#readFiniteWeights())
      const preprocessing = this.task.preprocessing(this.spec, this.#data)
      const over = (others: PicturesOf<T>) =>
        this.#evaluator.evaluate(others, preprocessing, this.#signal).catch((error: unknown) => this.#failAt(error))
      if (pictures) return over(pictures)
      const test = await over(this.task.testPictures(this.#data))
      const { history, step } = this.#progress
      const val = this.task.valPictures(this.#data)
      if (history.at(-1)?.step === step)
        this.#progress = withEvaluation(
          this.task,
          this.#progress,
          test,
          val === undefined ? undefined : await over(val),
        )
      return test
    })
  }

  /**
   * Returns the outputs of layers, blocks or stages for the batch of the next step, by path, with norms in training
   * mode. Compiles a plan each time.
   * @throws ConfigError for an unknown path; the message names similar ones
   */
  async activations<P extends LayerPath>(paths: readonly P[]): Promise<{ readonly [path in P]: Tensor }> {
    expectKind(paths, 'activations: paths', listOf(text, 'a list of paths, such as stage2.block1.add'))
    const found = await this.#exclusively(async () => tapActivations(this.engine, await this.#probeState(), paths))
    return Object.fromEntries(found) as { [path in P]: Tensor }
  }

  /**
   * Returns the norm of the gradient of the next step's loss by path of the parameter (Euclidean, without weight
   * decay). Compiles a plan each time.
   */
  gradientNorms(): Promise<ReadonlyMap<string, number>> {
    return this.#exclusively(async () => gradientNorms(this.engine, await this.#probeState()))
  }

  /** Parameters and running statistics by path. */
  weights(): Promise<ReadonlyMap<string, Tensor>> {
    return this.#exclusively(() => this.#stepper.weights())
  }

  /** Returns 16 hexadecimal digits: see `weightHash`. */
  async weightHash(): Promise<string> {
    return weightHash(await this.weights())
  }

  /**
   * Returns all that is needed to resume from here.
   * @throws TrainingError if the weights are no longer numbers, so that they never replace a good checkpoint
   */
  checkpoint(): Promise<Checkpoint<T>> {
    return this.#exclusively(() => this.#checkpoint())
  }

  /**
   * Also tries the network on some test pictures, and returns the first place that gives no numbers at inference, in
   * words. Inference uses running statistics, so it may fail while training still works: for good, or for a while in
   * the first steps.
   */
  triedCheckpoint(): Promise<TriedCheckpoint<T>> {
    return this.#exclusively(async () => {
      const checkpoint = await this.#checkpoint()
      this.#evaluator.setWeights(checkpoint.weights)
      try {
        await this.#evaluator.tryOut(this.task.testPictures(this.#data), checkpoint.preprocessing)
        return { checkpoint }
      } catch (error) {
        if (error instanceof LostNumbers) return { checkpoint, lost: error.where }
        if (error instanceof EngineError) return { checkpoint } // no memory to try it
        throw error
      }
    })
  }

  /** Frees the memory of the plans after the current step. The trainer cannot be used afterwards. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#exclusively(async () => {
      await this.#evaluator.dispose()
      await this.#stepper.dispose()
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

  async #checkpoint(): Promise<Checkpoint<T>> {
    this.#expectNumbers()
    return {
      spec: this.spec,
      recipe: this.recipe,
      preprocessing: this.task.preprocessing(this.spec, this.#data),
      data: this.task.identity(this.#data),
      progress: this.#progress,
      engine: this.engine.build,
      weights: await this.#readFiniteWeights(),
      optimizer: await this.#stepper.optimizer(),
    }
  }

  async #readFiniteWeights(): Promise<Map<string, Tensor>> {
    const weights = await this.#stepper.weights()
    const lost = firstNotFinite(weights)
    if (lost) {
      this.#failed = true
      throw new TrainingError(
        `step ${this.#progress.step}: its update made ${lost.name} ${lost.value}; ${END}: ${REMEDY}`,
      )
    }
    return weights
  }

  async #probeState(): Promise<ProbeState> {
    this.#signal?.throwIfAborted()
    return this.#stepper.probeState(Math.min(this.#progress.step, this.#stepPlan.totalSteps - 1))
  }

  #expectNumbers(): void {
    if (this.#failed) throw new TrainingError(`the numbers of this training were lost: ${REMEDY}`)
  }

  async #step(): Promise<StepProgress<T>> {
    this.#signal?.throwIfAborted()
    this.#expectNumbers()
    await this.#takeTurns()
    const began = performance.now()
    const { step } = this.#progress
    const { totalSteps } = this.#stepPlan
    const lr = this.#learningRate(step)
    const sums = await this.#stepper.run(step, lr)
    if (!Number.isFinite(sums.loss)) await this.#fail(step, lr, sums.loss)
    // The last step includes this: it is done wholly or not at all.
    if (step + 1 === totalSteps) await this.#stepper.refineStatistics()
    const pictures = this.recipe.batchSize * this.recipe.accumulate
    this.#pictures += pictures
    this.#trained = this.task.add(this.#trained, sums)
    this.#trainedMilliseconds += performance.now() - began
    const { progress, told } = afterStep(this.task, this.#progress, sums, {
      lr,
      stepPlan: this.#stepPlan,
      recipe: this.recipe,
    })
    this.#progress = progress
    const { imagesPerSecond } = this
    const secondsLeft = ((totalSteps - this.#progress.step) * pictures) / imagesPerSecond
    return { ...told, imagesPerSecond, secondsLeft } as StepProgress<T> // an intersection over T
  }

  #learningRate(step: number): number {
    const scheduled = rateOf(this.recipe, this.#stepPlan, this.#progress.warmUp, step)
    const lr = this.#hooks.learningRate?.(step, scheduled) ?? scheduled
    if (!(Number.isFinite(lr) && lr >= 0))
      throw new ConfigError(`hooks.learningRate: expected a number of at least 0 for step ${step}, got ${lr}`)
    return lr
  }

  /** Ends the training after a loss that is not a number, and says where the numbers were lost. */
  async #fail(step: number, lr: number, loss: number): Promise<never> {
    this.#failed = true
    const where = await whereLost(this.engine, await this.#stepper.lostState(step))
    throw new TrainingError(
      `step ${step + 1} (epoch ${Math.floor(step / this.#stepPlan.stepsPerEpoch) + 1}): the loss is ${loss}, at a ` +
        `learning rate of ${lr}; ${where}; ${END}: ${REMEDY}`,
    )
  }

  /** Ends the training after an evaluation that gave no numbers. */
  #failAt(error: unknown): never {
    if (!(error instanceof LostNumbers)) throw error
    this.#failed = true
    const { step } = this.#progress
    const { stepsPerEpoch } = this.#stepPlan
    throw new TrainingError(
      `${step === 0 ? 'before the first step' : `step ${step} (epoch ${Math.ceil(step / stepsPerEpoch)})`}: the loss of the evaluation is no ` +
        `number; ${error.where}; ${END}: ${REMEDY}`,
      { cause: error },
    )
  }

  /** An engine may answer without ever yielding the thread. Timers and signals would then wait for the end. */
  async #takeTurns(): Promise<void> {
    if (performance.now() - this.#lastTurn < TURN) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#lastTurn = performance.now()
  }
}
