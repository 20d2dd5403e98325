/** Training as people call it: a spec, data and a recipe in, a trained network and its figures out. */

import type { ChosenEngine } from '../../engine/engine.js'
import { expectNetwork, expectWeights } from '../../formats/expect-network.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import type { Recompute } from '../../plan/passes/recompute.js'
import { expectSpec } from '../../spec/expect-spec.js'
import type { AnyHead, NetworkSpec } from '../../spec/spec.js'
import type { ClassMatchOptions } from '../../tasks/classify/class-match.js'
import type { Evaluated } from '../../tasks/evaluated.js'
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
import type { DataOf, Evaluation, NetworkOf, Reported, Score, Tested } from '../../tasks/types.js'
import { type Checkpoint, type EpochRecord, expectCheckpoint } from '../../train/checkpoint/checkpoint.js'
import type { StepProgress } from '../../train/step/progress.js'
import { type PlanBytes, planBytes, Trainer, type TrainingHooks } from '../../train/trainer.js'
import { invariant } from '../../util/errors.js'
import { callback, expectFields, expectOptions, object, signal as signalKind } from '../../util/expect.js'
import type { EngineOptions } from '../engines/choice.js'
import { type ComputeOptions, engineOf, expectCompute, type OpenEngine } from '../engines/opening.js'
import { type Environment, type Evaluate, type PutToWork, putToWorkFunction } from '../network/working.js'

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
  /** Figures of the pictures to validate on, where there are any, after the last epoch. */
  readonly val?: Reported<T>
  /** Figures of the whole test set after the last epoch. */
  readonly test: Reported<T>
  /** Training pictures a second, evaluations not counted. */
  readonly imagesPerSecond: number
  /** The engine build that the bits belong to. */
  readonly engine: string
  /** A name for the final weights: equal for equal bits. */
  readonly weightHash: string
  readonly history: readonly EpochRecord<T>[]
  /** The trained network with all that is needed to train it further. */
  readonly checkpoint: Checkpoint<T>
}

/** The result of a finished training, with the network that it trained. */
export interface TrainedResult<T extends string = 'classify'> extends TrainingResult<T> {
  /** The trained network: a `Classifier` or an `Upscaler`. It opens an engine with the first question. */
  readonly network: NetworkOf<T>
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
  ): Promise<TrainedResult<TaskOfData<D>>>
  /** Trains a trainer to the end of its recipe, evaluating after each epoch. The trainer is not disposed of. */
  trainToEnd<T extends string = 'classify'>(
    trainer: Trainer<ChosenEngine, T>,
    listeners?: TrainListeners<T>,
  ): Promise<TrainedResult<T>>
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
   * Error, accuracy and loss, or PSNR and SSIM, of a network on the test part of a data set, with the network's own
   * normalisation.
   * Classes are matched by name: the order in the data does not matter. Where the weights hold no names only the number of
   * classes is compared, and a note says so.
   * @throws ConfigError when the data has other classes, and `allowOtherClasses` was not given
   */
  evaluate<D extends AnyData>(
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

const listenerFields = { onProgress: callback, onEpoch: callback }
const trainingFields = { signal: signalKind, hooks: object, onPlan: callback }

/** The functions of this file in one environment, and the one that makes networks of their results. */
export function trainingFunctions(environment: Environment): TrainingFunctions & { readonly putToWork: PutToWork } {
  const { openEngine } = environment
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
      return withNetwork(await finish(trainer, options), options)
    } finally {
      await trainer.dispose()
    }
  }

  const trainToEnd: TrainingFunctions['trainToEnd'] = async (trainer, listeners = {}) =>
    withNetwork(await finish(trainer, listeners), { tasks: { [trainer.task.name]: trainer.task } as Tasks })

  const withNetwork = <T extends string>(result: TrainingResult<T>, options: TrainingOptions<T>): TrainedResult<T> => {
    const { engine, threads, tasks } = options
    return { ...result, network: putToWork<T>(trainedOf(result.checkpoint), { engine, threads, tasks }) }
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

  const evaluate = async <T extends string>(
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

  const putToWork = putToWorkFunction(environment, evaluate as Evaluate)
  const functions = { createTrainer, resumeTrainer, train, trainToEnd, trainingMemory, evaluate, putToWork }
  return functions as TrainingFunctions & { readonly putToWork: PutToWork }
}

const trainedOf = ({ spec, preprocessing, weights }: TrainedNetwork): TrainedNetwork => ({
  spec,
  preprocessing,
  weights,
})

/** Trains to the end, evaluating after each epoch. The trainer is not disposed of. */
export async function finish<T extends string = 'classify'>(
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
  const reported = (tested: Tested<T>) => trainer.task.reported?.(tested) ?? tested
  return {
    epochs: last.epoch,
    train: last.train,
    ...(last.val ? { val: reported(last.val) } : {}),
    test: reported(last.test),
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
