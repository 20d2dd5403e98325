/** Trainings of the tiny network on the reference engine, whole and in two parts. */
import type { Dataset } from '../../src/data/dataset.js'
import { openReference } from '../../src/engine/reference/engine.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import { Trainer, type TrainerOptions } from '../../src/train/trainer.js'
import { tinyData, tinyRecipe, tinySpec } from './tiny.js'

export function open(recipe: RecipeOptions = {}, options: TrainerOptions = {}, data: Dataset = tinyData()) {
  return Trainer.open(openReference(), tinySpec, data, tinyRecipe(recipe), options)
}

/** Trains `count` steps, evaluating at the end of each epoch. */
export async function train(trainer: Trainer, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const steps = Math.min(left, trainer.stepsLeftInEpoch)
    const ends = steps === trainer.stepsLeftInEpoch
    for await (const _ of trainer.steps(steps));
    if (ends) await trainer.evaluate()
    left -= steps
  }
}

/** A checkpoint as it comes back from a file. */
export async function throughFile(trainer: Trainer): Promise<Checkpoint> {
  return decodeCheckpoint(encodeCheckpoint(await trainer.checkpoint()), 'a file')
}

/** The file at the end of a training that stopped after `stop` steps and went on with another trainer. */
export async function inTwoParts(recipe: RecipeOptions, stop: number, data: Dataset = tinyData()): Promise<Uint8Array> {
  const first = await open(recipe, {}, data)
  await train(first, stop)
  const checkpoint = await throughFile(first)
  await first.dispose()
  await using second = await open(recipe, { checkpoint }, data)
  await train(second, second.totalSteps - stop)
  return encodeCheckpoint(await second.checkpoint())
}

/** The file at the end of a training that never stopped. */
export async function inOne(recipe: RecipeOptions, data: Dataset = tinyData()): Promise<Uint8Array> {
  await using trainer = await open(recipe, {}, data)
  await train(trainer, trainer.totalSteps)
  return encodeCheckpoint(await trainer.checkpoint())
}
