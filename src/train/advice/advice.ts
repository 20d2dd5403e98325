/** Advice on mistakes that break nothing but cost accuracy, before a training and while it runs. */

import { passesInput, placedBlocks } from '../../spec/blocks.js'
import { expectSpec } from '../../spec/expect-spec.js'
import type { NetworkSpec } from '../../spec/spec.js'
import type { Recipe } from '../../tasks/recipe.js'
import { expectFields, expectKind, finite, object, optional, whole } from '../../util/expect.js'
import type { TrainingProgress } from '../checkpoint/checkpoint.js'

/** Advice in sentences; empty if all is well. */
export function adviceFor(spec: NetworkSpec, recipe: Pick<Recipe, 'zeroInitResidual'>): string[] {
  expectSpec(spec, 'adviceFor: spec')
  expectKind(recipe, 'adviceFor: recipe', object)
  return [stemAdvice(spec), zeroInitAdvice(spec, recipe)].filter((sentence) => sentence !== undefined)
}

function stemAdvice(spec: NetworkSpec): string | undefined {
  const stem = spec.stem.reduce((stride, layer) => stride * (('stride' in layer && layer.stride) || 1), 1)
  const stride = spec.stages.flatMap(({ blocks }) => blocks).reduce((product, block) => product * block.stride, stem)
  const { height, width } = spec.input
  const last = Math.ceil(Math.min(height, width) / stride)
  if (stem === 1 || last >= 4) return undefined
  return (
    `${spec.name} has a stem for large pictures: it shrinks ${height}x${width} by ${stem} at once and to ` +
    `${Math.ceil(height / stride)}x${Math.ceil(width / stride)} in the end, so that details are lost before any block ` +
    'sees them, which costs accuracy; nets such as resnet20 or resnet56 suit small pictures'
  )
}

function zeroInitAdvice(spec: NetworkSpec, { zeroInitResidual }: Pick<Recipe, 'zeroInitResidual'>): string | undefined {
  if (!zeroInitResidual || placedBlocks(spec).some((block) => passesInput(block.spec))) return undefined
  return (
    `zeroInitResidual does nothing here: ${spec.name} has no shortcuts, and without one a block that starts at zero ` +
    'lets nothing through; leave it out, or take a residual net'
  )
}

/**
 * Advice in the second half of a training if its warm-up by training error has not ended: its learning rate may never
 * rise to the recipe's. Undefined before that, and if all is well.
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
    'learns more slowly than it could; raise --warmup-until, raise --warmup-lr, or train for longer'
  )
}
