/** Advice before a training of a classifier. */
import { expect, test } from 'vitest'
import { preset, presetNames } from '../../../src/spec/presets.js'
import { adviceFor } from '../../../src/tasks/classify/advice.js'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'

const plain = completeRecipe({})
const zeroed = completeRecipe({ zeroInitResidual: true })

test('an ImageNet stem on small pictures is pointed out', () => {
  expect(adviceFor(preset('resnet18', { input: { channels: 3, height: 32, width: 32 } }), plain)).toEqual([
    'resnet18 has a stem for large pictures: it shrinks 32x32 by 4 at once and to 1x1 in the end, so that details are ' +
      'lost before any block sees them, which costs accuracy; nets such as resnet20 or resnet56 suit small pictures',
  ])
})

test('nets on the pictures they are made for need no advice', () => {
  for (const name of presetNames) expect(adviceFor(preset(name), plain), name).toEqual([])
  expect(adviceFor(preset('resnet20', { input: { channels: 3, height: 8, width: 8 } }), zeroed)).toEqual([])
})

test('a zero-init residual where there are no residual branches does nothing', () => {
  expect(adviceFor(preset('plain20'), plain)).toEqual([])
  expect(adviceFor(preset('plain20'), zeroed)).toEqual([
    'zeroInitResidual does nothing here: plain20 has no shortcuts, and without one a block that starts at zero lets ' +
      'nothing through; leave it out, or take a residual net',
  ])
})
