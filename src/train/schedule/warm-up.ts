/**
 * Warm-up by training error, which the papers' 110-layer net needs: a small learning rate until the training error
 * falls below a limit, then the usual one [He 2015, §4.2: 0.01 until 80 %].
 */

import type { Recipe } from '../../tasks/recipe.js'
import { learningRate } from './schedule.js'
import type { StepPlan } from './step-plan.js'

/** State of a warm-up. It is part of the progress, so that a resumed run ends it at the same step. */
export interface WarmUp {
  /** Moving average of the training error in percent, in which each step counts 5 %. Starts at 100. */
  readonly error: number
  /** Steps finished when it fell below the limit; missing before that. */
  readonly ended?: number
}

const MEMORY = 0.95

export const freshWarmUp: WarmUp = { error: 100 }

/**
 * After one more step.
 * @param found the training error of the step's batch, in percent
 * @param step finished steps
 */
export function warmUpAfter(warmUp: WarmUp, until: number, found: number, step: number): WarmUp {
  if (warmUp.ended !== undefined) return warmUp
  const error = MEMORY * warmUp.error + (1 - MEMORY) * found
  return error < until ? { error, ended: step } : { error }
}

/** The learning rate of a step, counted from 0. */
export function rateOf({ warmupLr }: Recipe, { schedule }: StepPlan, warmUp: WarmUp | undefined, step: number): number {
  const rate = learningRate(schedule, step)
  return warmUp && warmUp.ended === undefined ? Math.min(warmupLr, rate) : rate
}
