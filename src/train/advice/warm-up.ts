/** Advice on a warm-up that does not end, while a training runs. */

import type { Recipe } from '../../tasks/recipe.js'
import { expectFields, expectKind, finite, object, optional, whole } from '../../util/expect.js'
import type { TrainingProgress } from '../checkpoint/checkpoint.js'

/**
 * A note in the second half of a training whose warm-up by training error has not ended: its rate may never return
 * to what it should be. Undefined before that, and when all is well.
 */
export function warmUpAdvice(
  recipe: Recipe,
  progress: Pick<TrainingProgress, 'step' | 'warmUp'>,
  totalSteps: number,
): string | undefined {
  const rates = { warmupUntil: finite, warmupLr: finite, lr: finite }
  expectFields(recipe, 'warmUpAdvice: recipe', 'a recipe, such as completeRecipe() gives', rates)
  const fields = { step: whole(0), warmUp: optional(object) }
  expectFields(progress, 'warmUpAdvice: progress', 'the progress of a trainer', fields)
  expectKind(totalSteps, 'warmUpAdvice: totalSteps', whole(1))
  const { warmupUntil, warmupLr, lr } = recipe
  const { step, warmUp } = progress
  if (!warmUp || warmUp.ended !== undefined || 2 * step < totalSteps) return undefined
  return (
    `the warm-up has not ended after ${step} of ${totalSteps} steps: the training error is ${warmUp.error.toFixed(1)} % and ` +
    `has not fallen below ${warmupUntil} %, so the learning rate is still at most ${warmupLr} instead of ${lr}, and the net ` +
    'learns slower than it could; raise --warmup-until, raise --warmup-lr, or train for longer'
  )
}
