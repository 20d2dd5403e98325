/**
 * The narrow waist between a training and its task: what a step reads, what it comes to, and what an evaluation says. A
 * trainer knows nothing else of what its network is for; each task has a folder, and `index.ts` is the table of them.
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

/** The batches that the steps of a training read, one after the other; all of them follow from (seed, epoch, index). */
export interface Feed {
  /** Holds what a step reads, counted from 0; asked again for the same step, it does nothing. */
  prepare(step: number): void
  /** One of the batches of that step, counted from 0: views, good until the next step is prepared. */
  batch(batch: number): BatchInputs
}

/** A network that is measured on pictures. */
export interface Measurer<T extends string> {
  /**
   * Sets parameters and running statistics, by path.
   * @throws DataError when they are not exactly those of the network
   */
  setWeights(weights: ReadonlyMap<string, Tensor>): void
  /** @throws LostNumbers when an answer is no number */
  evaluate(pictures: PicturesOf<T>, preprocessing: Preprocessing, signal?: AbortSignal): Promise<Evaluation<T>>
  /**
   * Runs once, on some of the pictures.
   * @throws LostNumbers when an answer is no number
   */
  tryOut(pictures: PicturesOf<T>, preprocessing: Preprocessing): Promise<void>
  /** Frees what the plan holds. */
  dispose(): Promise<void>
}

/** The pictures that a trained network is measured on. */
export interface TestFor<T extends string> {
  readonly test: PicturesOf<T>
  /** How its answers and those of the data were matched, where that is not plain. */
  readonly notes: readonly string[]
}

/** The result of one batch of a step. */
export interface StepAnswers {
  /** Mean over the batch. */
  readonly loss: number
  /** The outputs of the network, and what they should have been, by their names in the graph. */
  readonly outputs: Readonly<Record<string, Float32Array>>
  readonly truths: Readonly<Record<string, Float32Array | Int32Array>>
}

/** The data set that a run learns from: a run cannot go on with another one. */
export interface DataIdentity {
  readonly name: string
  readonly train: number
  /** Where there are pictures to validate on. */
  readonly val?: number
  readonly test: number
  /** Of a folder: which test pictures were held out of it by chance; null where it had a part to test on. */
  readonly heldOut?: HeldOutRecord | null
}

/** All that a training asks of its task. */
export interface Task<T extends string> {
  readonly name: T
  /** The kinds of heads of its networks, by kind. */
  readonly heads: Heads
  /** Rules of its recipes. */
  readonly recipe: RecipeRules
  /** The name of the figure that epochs are compared by. */
  readonly rating: string
  /** Its networks and data in words: "tells classes apart", "pictures of classes"; and what to do about other data. */
  readonly words: { readonly does: string; readonly data: string; readonly remedy: string }
  /** Whether data is for this task, as far as a glance can tell. */
  isData(data: unknown): boolean
  /** @throws ConfigError, DataError when this is no data for the task, or means nothing */
  expectData(data: unknown, who: string): asserts data is DataOf<T>
  /** @throws ConfigError when data and spec do not fit together */
  expectFit(spec: NetworkSpec, data: DataOf<T>): void
  /** @throws ConfigError, DataError when these are no pictures, or their labels mean nothing */
  expectPictures(pictures: unknown, who: string): asserts pictures is PicturesOf<T>
  /**
   * The pictures to test on with their truths as the network numbers them, and what is to be said of that.
   * @throws ConfigError when a trained network cannot be measured on data because its answers mean something else
   */
  testFor(own: Preprocessing, spec: NetworkSpec, data: DataOf<T>, options?: ClassMatchOptions): TestFor<T>
  /**
   * @param own what the training that goes on has learned from so far
   * @throws ConfigError when answers to this data would mean something else than they have until now
   */
  expectSameAnswers(own: Preprocessing, spec: NetworkSpec, data: DataOf<T>): void
  /** The pictures to test on. */
  testPictures(data: DataOf<T>): PicturesOf<T>
  /** The pictures to validate on, where there are any. */
  valPictures(data: DataOf<T>): PicturesOf<T> | undefined
  /** Names the data set that a run learns from. */
  identity(data: DataOf<T>): DataIdentity
  /** The preparation of pictures that travels with the weights. */
  preprocessing(spec: NetworkSpec, data: DataOf<T>): Preprocessing
  /** Pictures an epoch. */
  epochSize(spec: NetworkSpec, data: DataOf<T>, recipe: Recipe): number
  /** The batches of a training, from its first step on. */
  feed(spec: NetworkSpec, data: DataOf<T>, recipe: Recipe, stepsPerEpoch: number): Feed
  /** Sums up one batch. */
  sums(batch: StepAnswers, data: DataOf<T>): SumsOf<T>
  /** Adds the sums of two batches. */
  add(a: SumsOf<T>, b: SumsOf<T>): SumsOf<T>
  /** The sums of no batch. */
  readonly nothing: SumsOf<T>
  /** The figures of some sums. */
  scoreOf(sums: SumsOf<T>): Score<T>
  /**
   * The figures that listeners are told of a step.
   * @param epoch over the epoch so far
   */
  told(step: Score<T>, epoch: Score<T>): Told<T>
  /** The figures that the history keeps of an evaluation. */
  tested(evaluation: Evaluation<T>): Tested<T>
  /** The figures of an evaluation as the result of a training reports them; left out: as `tested` gives them. */
  reported?(tested: Tested<T>): Reported<T>
  /** The record of an epoch that is the best so far. */
  best(epoch: number, evaluation: Evaluation<T>): BestEpoch<T>
  /** Whether an epoch is better than the best so far; the earlier of two equals stays the best. */
  isBetter(evaluation: Evaluation<T>, best: BestEpoch<T>): boolean
  /** A trained network of this task at work; left out: a `Network`, which gives outputs and no words. */
  network?(trained: TrainedNetwork, host: Host): NetworkOf<T>
  /** How many pictures of one part there are. */
  count(pictures: PicturesOf<T>): number
  /**
   * The plan by which networks are measured.
   * @param pictures how many there will be, about
   */
  measuringPlan(engine: Engine, spec: NetworkSpec, pictures: number): Plan
  /** Measures networks by that plan. */
  measurer(engine: Engine, spec: NetworkSpec, plan: Plan): Promise<Measurer<T>>
}
