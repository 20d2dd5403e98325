/** The workbench of a study: data, engine, trainings that are shared and kept, and saved measurements. */

import type { TrainingFunctions } from '../api/training/training.js'
import type { Dataset } from '../data/dataset.js'
import type { ChosenEngine } from '../engine/engine.js'
import type { TrainedNetwork } from '../formats/trained-network.js'
import { classifierOf } from '../spec/heads/index.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import type { Checkpoint, EpochRecord } from '../train/checkpoint/checkpoint.js'
import type { StudySize } from './size.js'

/** A training that reached its end, or lost its numbers. */
export interface Trained {
  readonly spec: NetworkSpec
  readonly seed: number
  /** One entry per epoch. */
  readonly history: readonly EpochRecord[]
  /** Why it ended early, if its numbers were lost. */
  readonly lost?: string | undefined
  /** The final weights. For a lost training, the last that were saved. */
  checkpoint(): Promise<Checkpoint>
}

/** A training to make. */
export interface Training {
  readonly spec: NetworkSpec
  readonly recipe: RecipeOptions
  readonly seed: number
}

/** The trainings of nets with every seed. */
export function withSeeds(
  { seeds }: Pick<Workbench, 'seeds'>,
  nets: readonly Omit<Training, 'seed'>[],
): readonly Training[] {
  return nets.flatMap(({ spec, recipe }) => seeds.map((seed) => ({ spec, recipe, seed })))
}

/** The tools that a study gets. */
export interface Workbench {
  readonly scale: StudySize
  readonly seeds: readonly number[]
  /** Number of epochs instead of the recipe's, to save time. */
  readonly epochs?: number | undefined
  /** Depths instead of the study's own. */
  readonly depths?: readonly number[] | undefined
  /** The names of the variants to run, if a study compares variants. */
  readonly variants?: readonly string[] | undefined
  readonly engine: ChosenEngine
  readonly signal?: AbortSignal | undefined
  /** The pictures of a seed. The built-in set differs from seed to seed, others are always the same. */
  data(seed: number): Dataset
  /** Makes a trainer for the study's own use. Dispose of it. */
  readonly createTrainer: TrainingFunctions['createTrainer']
  /**
   * Trains, or returns the training of any study with the same spec, recipe and data.
   * @param start weights to start from, by path; default fresh ones
   */
  train(spec: NetworkSpec, recipe: RecipeOptions, seed: number, start?: TrainedNetwork['weights']): Promise<Trained>
  /** Runs a part of a measurement once. An interrupted study finds its result again by this name. */
  once<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** The value for the workbench's scale. */
export function at<T>({ scale }: Pick<Workbench, 'scale'>, values: Readonly<Record<StudySize, T>>): T {
  return values[scale]
}

/** Final errors in percent. A net that lost its numbers counts as guessing. */
export function finalErrors({ history, lost, spec }: Trained): { readonly train: number; readonly test: number } {
  const last = history.at(-1)
  const guess = 100 * (1 - 1 / classifierOf(spec).classes)
  if (lost !== undefined || !last?.test) return { train: guess, test: guess }
  return { train: last.train.top1Error, test: last.test.top1Error }
}

/** Does some work for each seed, in order. */
export async function eachSeed<T>(
  { seeds }: Pick<Workbench, 'seeds'>,
  work: (seed: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  for (const seed of seeds) results.push(await work(seed))
  return results
}
