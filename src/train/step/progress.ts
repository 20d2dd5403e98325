/** The progress of a training after a step, and the figures that it reports. */

import { ratingOf } from '../../tasks/index.js'
import type { Recipe } from '../../tasks/recipe.js'
import type { Task } from '../../tasks/task.js'
import type { SumsOf, Told } from '../../tasks/types.js'
import type { TrainingProgress } from '../checkpoint/checkpoint.js'
import type { StepPlan } from '../schedule/step-plan.js'
import { freshWarmUp, warmUpAfter } from '../schedule/warm-up.js'

interface Place {
  /** Finished steps, and steps of the whole training. */
  readonly step: number
  readonly totalSteps: number
  /** The epoch of the step, from 1, and the number of epochs. */
  readonly epoch: number
  readonly epochs: number
  /** Loss of the step's batch before its update. */
  readonly loss: number
  /** Mean loss over the epoch so far. */
  readonly epochLoss: number
  readonly lr: number
  /** Pictures per second since this trainer was made, without evaluations. */
  readonly imagesPerSecond: number
  /** Time for the remaining steps at that speed. */
  readonly secondsLeft: number
}

/**
 * Progress after a step. Error (in percent) or PSNR (in dB) is measured on augmented training pictures, before the
 * step's update.
 */
export type StepProgress<T extends string = 'classify'> = Place & Told<T>

/** Progress before the first step. */
export function freshProgress<T extends string>(task: Task<T>, { warmupUntil }: Recipe): TrainingProgress<T> {
  return {
    step: 0,
    running: task.nothing,
    best: null,
    history: [],
    ...(warmupUntil > 0 ? { warmUp: freshWarmUp } : {}),
  }
}

/** Adds one step to the progress. Also returns its report, without the speed. */
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
