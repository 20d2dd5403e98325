/** The bench that a study works on: data, engine, trainings that are shared and kept, and a memory for what it has measured. */

import type { TrainingFunctions } from '../api/training/training.js'
import type { Dataset } from '../data/dataset.js'
import type { ChosenEngine } from '../engine/engine.js'
import type { TrainedNetwork } from '../formats/trained-network.js'
import { classifierOf } from '../spec/heads/index.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import type { Checkpoint, EpochRecord } from '../train/checkpoint/checkpoint.js'
import type { Scale } from './scale.js'

/** A training that came to its end, or to the end of its numbers. */
export interface Trained {
  readonly spec: NetworkSpec
  readonly seed: number
  /** An entry an epoch. */
  readonly history: readonly EpochRecord[]
  /** Why it ended early, where its numbers were lost. */
  readonly lost?: string | undefined
  /** The weights in the end. Those of a lost training are the last that were kept. */
  checkpoint(): Promise<Checkpoint>
}

/** A training as it is asked for. */
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

/** The bench that a study is handed. */
export interface Workbench {
  readonly scale: Scale
  readonly seeds: readonly number[]
  /** In place of the recipe's own length, where somebody has less time. */
  readonly epochs?: number | undefined
  /** In place of the study's own depths. */
  readonly depths?: readonly number[] | undefined
  /** Where a study sets variants side by side, only these of them, by name. */
  readonly variants?: readonly string[] | undefined
  readonly engine: ChosenEngine
  readonly signal?: AbortSignal | undefined
  /** The pictures of a seed: the built-in set differs from seed to seed, others are always the same. */
  data(seed: number): Dataset
  /** A trainer of one's own; dispose of it. */
  readonly createTrainer: TrainingFunctions['createTrainer']
  /**
   * Trains, or takes what was trained before by whichever study with the same spec, recipe and data.
   * @param start weights to begin with, by path; default fresh ones
   */
  train(spec: NetworkSpec, recipe: RecipeOptions, seed: number, start?: TrainedNetwork['weights']): Promise<Trained>
  /** Does a part of a measurement once: a study that was interrupted finds its result again by this name. */
  once<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** The value for the scale at hand. */
export function at<T>({ scale }: Pick<Workbench, 'scale'>, values: Readonly<Record<Scale, T>>): T {
  return values[scale]
}

/** Errors at the end in percent; a net that lost its numbers guesses. */
export function finalErrors({ history, lost, spec }: Trained): { readonly train: number; readonly test: number } {
  const last = history.at(-1)
  const guess = 100 * (1 - 1 / classifierOf(spec).classes)
  if (lost !== undefined || !last?.test) return { train: guess, test: guess }
  return { train: last.train.top1Error, test: last.test.top1Error }
}

/** Does one thing a seed, in order. */
export async function eachSeed<T>(
  { seeds }: Pick<Workbench, 'seeds'>,
  work: (seed: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  for (const seed of seeds) results.push(await work(seed))
  return results
}
