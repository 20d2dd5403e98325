/** Records evaluations in the history of a training and keeps the best epoch so far. */

import { ratingOf } from '../tasks/index.js'
import type { Task } from '../tasks/task.js'
import type { BestEpoch, Evaluation } from '../tasks/types.js'
import { invariant } from '../util/errors.js'
import type { EpochRecord, TrainingProgress } from './checkpoint/checkpoint.js'

/** Adds an evaluation to the last epoch of the history. */
export function withEvaluation<T extends string>(
  task: Task<T>,
  progress: TrainingProgress<T>,
  test: Evaluation<T>,
  val: Evaluation<T> | undefined,
): TrainingProgress<T> {
  const { history, best, bestOnVal } = progress
  const record: EpochRecord<T> = {
    ...history.at(-1)!,
    ...(val ? { val: task.tested(val) } : {}),
    test: task.tested(test),
  }
  const better = (before: BestEpoch<T> | null | undefined, evaluation: Evaluation<T>) => {
    invariant(Number.isFinite(ratingOf(task, evaluation)), 'an evaluation that gave no number')
    return before && !task.isBetter(evaluation, before) ? before : task.best(record.epoch, evaluation)
  }
  return {
    ...progress,
    history: [...history.slice(0, -1), record],
    best: better(best, test),
    ...(val ? { bestOnVal: better(bestOnVal, val) } : {}),
  }
}
