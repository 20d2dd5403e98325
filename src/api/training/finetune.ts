/**
 * Fine-tuning: a trained network learns other classes. It gets a new classifier. The frozen part computes its features
 * once. The rest is a network over these features, and is trained as any network is. The checkpoint joins both parts
 * again.
 */

import { type Dataset, inputSize } from '../../data/dataset.js'
import { expectDataset } from '../../data/expect-data.js'
import type { ChosenEngine } from '../../engine/engine.js'
import { expectClassifier } from '../../formats/expect-network.js'
import type { Tensor, TrainedNetwork } from '../../formats/trained-network.js'
import { expectNumbers } from '../../inference/lost-numbers.js'
import { type Freeze, type NetworkSplit, splitNetwork } from '../../model/freeze.js'
import { type Heads, headOf } from '../../model/heads/index.js'
import { classifierOf } from '../../spec/heads/index.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { expectSameClasses } from '../../tasks/classify/class-match.js'
import type { Classifier } from '../../tasks/classify/classifier.js'
import { classify } from '../../tasks/classify/index.js'
import { type Judgement, judge } from '../../tasks/classify/judgement.js'
import { headsOf, type Tasks } from '../../tasks/index.js'
import type { RecipeOptions } from '../../tasks/recipe.js'
import { type Checkpoint, type EpochRecord, expectCheckpoint } from '../../train/checkpoint/checkpoint.js'
import { expectSameData } from '../../train/checkpoint/data-identity.js'
import { weightHash } from '../../train/checkpoint/weight-hash.js'
import { finishTraining, type TrainListeners } from '../../train/loop.js'
import { Trainer, type TriedCheckpoint } from '../../train/trainer.js'
import { ConfigError } from '../../util/errors.js'
import { callback, expectOptions, finite, object, text } from '../../util/expect.js'
import type { AskMemory } from '../../util/machine/free-memory.js'
import { type ComputeOptions, engineOf } from '../engines/opening.js'
import { featureSize, featuresOf } from '../network/features.js'
import type { Environment, PutToWork } from '../network/working.js'
import { type FinetuneChoice, type FinetunePlan, finetunePlan } from './finetune-plan.js'

/**
 * Options of a fine-tuning: the frozen layers, the engine and listeners. It also takes all fields of a recipe, such as
 * `epochs` and `lr`. Their defaults depend on the frozen layers and on the number of pictures.
 */
export interface FinetuneOptions extends RecipeOptions, Omit<FinetuneChoice, 'recipe'>, ComputeOptions {
  /** The table of tasks, for example with layers of your own. Default: the tasks of this package. */
  readonly tasks?: Tasks | undefined
  /** Called before anything is computed. */
  readonly onPlan?: ((plan: FinetunePlan, engine: ChosenEngine) => void) | undefined
  /** Called with the progress of the frozen part, over all views. */
  readonly onFeatures?: ((done: number, total: number) => void) | undefined
}

/** The report of a finished fine-tuning. */
export interface FinetuneReport {
  readonly plan: FinetunePlan
  /** The answers of the network to the test pictures. */
  readonly test: Judgement
  readonly history: readonly EpochRecord[]
  /** The engine build that the bits belong to. */
  readonly build: string
  /** A name for the final weights of the whole network. */
  readonly weightHash: string
  /** The whole network, with its preprocessing and its new classes. */
  readonly checkpoint: Checkpoint
}

/** The fine-tuned network, ready to classify, with the report of its fine-tuning. */
export type Finetuned = Classifier & FinetuneReport

/** A running fine-tuning, made by `createFinetuning`. Dispose of it when done. */
export class Finetuning implements AsyncDisposable {
  readonly plan: FinetunePlan
  /** The trainer of the layers that are not frozen. Its paths are those of the part that learns. */
  readonly trainer: Trainer<ChosenEngine>
  readonly #network: TrainedNetwork
  readonly #data: Dataset
  readonly #split: NetworkSplit
  readonly #putToWork: PutToWork
  readonly #tasks: Tasks | undefined

  /**
   * @param network the network with its new classifier in the spec @param data the pictures @param split its split into a
   * frozen and a learning part
   */
  constructor(
    plan: FinetunePlan,
    trainer: Trainer<ChosenEngine>,
    network: TrainedNetwork,
    data: Dataset,
    split: NetworkSplit,
    putToWork: PutToWork,
    tasks?: Tasks,
  ) {
    this.#putToWork = putToWork
    this.#tasks = tasks
    this.plan = plan
    this.trainer = trainer
    this.#network = network
    this.#data = data
    this.#split = split
  }

  /** Training pictures per second, through the layers that are not frozen. */
  get imagesPerSecond(): number {
    return this.trainer.imagesPerSecond
  }

  /** The whole network in its current state, with everything that resuming needs. */
  async checkpoint(): Promise<Checkpoint> {
    return this.#whole(await this.trainer.checkpoint())
  }

