/** Training as people call it: a spec, data and a recipe in, a trained network and its figures out. */

import { expectNetwork, expectWeights } from '../../formats/expect-network.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import type { Recompute } from '../../plan/passes/recompute.js'
import { expectSpec } from '../../spec/expect-spec.js'
import type { AnyHead, NetworkSpec } from '../../spec/spec.js'
import type { ClassMatchOptions } from '../../tasks/classify/class-match.js'
import {
  type AnyData,
  type DataFor,
  headsOf,
  type TaskOfData,
  type Tasks,
  taskFor,
  taskOfNetwork,
} from '../../tasks/index.js'
import { completed, type RecipeOptions } from '../../tasks/recipe.js'
import type { Task } from '../../tasks/task.js'
import type { DataOf, Evaluation, Score, Tested } from '../../tasks/types.js'
import { type Checkpoint, type EpochRecord, expectCheckpoint } from '../../train/checkpoint/checkpoint.js'
import type { StepProgress } from '../../train/step/progress.js'
import { type PlanBytes, planBytes, Trainer, type TrainingHooks } from '../../train/trainer.js'
import { invariant } from '../../util/errors.js'
import {
  callback,
  expectFields,
  expectKind,
  expectOptions,
  type Fields,
  object,
  optional,
  signal as signalKind,
} from '../../util/expect.js'
import type { ChosenEngine, EngineOptions, OpenOptions } from '../engines/choice.js'

/** Opens an engine: see `OpenOptions`. */
export type OpenEngine = (options?: OpenOptions) => Promise<ChosenEngine>

