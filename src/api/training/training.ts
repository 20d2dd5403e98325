/** The training functions of the library: from a spec, data and a recipe to a trained network and its figures. */

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
import type { DataOf, Evaluation, NetworkOf } from '../../tasks/types.js'
import { type Checkpoint, expectCheckpoint } from '../../train/checkpoint/checkpoint.js'
import { finishTraining, listenerFields, type TrainingResult, type TrainListeners } from '../../train/loop.js'
import { type PlanBytes, planBytes, Trainer, type TrainingHooks } from '../../train/trainer.js'
import { callback, expectOptions, object, signal as signalKind } from '../../util/expect.js'
import type { EngineOptions } from '../engines/choice.js'
import { type ComputeOptions, engineOf, expectCompute, type OpenEngine } from '../engines/opening.js'
import { type Environment, type Evaluate, type PutToWork, putToWorkFunction } from '../network/working.js'

/** Options of a training beside its recipe. Results do not depend on them, except on `hooks` and `weights`. */
export interface TrainingOptions<T extends string = 'classify'> extends ComputeOptions {
  /** Your own code in each step. */
  readonly hooks?: TrainingHooks<T> | undefined
  /**
   * Initial parameters and running statistics by path, for example of another network. Those that are left out are
   * fresh. Only `createTrainer` and `train` take it.
   */
  readonly weights?: TrainedNetwork['weights'] | undefined
  /**
   * Trades time for memory (gradient checkpointing). In the backward pass, `elementwise` computes cheap values again,
   * and `blocks` computes whole residual blocks again, with their convolutions. Default `none`. Results have the same
   * bits.
   */
  readonly recompute?: Recompute | undefined
  /** The table of tasks, such as `{ ...tasks, mine }`. Default: the tasks of this package. */
  readonly tasks?: Tasks | undefined
  /** Called with the memory of the plans before it is allocated. */
  readonly onPlan?: ((bytes: PlanBytes) => void) | undefined
}

/** The result of a finished training, with the network that it trained. */
export interface TrainedResult<T extends string = 'classify'> extends TrainingResult<T> {
  /** The trained network: a `Classifier` or an `Upscaler`. Its first computation opens an engine. */
  readonly network: NetworkOf<T>
}

export interface TrainingFunctions {
  /**
   * Creates a trainer, which stands before its first step. Dispose of it when done. The head of the network determines
   * the data: a classifier learns from a `Dataset`, an upscaling network from `UpscalingData`.
   * @throws ConfigError when spec, data and recipe do not fit together; EngineError when no engine can run them.
   */
  createTrainer<H extends AnyHead, D extends DataFor<H>>(
    spec: NetworkSpec<H>,
    data: D,
    recipe?: RecipeOptions,
    options?: TrainingOptions<TaskOfData<D>>,
  ): Promise<Trainer<ChosenEngine, TaskOfData<D>>>
  /** Creates a trainer that continues a checkpoint. It ends in the same bits as a run that never stopped. */
  resumeTrainer<T extends string>(
    checkpoint: Checkpoint<T>,
    data: DataOf<T>,
    options?: TrainingOptions<T>,
  ): Promise<Trainer<ChosenEngine, T>>
  /** Trains to the end of the recipe and evaluates after each epoch. */
  train<H extends AnyHead, D extends DataFor<H>>(
    spec: NetworkSpec<H>,
    data: D,
    recipe?: RecipeOptions,
    options?: TrainingOptions<TaskOfData<D>> & TrainListeners<TaskOfData<D>>,
  ): Promise<TrainedResult<TaskOfData<D>>>
  /** Runs a trainer to the end of its recipe and evaluates after each epoch. Does not dispose of the trainer. */
  trainToEnd<T extends string = 'classify'>(
    trainer: Trainer<ChosenEngine, T>,
    listeners?: TrainListeners<T>,
  ): Promise<TrainedResult<T>>
  /**
   * Computes the memory of the plans of a training, with up to 100 pictures per evaluation batch. Allocates nothing.
   * @throws ConfigError for an invalid spec or recipe; EngineError when no engine can run them
   */
  trainingMemory(
    spec: NetworkSpec,
    recipe?: RecipeOptions,
    options?: EngineOptions & Pick<TrainingOptions, 'recompute' | 'tasks'>,
  ): Promise<PlanBytes & { readonly engine: string }>
  /**
   * Evaluates a network on the test part of a data set, with the network's own normalisation. Returns error, accuracy
   * and loss, or PSNR and SSIM. Classes are matched by name, so their order in the data does not matter. If the weights
   * hold no names, only the number of classes is compared, and a note says so.
   * @throws ConfigError when the data has other classes, and `allowOtherClasses` was not given
   */
  evaluate<D extends AnyData>(
    network: TrainedNetwork,
    data: D,
    options?: EvaluateOptions,
  ): Promise<Evaluation<TaskOfData<D>> & Evaluated>
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends ComputeOptions, ClassMatchOptions {
  /** The table of tasks. Default: the tasks of this package. */
  readonly tasks?: Tasks | undefined
}

const trainingFields = { signal: signalKind, hooks: object, onPlan: callback }

/** The functions of this file in one environment, and the function that makes networks of their results. */
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
      return withNetwork(await finishTraining(trainer, options), options)
    } finally {
      await trainer.dispose()
    }
  }

  const trainToEnd: TrainingFunctions['trainToEnd'] = async (trainer, listeners = {}) =>
    withNetwork(await finishTraining(trainer, listeners), { tasks: { [trainer.task.name]: trainer.task } as Tasks })

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
