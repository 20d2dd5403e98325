/** How evaluations enter the history of a training, and which epoch is the best so far. */
import type { BestEpoch, EpochRecord, Score, TrainingProgress } from './checkpoint.js'
import type { Evaluation } from './metrics.js'

/** The progress with the last epoch of its history evaluated. */
export function withEvaluation(
  progress: TrainingProgress,
  test: Evaluation,
  val: Evaluation | undefined,
): TrainingProgress {
  const { history, best, bestOnVal } = progress
  const record: EpochRecord = { ...history.at(-1)!, ...(val ? { val: score(val) } : {}), test: score(test) }
  return {
    ...progress,
    history: [...history.slice(0, -1), record],
    best: better(best, record.epoch, test),
    ...(val ? { bestOnVal: better(bestOnVal, record.epoch, val) } : {}),
  }
}

function score({ loss, top1Error }: Evaluation): Score {
  return { loss, top1Error }
}

/** The earlier of two equals stays the best. */
function better(best: BestEpoch | null | undefined, epoch: number, { top1Error }: Evaluation): BestEpoch {
  return best && best.top1Error <= top1Error ? best : { epoch, top1Error }
}
