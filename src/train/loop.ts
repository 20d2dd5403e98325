/** The loop over the epochs of a training: steps, an evaluation after each epoch, listeners, and the final figures. */
import type { ChosenEngine } from '../engine/engine.js'
import type { Reported, Score, Tested } from '../tasks/types.js'
import { invariant } from '../util/errors.js'
import { callback, expectFields, expectOptions, object } from '../util/expect.js'
import type { Checkpoint, EpochRecord } from './checkpoint/checkpoint.js'
import type { StepProgress } from './step/progress.js'
import type { Trainer } from './trainer.js'

/** Listeners of a training. */
export interface TrainListeners<T extends string = 'classify'> {
  /**
   * Called with the latest progress. Training continues while it runs, and steps that end meanwhile are not reported.
   * If it throws, training ends.
   */
  readonly onProgress?: (progress: StepProgress<T>) => void | Promise<void>
  /** Called after each epoch and its evaluation. Training waits for it. */
  readonly onEpoch?: (record: EpochRecord<T>, trainer: Trainer<ChosenEngine, T>) => void | Promise<void>
}

/** The result of a finished training. */
export interface TrainingResult<T extends string = 'classify'> {
  readonly epochs: number
  /** Figures of the last epoch, on augmented training pictures: errors in percent, or PSNR in dB. */
  readonly train: Score<T>
  /** Figures of the validation pictures after the last epoch; left out if there are none. */
  readonly val?: Reported<T>
  /** Figures of the whole test set after the last epoch. */
  readonly test: Reported<T>
  /** Training pictures per second, without evaluations. */
  readonly imagesPerSecond: number
  /** The engine build that the bits belong to. */
  readonly engine: string
  /** A hash of the final weights: equal for equal bits. */
  readonly weightHash: string
  readonly history: readonly EpochRecord<T>[]
  /** The trained network, with everything that further training needs. */
  readonly checkpoint: Checkpoint<T>
}

/** The fields of `TrainListeners`, for checks of options. */
export const listenerFields = { onProgress: callback, onEpoch: callback }

/** Trains to the end and evaluates after each epoch. Does not dispose of the trainer. */
export async function finishTraining<T extends string = 'classify'>(
  trainer: Trainer<ChosenEngine, T>,
  listeners: TrainListeners<T> = {},
): Promise<TrainingResult<T>> {
  const fields = { steps: callback, evaluate: callback, progress: object }
  expectFields(trainer, 'trainToEnd: trainer', 'a trainer, such as createTrainer() gives', fields)
  expectOptions(listeners, 'trainToEnd: listeners', listenerFields)
  const finishEpoch = async () => {
    await trainer.evaluate()
    await listeners.onEpoch?.(trainer.progress.history.at(-1)!, trainer)
  }
  const last = trainer.progress.history.at(-1)
  const stoppedBeforeEvaluation = last?.step === trainer.progress.step && !last.test
  if (stoppedBeforeEvaluation) await finishEpoch()
  while (trainer.stepsLeftInEpoch > 0) {
    for await (const progress of trainer.steps(trainer.stepsLeftInEpoch)) await listeners.onProgress?.(progress)
    await finishEpoch()
  }
  return resultOf(trainer)
}

async function resultOf<T extends string>(trainer: Trainer<ChosenEngine, T>): Promise<TrainingResult<T>> {
  const { history } = trainer.progress
  const last = history.at(-1)
  invariant(last?.test, 'a finished training has no history')
  const reported = (tested: Tested<T>) => trainer.task.reported?.(tested) ?? tested
  return {
    epochs: last.epoch,
    train: last.train,
    ...(last.val ? { val: reported(last.val) } : {}),
    test: reported(last.test),
    imagesPerSecond: trainer.imagesPerSecond,
    engine: trainer.engine.build,
    weightHash: await trainer.weightHash(),
    history,
    checkpoint: await trainer.checkpoint(),
  }
}
