/** Warns of settings that are legal and cost accuracy, before a classifier is trained. */

import { passesInput, placedBlocks } from '../../spec/blocks.js'
import { expectSpec } from '../../spec/expect-spec.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { expectKind, object } from '../../util/expect.js'
import type { Recipe } from '../recipe.js'

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
