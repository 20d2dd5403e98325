/**
 * The narrow waist between a training and its task: what a step reads, what it comes to, and what an evaluation says. A
 * trainer knows nothing else of what its network is for; `classifying` and `upscaling` are the two tasks.
 */
import type { Engine } from '../engine/engine.js'
import type { Preprocessing } from '../formats/trained-network.js'
import type { Plan } from '../plan/plan.js'
import type { Task } from '../spec/heads/index.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { DataIdentity } from './checkpoint.js'
import type { ClassMatchOptions } from './class-match.js'
import type { BestEpoch, DataOf, Evaluation, PicturesOf, Score, SumsOf, Tested, Told } from './figures.js'
import type { Recipe } from './recipe.js'
import type { NamedWeights } from './weights.js'

/** The data inputs of a batch by name: `pictures`, and `labels` or `targets`. */
export type BatchInputs = Readonly<Record<string, Float32Array | Int32Array>> & { readonly pictures: Float32Array }

/** What the steps of a training read, one after the other; all of it follows from (seed, epoch, index). */
export interface Feed {
  /** Holds what a step reads, counted from 0; asked again for the same step, it does nothing. */
  prepare(step: number): void
  /** One of the batches of that step, counted from 0: views, good until the next step is prepared. */
  batch(batch: number): BatchInputs
}

/** A network that is measured on pictures. */
export interface Measurer<T extends Task> {
  /**
   * Sets parameters and running statistics, by path.
   * @throws DataError when they are not exactly those of the network
   */
  setWeights(weights: ReadonlyMap<string, NamedWeights>): void
  /** @throws LostNumbers when an answer is no number */
  evaluate(pictures: PicturesOf<T>, preprocessing: Preprocessing, signal?: AbortSignal): Promise<Evaluation<T>>
  /**
   * Runs once, on some of the pictures.
   * @throws LostNumbers when an answer is no number
   */
  tryOut(pictures: PicturesOf<T>, preprocessing: Preprocessing): Promise<void>
  dispose(): Promise<void>
}

/** What a trained network is measured on. */
export interface TestFor<T extends Task> {
  readonly test: PicturesOf<T>
  /** How its answers and those of the data were matched, where that is not plain. */
  readonly notes: readonly string[]
}

/** All that a training asks of its task. */
export interface LearningTask<T extends Task> {
  readonly name: T
  /** @throws ConfigError when data and spec do not fit together */
  expectFit(spec: NetworkSpec, data: DataOf<T>): void
  /** @throws ConfigError, DataError when these are no pictures, or their labels mean nothing */
  expectPictures(pictures: unknown, who: string): asserts pictures is PicturesOf<T>
  /**
   * The pictures to test on with their truths as the network numbers them, and what is to be said of that.
   * @throws ConfigError when a trained network cannot be measured on data because its answers mean something else
   */
  testFor(own: Preprocessing, spec: NetworkSpec, data: DataOf<T>, options?: ClassMatchOptions): TestFor<T>
  identity(data: DataOf<T>): DataIdentity
  preprocessing(spec: NetworkSpec, data: DataOf<T>): Preprocessing
  /** Pictures an epoch. */
  epochSize(spec: NetworkSpec, data: DataOf<T>, recipe: Recipe): number
  feed(spec: NetworkSpec, data: DataOf<T>, recipe: Recipe, stepsPerEpoch: number): Feed
  /** The name of what a batch should have given; it is kept while the next step is prepared. */
  readonly truth: 'labels' | 'targets'
  /**
   * What one batch came to.
   * @param loss mean over the batch
   * @param output what the network gave
   */
  sums(loss: number, output: Float32Array, truth: Float32Array | Int32Array, data: DataOf<T>): SumsOf<T>
  add(a: SumsOf<T>, b: SumsOf<T>): SumsOf<T>
  readonly nothing: SumsOf<T>
  scoreOf(sums: SumsOf<T>): Score<T>
  /** @param epoch over the epoch so far */
  told(step: Score<T>, epoch: Score<T>): Told<T>
  tested(evaluation: Evaluation<T>): Tested<T>
  best(epoch: number, evaluation: Evaluation<T>): BestEpoch<T>
  /** Whether an epoch is better than the best so far; the earlier of two equals stays the best. */
  isBetter(evaluation: Evaluation<T>, best: BestEpoch<T>): boolean
  /** How many pictures of one part there are. */
  count(pictures: PicturesOf<T>): number
  /** @param pictures how many there will be, about */
  measuringPlan(engine: Engine, spec: NetworkSpec, pictures: number): Plan
  measurer(engine: Engine, spec: NetworkSpec, plan: Plan): Promise<Measurer<T>>
}
