/** Learning rates by step: pure functions of the step number. */
import type { ScheduleName } from '../../tasks/recipe.js'
import { cosPi } from '../../util/math.js'

export interface Schedule {
  readonly kind: ScheduleName
  /** The largest rate. */
  readonly lr: number
  readonly totalSteps: number
  /** Number of steps over which the rate rises linearly, from lr / warmupSteps. Milestones count them too. */
  readonly warmupSteps: number
  /** Steps at which the rate falls by a factor of gamma; for `step`. */
  readonly milestones: readonly number[]
  readonly gamma: number
}

const ONE_CYCLE_RISE = 0.3
const ONE_CYCLE_START = 1 / 25
const ONE_CYCLE_END = 1 / 250000

/** The learning rate of a step, counted from 0. */
export function learningRate(schedule: Schedule, step: number): number {
  const { kind, lr, totalSteps, warmupSteps, milestones, gamma } = schedule
  if (step < warmupSteps) return (lr * (step + 1)) / warmupSteps
  switch (kind) {
    case 'constant':
      return lr
    case 'step':
      return milestones.reduce((rate, milestone) => (step >= milestone ? rate * gamma : rate), lr)
    case 'cosine':
      return between(lr, 0, (step - warmupSteps) / (totalSteps - warmupSteps))
    case 'one-cycle': {
      const peak = ONE_CYCLE_RISE * totalSteps - 1
      if (step < peak) return between(lr * ONE_CYCLE_START, lr, step / peak)
      return between(lr, lr * ONE_CYCLE_END, (step - peak) / (totalSteps - 1 - peak))
    }
  }
}

/** Interpolates from `start` to `end` along half a cosine, t in [0, 1]. */
function between(start: number, end: number, t: number): number {
  return end + (start - end) * 0.5 * (1 + cosPi(Math.min(t, 1)))
}
