/** What is said of a warm-up that does not end. */
import { expect, test } from 'vitest'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import { warmUpAdvice } from '../../../src/train/advice/warm-up.js'

const plain = completeRecipe({})

test('a warm-up by training error that does not end is pointed out in the second half', () => {
  const recipe = completeRecipe({ lr: 0.1, warmupUntil: 80, warmupLr: 0.01 })
  const at = (step: number, warmUp?: { error: number; ended?: number }) => ({ step, ...(warmUp ? { warmUp } : {}) })
  expect(warmUpAdvice(recipe, at(49, { error: 90 }), 100)).toBeUndefined()
  expect(warmUpAdvice(recipe, at(90, { error: 70, ended: 20 }), 100)).toBeUndefined()
  expect(warmUpAdvice(plain, at(90), 100)).toBeUndefined()
  expect(warmUpAdvice(recipe, at(50, { error: 90.123 }), 100)).toBe(
    'the warm-up has not ended after 50 of 100 steps: the training error is 90.1 % and has not fallen below 80 %, so the ' +
      'learning rate is still at most 0.01 instead of 0.1, and the net learns slower than it could; raise ' +
      '--warmup-until, raise --warmup-lr, or train for longer',
  )
})
