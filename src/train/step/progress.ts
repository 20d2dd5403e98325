/** The progress of a training after a step, and the figures that are told of it. */

import { ratingOf } from '../../tasks/index.js'
import type { Recipe } from '../../tasks/recipe.js'
import type { Task } from '../../tasks/task.js'
import type { SumsOf, Told } from '../../tasks/types.js'
import type { TrainingProgress } from '../checkpoint/checkpoint.js'
import type { StepPlan } from '../schedule/step-plan.js'
import { freshWarmUp, warmUpAfter } from '../schedule/warm-up.js'

interface Place {
  /** Finished steps, and how many there will be. */
  readonly step: number
  readonly totalSteps: number
  /** The epoch that the step belongs to, from 1, and how many there will be. */
  readonly epoch: number
  readonly epochs: number
  /** Of the step's batch, before its update. */
  readonly loss: number
  /** Mean over the epoch so far. */
  readonly epochLoss: number
  readonly lr: number
  /** Since this trainer was made, evaluations not counted. */
  readonly imagesPerSecond: number
  /** The time of the remaining steps at that rate. */
  readonly secondsLeft: number
}

/**
 * Where a training stands after a step. Errors (in percent) or PSNR (in dB) are of augmented training pictures, before
 * the step's update.
 */
export type StepProgress<T extends string = 'classify'> = Place & Told<T>

/** Before the first step. */
export function freshProgress<T extends string>(task: Task<T>, { warmupUntil }: Recipe): TrainingProgress<T> {
  return {
    step: 0,
    running: task.nothing,
    best: null,
    history: [],
    ...(warmupUntil > 0 ? { warmUp: freshWarmUp } : {}),
  }
}

/** One more step: the progress with it, and what to tell, but for how fast it was. */
export function afterStep<T extends string>(
  task: Task<T>,
  progress: TrainingProgress<T>,
  step: SumsOf<T>,
  { lr, stepPlan, recipe }: { readonly lr: number; readonly stepPlan: StepPlan; readonly recipe: Recipe },
): {
  readonly progress: TrainingProgress<T>
  readonly told: Omit<Place, 'imagesPerSecond' | 'secondsLeft'> & Told<T>
} {
  const { stepsPerEpoch, totalSteps, epochs } = stepPlan
  const { history, warmUp } = progress
  const done = progress.step + 1
  const epoch = Math.ceil(done / stepsPerEpoch)
  const sums = task.add(progress.running, step)
  const [own, means] = [task.scoreOf(step), task.scoreOf(sums)]
  const ends = done % stepsPerEpoch === 0 || done === totalSteps
  const next: TrainingProgress<T> = {
    ...progress,
    step: done,
    running: ends ? task.nothing : sums,
    history: ends ? [...history, { epoch, step: done, lr, train: means }] : history,
    ...(warmUp ? { warmUp: warmUpAfter(warmUp, recipe.warmupUntil, ratingOf(task, own), done) } : {}),
  }
  return {
    progress: next,
    told: {
      step: done,
      totalSteps,
      epoch,
      epochs,
      loss: own.loss,
      epochLoss: means.loss,
      lr,
      ...task.told(own, means),
    },
  }
}