  #whole(rest: Checkpoint): Checkpoint {
    const whole = ([path, values]: readonly [string, Tensor]) => [this.#split.toWhole(path), values] as const
    const frozen = [...this.#network.weights].filter(([path]) => this.#split.toRest(path) === undefined)
    const { spec } = this.#network
    const { freeze, views } = this.plan
    return {
      ...rest,
      spec,
      preprocessing: classify.preprocessing(spec, this.#data),
      weights: new Map([...frozen, ...[...rest.weights].map(whole)]),
      optimizer: new Map([...rest.optimizer].map(whole)),
      tuning: { freeze, views },
    }
  }

  /**
   * The checkpoint, and whether the network gives numbers at inference. If not, `where` names the first place with NaN
   * or an infinity.
   */
  async triedCheckpoint(): Promise<TriedCheckpoint> {
    const { checkpoint, ...tried } = await this.trainer.triedCheckpoint()
    return { checkpoint: this.#whole(checkpoint), ...tried }
  }

  /** The answers of the whole network, in its current state, to the test pictures. */
  async judge(signal?: AbortSignal): Promise<Judgement> {
    const heads = headsOf(this.#tasks)
    return judge(this.trainer.engine, await this.checkpoint(), this.#data.test, { signal, heads })
  }

  /**
   * Trains to the end and evaluates after each epoch.
   * @param options the engine that the network will compute on
   */
  async run(listeners: TrainListeners = {}, options: ComputeOptions = {}): Promise<Finetuned> {
    const { history, engine: build } = await finishTraining(this.trainer, listeners)
    const checkpoint = await this.checkpoint()
    const { engine, threads, signal } = options
    const report: FinetuneReport = {
      plan: this.plan,
      test: await this.judge(signal),
      history,
      build,
      weightHash: weightHash(checkpoint.weights),
      checkpoint,
    }
    return Object.assign(this.#putToWork<'classify'>(checkpoint, { engine, threads, tasks: this.#tasks }), report)
  }

  /** Frees the memory of the plans. */
  dispose(): Promise<void> {
    return this.trainer.dispose()
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }
}

/** Fine-tuning on the engines of one environment. */
export interface FinetuningFunctions {
  /**
   * Teaches a trained network the classes of other data. A fresh classifier replaces its own (weights normal with
   * deviation 0.01, biases 0). Pictures are normalised as the network's weights ask for; the normalisation of the data
   * is not used. The given network is not changed.
   * @throws ConfigError when network, data and options do not fit together
   */
  finetune(network: TrainedNetwork, data: Dataset, options?: FinetuneOptions & TrainListeners): Promise<Finetuned>
  /**
   * Prepares the same training step by step: the features are computed, and the trainer stands before its first step.
   */
  createFinetuning(network: TrainedNetwork, data: Dataset, options?: FinetuneOptions): Promise<Finetuning>
  /**
   * Continues a fine-tuning from its checkpoint. It ends in the same bits as one that never stopped. The features are
   * computed again.
   */
  resumeFinetuning(
    checkpoint: Checkpoint,
    data: Dataset,
    options?: ComputeOptions & Pick<FinetuneOptions, 'onPlan' | 'onFeatures' | 'featureMemory' | 'tasks'>,
  ): Promise<Finetuning>
}

const fields = { tasks: object, freeze: text, featureMemory: finite, onPlan: callback, onFeatures: callback }

/** The engines of an environment, and its free memory for features. */
export interface FinetuningPlace extends Pick<Environment, 'openEngine'> {
  readonly putToWork: PutToWork
  readonly memory?: AskMemory | undefined
}

export function createFinetuningFunction(place: FinetuningPlace): FinetuningFunctions['createFinetuning'] {
  return async (network, data, options = {}) => {
    expectOptions(options, 'options', fields)
    expectClassifier(network, 'network', headsOf(options.tasks))
    expectDataset(data, 'data')
    const fresh = withNewHead(network, data, headsOf(options.tasks))
    return open(place, fresh, withNormalisationOf(network, data), withRecipe(options))
  }
}

export function resumeFinetuningFunction(place: FinetuningPlace): FinetuningFunctions['resumeFinetuning'] {
  return async (checkpoint, data, options = {}) => {
    expectOptions(options, 'options', fields)
    expectCheckpoint(checkpoint, 'checkpoint', options.tasks)
    expectDataset(data, 'data')
    const { tuning, recipe, preprocessing } = checkpoint
    if (!tuning)
      throw new ConfigError(`${checkpoint.spec.name}: this checkpoint comes from no fine-tuning`, {
        remedy: {
          code: 'begin one with it, or go on with resumeTrainer()',
          shell: 'begin one with --weights, or go on by the command train --resume',
        },
      })
    expectSameClasses(preprocessing, data)
    expectSameData(checkpoint.data, classify.identity(data)) // before features are computed
    return open(place, checkpoint, withNormalisationOf(checkpoint, data), { ...options, ...tuning, recipe }, checkpoint)
  }
}

export function finetuneFunction(
  createFinetuning: FinetuningFunctions['createFinetuning'],
): FinetuningFunctions['finetune'] {
  return async (network, data, options = {}) => {
    expectOptions(options, 'options', { onProgress: callback, onEpoch: callback })
    const tuning = await createFinetuning(network, data, options)
    try {
      return await tuning.run(options, options)
    } finally {
      await tuning.dispose()
    }
  }
}

/** The options, with the fields of the recipe in `recipe`. */
type Choice = FinetuneChoice & ComputeOptions & Pick<FinetuneOptions, 'onPlan' | 'onFeatures' | 'tasks'>

function withRecipe(options: FinetuneOptions & TrainListeners): Choice {
  const { freeze, views, featureMemory, onPlan, onFeatures, ...others } = options
  const { engine, threads, onMemory, signal, tasks, onProgress, onEpoch, ...recipe } = others
  return { freeze, views, featureMemory, onPlan, onFeatures, engine, threads, onMemory, signal, tasks, recipe }
}

async function open(
  { openEngine, memory, putToWork }: FinetuningPlace,
  network: TrainedNetwork,
  data: Dataset,
  options: Choice,
  checkpoint?: Checkpoint,
): Promise<Finetuning> {
  const { spec } = network
  expectLearnable(spec, data)
  expectNumbers(network)
  const { tasks } = options
  const heads = headsOf(tasks)
  const splitAt = (freeze: Freeze) => splitNetwork(spec, freeze, heads)
  const featuresAt = (freeze: Freeze) => {
    const { at } = splitAt(freeze)
    return at && featureSize(network, at, heads)
  }
  const plan = finetunePlan(spec, data, options, featuresAt, memory)
  const { freeze, views, recipe } = plan
  const split = splitAt(freeze)
  const { engine, release } = await engineOf(openEngine, options)
  try {
    options.onPlan?.(plan, engine)
    const { signal, onFeatures } = options
    const { augmentation, seed } = recipe
    const rest = split.at
      ? await featuresOf(engine, network, data, {
          at: split.at,
          views,
          augmentation,
          seed,
          signal,
          onProgress: onFeatures,
          heads,
        })
      : data
    const restSpec = split.rest(inputSize(rest.train))
    const trainer = await Trainer.open(engine, restSpec, rest, recipe, {
      weights: inRest(split, network.weights),
      checkpoint: checkpoint && {
        ...checkpoint,
        spec: restSpec,
        preprocessing: classify.preprocessing(restSpec, rest),
        weights: inRest(split, checkpoint.weights),
        optimizer: inRest(split, checkpoint.optimizer),
      },
      signal,
      release,
      tasks,
    })
    return new Finetuning(plan, trainer, network, data, split, putToWork, tasks)
  } catch (error) {
    await release()
    throw error
  }
}

/** The weights of the part that learns, by its own paths. */
function inRest(split: NetworkSplit, weights: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    [...weights].flatMap(([path, values]) => {
      const own = split.toRest(path)
      return own === undefined ? [] : [[own, values] as const]
    }),
  )
}

/**
 * The network with a classifier for the classes of the data. The old classifier's weights are left out, so that they
 * start fresh.
 */
function withNewHead(
  { spec, preprocessing, weights }: TrainedNetwork,
  { classes }: Dataset,
  heads: Heads,
): TrainedNetwork {
  const last = headOf(spec.head, heads).lastLayers(spec.head)
  return {
    spec: { ...spec, head: { ...classifierOf(spec), classes: classes.length } },
    preprocessing: { ...preprocessing, classes, classesAssumed: undefined },
    weights: new Map([...weights].filter(([path]) => !last.some((layer) => path.startsWith(`${layer}.`)))),
  }
}

function withNormalisationOf({ preprocessing }: TrainedNetwork, data: Dataset): Dataset {
  return { ...data, normalisation: preprocessing.normalisation }
}

function expectLearnable(spec: NetworkSpec, { name, classes, train, test }: Dataset): void {
  if (classes.length < 2)
    throw new ConfigError(
      `${name}: has ${classes.length === 1 ? `one class only, ${classes[0]}` : 'no classes'}; expected at least two to tell apart`,
    )
  const counts = classes.map(() => 0)
  for (const label of train.labels) counts[label]! += 1
  const empty = counts.indexOf(0)
  if (empty >= 0)
    throw new ConfigError(`${name}: has no training picture of ${classes[empty]}; add some, or leave the class out`)
  if (test.count < 1)
    throw new ConfigError(`${name}: has no test pictures`, {
      remedy: { code: 'hold some out with holdOut()', shell: 'hold some out with --held-out' },
    })
  const [reads, given] = [spec.input, inputSize(train)]
  if (reads.channels !== given.channels || reads.height !== given.height || reads.width !== given.width)
    throw new ConfigError(
      `${name}: has pictures of ${given.channels}x${given.height}x${given.width}, ${spec.name} reads ` +
        `${reads.channels}x${reads.height}x${reads.width}; load the data in this size`,
    )
}