/** Which engine is to compute, and how to stop it. */
export interface ComputeOptions extends EngineOptions {
  /** Ends the work soon after it is aborted; what was awaited is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Of a training beside its recipe: nothing that its results depend on, but for the hooks. */
export interface TrainingOptions<T extends string = 'classify'> extends ComputeOptions {
  /** One's own code in each step. */
  readonly hooks?: TrainingHooks<T> | undefined
  /**
   * `createTrainer` and `train` begin with these parameters and running statistics, by path, for example those of another
   * network; what is left out is fresh.
   */
  readonly weights?: TrainedNetwork['weights'] | undefined
  /**
   * Less memory for more time: `elementwise` makes again what is cheap to make, `blocks` runs residual blocks a second
   * time, convolutions included. Default `none`. Results have the same bits.
   */
  readonly recompute?: Recompute | undefined
  /** The tasks that there are, such as `{ ...tasks, mine }`; default: those of this package. */
  readonly tasks?: Tasks | undefined
  /** Called with what the plans take up, before anything is allocated for them. */
  readonly onPlan?: ((bytes: PlanBytes) => void) | undefined
}

/** Who hears of a training. */
export interface TrainListeners<T extends string = 'classify'> {
  /**
   * The newest progress, as often as there is time for it. Training goes on while this is busy; if it throws, training
   * ends.
   */
  readonly onProgress?: (progress: StepProgress<T>) => void | Promise<void>
  /** After each epoch and its evaluation; training waits for it. */
  readonly onEpoch?: (record: EpochRecord<T>, trainer: Trainer<ChosenEngine, T>) => void | Promise<void>
}

/** The result of a finished training. */
export interface TrainingResult<T extends string = 'classify'> {
  readonly epochs: number
  /** Of the last epoch, on augmented training pictures: errors in percent, or PSNR in dB. */
  readonly train: Score<T>
  /** Of the pictures to validate on, where there are any, after the last epoch. */
  readonly val?: Tested<T>
  /** Of the whole test set, after the last epoch. */
  readonly test: Tested<T>
  /** Training pictures a second, evaluations not counted. */
  readonly imagesPerSecond: number
  /** The engine build that the bits belong to. */
  readonly engine: string
  /** A name for the final weights: equal for equal bits. */
  readonly weightHash: string
  readonly history: readonly EpochRecord<T>[]
  /** The trained network with all that belongs to it. */
  readonly checkpoint: Checkpoint<T>
}

export interface TrainingFunctions {
  /**
   * A trainer that stands before its first step. Dispose of it when done. The head of the network tells which data it
   * learns from: a classifier from a `Dataset`, a net that gives pictures from `UpscalingData`.
   * @throws ConfigError when spec, data and recipe do not fit together; EngineError when no engine can run them.
   */
  createTrainer<H extends AnyHead, D extends DataFor<H>>(
    spec: NetworkSpec<H>,
    data: D,
    recipe?: RecipeOptions,
    options?: TrainingOptions<TaskOfData<D>>,
  ): Promise<Trainer<ChosenEngine, TaskOfData<D>>>
  /** A trainer that stands where the checkpoint was made; it ends in the same bits as a run that never stopped. */
  resumeTrainer<T extends string>(
    checkpoint: Checkpoint<T>,
    data: DataOf<T>,
    options?: TrainingOptions<T>,
  ): Promise<Trainer<ChosenEngine, T>>
  /** Trains to the end of the recipe, evaluating after each epoch. */
  train<H extends AnyHead, D extends DataFor<H>>(
    spec: NetworkSpec<H>,
    data: D,
    recipe?: RecipeOptions,
    options?: TrainingOptions<TaskOfData<D>> & TrainListeners<TaskOfData<D>>,
  ): Promise<TrainingResult<TaskOfData<D>>>
  /**
   * Tells the memory of the plans of a training, with up to 100 pictures an evaluation. Nothing is allocated for them.
   * @throws ConfigError when spec and recipe make no sense; EngineError when no engine can run them.
   */
  trainingMemory(
    spec: NetworkSpec,
    recipe?: RecipeOptions,
    options?: EngineOptions & Pick<TrainingOptions, 'recompute' | 'tasks'>,
  ): Promise<PlanBytes & { readonly engine: string }>
  /**
   * Error and loss, or PSNR and SSIM, of a network on the test part of a data set, with the network's own normalisation.
   * Classes are matched by name: the order in the data does not matter. Where the weights hold no names only the number of
   * classes is compared, and a note says so.
   * @throws ConfigError when the data has other classes, and `allowOtherClasses` was not given
   */
  evaluateCheckpoint<D extends AnyData>(
    network: TrainedNetwork,
    data: D,
    options?: EvaluateOptions,
  ): Promise<Evaluation<TaskOfData<D>> & Evaluated>
}

/** How a trained network is measured. */
export interface EvaluateOptions extends ComputeOptions, ClassMatchOptions {
  /** The tasks that there are; default: those of this package. */
  readonly tasks?: Tasks | undefined
}

/** Facts about an evaluation beside its figures. */
export interface Evaluated {
  /** The engine build that computed it. */
  readonly engine: string
  /** How classes were matched, where that is not plain; show them beside the figures. */
  readonly notes: readonly string[]
}

const listenerFields = { onProgress: callback, onEpoch: callback }
const trainingFields = { signal: signalKind, hooks: object, onPlan: callback }

/** @throws ConfigError unless these are options of something that computes */
export function expectCompute(options: unknown, who: string, fields: Fields = {}): void {
  expectOptions(options, who, { ...fields, signal: signalKind })
}

/** The functions of this file on the engines of one environment. */
export function trainingFunctions(openEngine: OpenEngine): TrainingFunctions {
  const createTrainer = async <T extends string>(
    spec: NetworkSpec,
    data: DataOf<T>,
    recipe: RecipeOptions = {},
    options: TrainingOptions<T> = {},
  ) => {
    expectOptions(options, 'options', trainingFields)
    expectSpec(spec, 'spec', headsOf(options.tasks))
    return openTrainer<T>(openEngine, spec, data, recipe, options)
  }

  const resumeTrainer = async <T extends string>(
    checkpoint: Checkpoint<T>,
    data: DataOf<T>,
    options: TrainingOptions<T> = {},
  ) => {
    expectOptions(options, 'options', trainingFields)
    expectCheckpoint(checkpoint, 'checkpoint', options.tasks)
    return openTrainer<T>(openEngine, checkpoint.spec, data, checkpoint.recipe, options, checkpoint)
  }

  const train = async <T extends string>(
    spec: NetworkSpec,
    data: DataOf<T>,
    recipe: RecipeOptions = {},
    options: TrainingOptions<T> & TrainListeners<T> = {},
  ) => {
    expectOptions(options, 'options', listenerFields)
    const trainer = await createTrainer<T>(spec, data, recipe, options)
    try {
      return await trainToEnd(trainer, options)
    } finally {
      await trainer.dispose()
    }
  }

  const trainingMemory: TrainingFunctions['trainingMemory'] = async (spec, recipe = {}, options = {}) => {
    expectOptions(options, 'options')
    expectSpec(spec, 'spec', headsOf(options.tasks))
    const complete = completed(recipe, taskOfNetwork(spec, options.tasks).recipe)
    const { engine, release } = await engineOf(openEngine, options)
    try {
      return { ...planBytes(Trainer.plans(engine, spec, complete, options)), engine: engine.build }
    } finally {
      await release()
    }
  }

  const evaluateCheckpoint = async <T extends string>(
    network: TrainedNetwork,
    data: DataOf<T>,
    options: EvaluateOptions = {},
  ) => {
    expectCompute(options, 'options')
    expectNetwork(network, 'network', headsOf(options.tasks))
    const { spec, weights, preprocessing } = network
    const task: Task<T> = taskFor<T>(spec, data, options.tasks)
    task.expectData(data, 'data')
    const { test, notes } = task.testFor(preprocessing, spec, data, options)
    const { engine, release } = await engineOf(openEngine, options)
    try {
      const measurer = await task.measurer(engine, spec, task.measuringPlan(engine, spec, task.count(test)))
      try {
        measurer.setWeights(weights)
        const evaluation = await measurer.evaluate(test, preprocessing, options.signal)
        return { ...evaluation, engine: engine.build, notes }
      } finally {
        await measurer.dispose()
      }
    } finally {
      await release()
    }
  }

  return { createTrainer, resumeTrainer, train, trainingMemory, evaluateCheckpoint } as TrainingFunctions
}

/** Trains to the end, evaluating after each epoch. The trainer is not disposed of. */
export async function trainToEnd<T extends string = 'classify'>(
  trainer: Trainer<ChosenEngine, T>,
  listeners: TrainListeners<T> = {},
): Promise<TrainingResult<T>> {
  const fields = { steps: callback, evaluate: callback, progress: object }
  expectFields(trainer, 'trainToEnd: trainer', 'a trainer, such as createTrainer() gives', fields)
  expectOptions(listeners, 'trainToEnd: listeners', listenerFields)
  const finishEpoch = async () => {
    await trainer.evaluate()
    await listeners.onEpoch?.(trainer.progress.history.at(-1)!, trainer)
  }
  const last = trainer.progress.history.at(-1)
  const stoppedBeforeEvaluation = last?.step === trainer.progress.step && !last.test
  if (stoppedBeforeEvaluation) await finishEpoch()
  while (trainer.stepsLeftInEpoch > 0) {
    for await (const progress of trainer.steps(trainer.stepsLeftInEpoch)) await listeners.onProgress?.(progress)
    await finishEpoch()
  }
  return resultOf(trainer)
}

async function resultOf<T extends string>(trainer: Trainer<ChosenEngine, T>): Promise<TrainingResult<T>> {
  const { history } = trainer.progress
  const last = history.at(-1)
  invariant(last?.test, 'a finished training has no history')
  return {
    epochs: last.epoch,
    train: last.train,
    ...(last.val ? { val: last.val } : {}),
    test: last.test,
    imagesPerSecond: trainer.imagesPerSecond,
    engine: trainer.engine.build,
    weightHash: await trainer.weightHash(),
    history,
    checkpoint: await trainer.checkpoint(),
  }
}

async function openTrainer<T extends string>(
  openEngine: OpenEngine,
  spec: NetworkSpec,
  data: DataOf<T>,
  recipe: RecipeOptions,
  options: TrainingOptions<T>,
  checkpoint?: Checkpoint<T>,
): Promise<Trainer<ChosenEngine, T>> {
  const task: Task<T> = taskFor<T>(spec, data, options.tasks)
  task.expectData(data, 'data')
  if (options.hooks) expectOptions(options.hooks, 'options.hooks', { onStep: callback, learningRate: callback })
  if (options.weights) expectWeights(options.weights, 'options.weights')
  const complete = completed(recipe, task.recipe)
  const { engine, release } = await engineOf(openEngine, options)
  try {
    return await Trainer.openFor<ChosenEngine, T>(engine, spec, data, complete, {
      checkpoint,
      weights: options.weights,
      signal: options.signal,
      hooks: options.hooks,
      onPlan: options.onPlan,
      recompute: options.recompute,
      tasks: options.tasks,
      release,
    })
  } catch (error) {
    await release()
    throw error
  }
}

/** The engine that options name, and what to do with it in the end: engines that came in open stay open. */
export async function engineOf(
  openEngine: OpenEngine,
  { engine, threads, onMemory, signal }: ComputeOptions,
): Promise<{ readonly engine: ChosenEngine; readonly release: () => Promise<void> }> {
  expectKind(signal, 'options.signal', optional(signalKind))
  if (typeof engine === 'object') {
    const fields = { compile: callback, missing: callback, dispose: callback, target: object }
    expectFields(engine, 'options.engine', 'the name of an engine, or one that openEngine() opened', fields)
    return { engine, release: async () => {} }
  }
  const opened = await openEngine({ engine, threads, onMemory, signal })
  return { engine: opened, release: () => opened.dispose() }
}
