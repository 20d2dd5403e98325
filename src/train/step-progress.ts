/** What a step adds to the progress of a training, and what is told of it. */
import type { TrainingProgress } from './checkpoint.js'
import type { Course } from './course.js'
import { percent } from './metrics.js'
import type { Recipe } from './recipe.js'
import type { StepFigures } from './stepper.js'
import { freshWarmUp, warmUpAfter } from './warm-up.js'

/** Where a training stands after a step. Errors are in percent, of augmented training pictures. */
export interface StepProgress {
  /** Finished steps, and how many there will be. */
  readonly step: number
  readonly totalSteps: number
  /** The epoch that the step belongs to, from 1, and how many there will be. */
  readonly epoch: number
  readonly epochs: number
  /** Of the step's batch, before its update. */
  readonly loss: number
  readonly top1Error: number
  /** Means over the epoch so far. */
  readonly epochLoss: number
  readonly epochTop1Error: number
  readonly lr: number
  /** Since this trainer was made, evaluations not counted. */
  readonly imagesPerSecond: number
  /** What the remaining steps will take at that rate. */
  readonly secondsLeft: number
}

/** Before the first step. */
export function freshProgress({ warmupUntil }: Recipe): TrainingProgress {
  return {
    step: 0,
    running: { loss: 0, wrong: 0, count: 0 },
    best: null,
    history: [],
    ...(warmupUntil > 0 ? { warmUp: freshWarmUp } : {}),
  }
}

/** One more step: the progress with it, and what to tell, but for how fast it was. */
export function afterStep(
  progress: TrainingProgress,
  { loss, count, wrong }: StepFigures,
  { lr, course, recipe }: { readonly lr: number; readonly course: Course; readonly recipe: Recipe },
): { readonly progress: TrainingProgress; readonly told: Omit<StepProgress, 'imagesPerSecond' | 'secondsLeft'> } {
  const { stepsPerEpoch, totalSteps, epochs } = course
  const { running, history, warmUp } = progress
  const step = progress.step + 1
  const epoch = Math.ceil(step / stepsPerEpoch)
  const sums = { loss: running.loss + loss * count, wrong: running.wrong + wrong, count: running.count + count }
  const means = { loss: sums.loss / sums.count, top1Error: percent(sums.wrong, sums.count) }
  const top1Error = percent(wrong, count)
  const ends = step % stepsPerEpoch === 0 || step === totalSteps
  const next: TrainingProgress = {
    ...progress,
    step,
    running: ends ? { loss: 0, wrong: 0, count: 0 } : sums,
    history: ends ? [...history, { epoch, step, lr, train: means }] : history,
    ...(warmUp ? { warmUp: warmUpAfter(warmUp, recipe.warmupUntil, top1Error, step) } : {}),
  }
  const { loss: epochLoss, top1Error: epochTop1Error } = means
  return { progress: next, told: { step, totalSteps, epoch, epochs, loss, top1Error, epochLoss, epochTop1Error, lr } }
}
