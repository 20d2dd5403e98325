/** Advice before a training. */
import { expect, test } from 'vitest'
import { preset, presetNames } from '../../../src/spec/presets.js'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import { adviceFor, warmUpAdvice } from '../../../src/train/advice/advice.js'

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

test('a warm-up by training error that does not end is pointed out in the second half', () => {
  const recipe = completeRecipe({ lr: 0.1, warmupUntil: 80, warmupLr: 0.01 })
  const at = (step: number, warmUp?: { error: number; ended?: number }) => ({ step, ...(warmUp ? { warmUp } : {}) })
  expect(warmUpAdvice(recipe, at(49, { error: 90 }), 100)).toBeUndefined()
  expect(warmUpAdvice(recipe, at(90, { error: 70, ended: 20 }), 100)).toBeUndefined()
  expect(warmUpAdvice(plain, at(90), 100)).toBeUndefined()
  expect(warmUpAdvice(recipe, at(50, { error: 90.123 }), 100)).toBe(
    'the warm-up has not ended after 50 of 100 steps: the training error is 90.1 % and has not fallen below 80 %, so the ' +
      'learning rate is still at most 0.01 instead of 0.1, and the net learns more slowly than it could; raise ' +
      '--warmup-until, raise --warmup-lr, or train for longer',
  )
})
