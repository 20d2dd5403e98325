/** Applies a recipe to a training set: counts its steps and schedules its learning rate. */

import type { Recipe } from '../../tasks/recipe.js'
import { ConfigError } from '../../util/errors.js'
import type { Schedule } from './schedule.js'

/** A recipe applied to a number of training pictures. */
export interface StepPlan {
  /** Steps per epoch. A short last batch is left out. */
  readonly stepsPerEpoch: number
  readonly totalSteps: number
  /** Number of epochs begun. The last may be cut short if the recipe counts steps. */
  readonly epochs: number
  readonly schedule: Schedule
}

/** @throws ConfigError if a batch is larger than the training set, or warm-up or milestones outlast the training */
export function stepPlanOf(recipe: Recipe, pictures: number): StepPlan {
  const { batchSize, accumulate } = recipe
  const stepsPerEpoch = Math.floor(pictures / (batchSize * accumulate))
  if (stepsPerEpoch === 0 && batchSize <= pictures)
    throw new ConfigError(
      `recipe.accumulate: ${accumulate} batches of ${batchSize} are more than the training set of ${pictures} pictures; use fewer`,
    )
  if (stepsPerEpoch === 0)
    throw new ConfigError(
      `recipe.batchSize: a batch of ${batchSize} is larger than the training set of ${pictures} pictures, so there would be no step at all; use a smaller batch`,
    )
  const totalSteps = recipe.steps ?? recipe.epochs! * stepsPerEpoch
  const warmupSteps = Math.round(recipe.warmupEpochs * stepsPerEpoch)
  if (warmupSteps >= totalSteps)
    throw new ConfigError(
      `recipe.warmupEpochs: a warm-up of ${warmupSteps} steps never ends in a training of ${totalSteps} steps, so the rate would never reach ${recipe.lr}; make it shorter`,
    )
  const milestones = recipe.milestones.map((epoch) => Math.round(epoch * stepsPerEpoch))
  const late = milestones.findIndex((step) => step >= totalSteps)
  if (late >= 0)
    throw new ConfigError(
      `recipe.milestones: epoch ${recipe.milestones[late]} is step ${milestones[late]}, at or after the end of a training of ${totalSteps} steps, so the rate would not fall there; leave it out, or train for longer`,
    )
  const schedule = {
    kind: recipe.schedule,
    lr: recipe.lr,
    totalSteps,
    warmupSteps,
    milestones,
    gamma: recipe.gamma,
  }
  return { stepsPerEpoch, totalSteps, epochs: Math.ceil(totalSteps / stepsPerEpoch), schedule }
}
