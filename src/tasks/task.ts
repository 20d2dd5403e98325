/**
 * The interface between a training and its task: the batches of a step, the figures of a step, and the evaluation. A
 * trainer knows its task by this interface only. Each task has a folder, and `index.ts` is the table of tasks.
 */

import type { HeldOutRecord } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import type { Preprocessing, TrainedNetwork } from '../formats/trained-network.js'
import type { Host } from '../inference/host.js'
import type { Tensor } from '../inference/weights.js'
import type { Heads } from '../model/heads/index.js'
import type { Plan } from '../plan/plan.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { ClassMatchOptions } from './classify/class-match.js'
import type { Recipe, RecipeRules } from './recipe.js'
import type {
  BestEpoch,
  DataOf,
  Evaluation,
  NetworkOf,
  PicturesOf,
  Reported,
  Score,
  SumsOf,
  Tested,
  Told,
} from './types.js'

/** The data inputs of a batch by name: `pictures`, and `labels` or `targets`. */
export type BatchInputs = Readonly<Record<string, Float32Array | Int32Array>> & { readonly pictures: Float32Array }

/** The batches of the steps of a training. All of them follow from (seed, epoch, index). */
export interface Feed {
  /** Prepares the batches of a step, counted from 0. A second call for the same step does nothing. */
  prepare(step: number): void
  /** One batch of that step, counted from 0, as views that are valid until the next step is prepared. */
  batch(batch: number): BatchInputs
}

/** A network that is evaluated on pictures. */
export interface Measurer<T extends string> {
  /**
   * Sets parameters and running statistics, by path.
   * @throws DataError when they are not exactly those of the network
   */
  setWeights(weights: ReadonlyMap<string, Tensor>): void
  /** @throws LostNumbers when an output is NaN or infinite */
  evaluate(pictures: PicturesOf<T>, preprocessing: Preprocessing, signal?: AbortSignal): Promise<Evaluation<T>>
  /**
   * Runs once on some of the pictures.
   * @throws LostNumbers when an output is NaN or infinite
   */
  tryOut(pictures: PicturesOf<T>, preprocessing: Preprocessing): Promise<void>
  /** Frees the memory of the plan. */
  dispose(): Promise<void>
}

/** The pictures that a trained network is evaluated on. */
export interface TestFor<T extends string> {
  readonly test: PicturesOf<T>
  /** Notes about the match of the network's answers with those of the data. Empty if they are the same. */
  readonly notes: readonly string[]
}

/** The result of one batch of a step. */
export interface StepAnswers {
  /** The mean loss over the batch. */
  readonly loss: number
  /** The outputs of the network, or its head's figures in their place, by their names in the graph. */
  readonly outputs: Readonly<Record<string, Float32Array>>
  /** The values that the outputs should have had; empty for a head with figures. */
  readonly truths: Readonly<Record<string, Float32Array | Int32Array>>
}

/** The identity of the data set that a run learns from. A run cannot continue with another one. */
export interface DataIdentity {
  readonly name: string
  readonly train: number
  /** The validation pictures, if there are any. */
  readonly val?: number
  readonly test: number
  /** For a folder: the random choice of held-out test pictures; null if the folder has a test part. */
  readonly heldOut?: HeldOutRecord | null
}

/** Everything that a training needs from its task. */
export interface Task<T extends string> {
  readonly name: T
  /** The heads of its networks, by kind. */
  readonly heads: Heads
  /** The rules of its recipes. */
  readonly recipe: RecipeRules
  /** The name of the figure that epochs are compared by. */
  readonly rating: string
  /**
   * Texts for messages: its networks ("classifies"), its data ("pictures of classes"), and the remedy for
   * other data.
   */
  readonly words: { readonly does: string; readonly data: string; readonly remedy: string }
  /** Whether data is for this task, judged by its form alone. */
  isData(data: unknown): boolean
  /** @throws ConfigError, DataError when this is not valid data of the task */
  expectData(data: unknown, who: string): asserts data is DataOf<T>
  /** @throws ConfigError when data and spec do not fit together */
  expectFit(spec: NetworkSpec, data: DataOf<T>): void
  /** @throws ConfigError, DataError when these are not pictures, or their labels are invalid */
  expectPictures(pictures: unknown, who: string): asserts pictures is PicturesOf<T>
  /**
   * The test pictures with their labels in the numbering of the network, and notes about the match.
   * @throws ConfigError when a trained network cannot be evaluated on the data because its answers have another meaning
   */
  testFor(own: Preprocessing, spec: NetworkSpec, data: DataOf<T>, options?: ClassMatchOptions): TestFor<T>
  /**
   * @param own the preprocessing of the training that continues
   * @throws ConfigError when the answers for this data would have another meaning than before
   */
  expectSameAnswers(own: Preprocessing, spec: NetworkSpec, data: DataOf<T>): void
  /** The test pictures. */
  testPictures(data: DataOf<T>): PicturesOf<T>
  /** The validation pictures, if there are any. */
  valPictures(data: DataOf<T>): PicturesOf<T> | undefined
  /** The identity of the data set that a run learns from. */
  identity(data: DataOf<T>): DataIdentity
  /** The preprocessing of pictures, which is saved with the weights. */
  preprocessing(spec: NetworkSpec, data: DataOf<T>): Preprocessing
  /** The number of pictures per epoch. */
  epochSize(spec: NetworkSpec, data: DataOf<T>, recipe: Recipe): number
  /** The batches of a training, from its first step on. */
  feed(spec: NetworkSpec, data: DataOf<T>, recipe: Recipe, stepsPerEpoch: number): Feed
  /** The sums of one batch. */
  sums(batch: StepAnswers, data: DataOf<T>): SumsOf<T>
  /** Adds the sums of two batches. */
  add(a: SumsOf<T>, b: SumsOf<T>): SumsOf<T>
  /** The sums of zero batches. */
  readonly nothing: SumsOf<T>
  /** The figures that follow from the sums. */
  scoreOf(sums: SumsOf<T>): Score<T>
  /**
   * The figures of a step for listeners.
   * @param epoch the sums over the epoch so far
   */
  told(step: Score<T>, epoch: Score<T>): Told<T>
  /** The figures that the history keeps of an evaluation. */
  tested(evaluation: Evaluation<T>): Tested<T>
  /** The figures of an evaluation in the result of a training. Default: those of `tested`. */
  reported?(tested: Tested<T>): Reported<T>
  /** The record of an epoch that is the best so far. */
  best(epoch: number, evaluation: Evaluation<T>): BestEpoch<T>
  /** Whether an epoch is better than the best so far. The earlier of two equal epochs stays the best. */
  isBetter(evaluation: Evaluation<T>, best: BestEpoch<T>): boolean
  /** Makes the class of networks of this task. Default: a `Network`, which gives outputs only. */
  network?(trained: TrainedNetwork, host: Host): NetworkOf<T>
  /** The number of pictures in one part. */
  count(pictures: PicturesOf<T>): number
  /**
   * The plan that evaluates networks.
   * @param pictures about how many there will be
   */
  measuringPlan(engine: Engine, spec: NetworkSpec, pictures: number): Plan
  /** Evaluates networks with that plan. */
  measurer(engine: Engine, spec: NetworkSpec, plan: Plan): Promise<Measurer<T>>
}
