/** Warm-up until the training error falls: the rule, and its place in a training. */
import { describe, expect, test } from 'vitest'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import { stepPlanOf } from '../../../src/train/schedule/step-plan.js'
import { freshWarmUp, rateOf, type WarmUp, warmUpAfter } from '../../../src/train/schedule/warm-up.js'
import { inOne, inTwoParts, open, train } from '../trained.js'

const recipe = completeRecipe({
  batchSize: 10,
  steps: 100,
  schedule: 'step',
  milestones: [5],
  lr: 0.1,
  warmupLr: 0.01,
  warmupUntil: 80,
})
const plan = stepPlanOf(recipe, 100)

describe('the rule', () => {
  test('takes the mean of recent errors, in which each new one counts 5 %', () => {
    const first = warmUpAfter(freshWarmUp, 80, 60, 1)
    expect(first.error).toBeCloseTo(98, 10)
    expect(warmUpAfter(first, 80, 20, 2).error).toBeCloseTo(0.95 * 98 + 1, 10)
  })

  test('ends when the mean falls below the limit, and stays ended', () => {
    let warmUp: WarmUp = freshWarmUp
    let step = 0
    while (warmUp.ended === undefined) warmUp = warmUpAfter(warmUp, 80, 50, ++step)
    // 50 + 50 · 0.95^n < 80 from n = 10 on
    expect(warmUp.ended).toBe(10)
    expect(warmUpAfter(warmUp, 80, 100, 11)).toBe(warmUp)
  })

  test('one lucky batch does not end it', () => {
    expect(warmUpAfter(freshWarmUp, 80, 0, 1).ended).toBeUndefined()
  })

  test('gives the small rate before and the schedule after, as if it had run all along', () => {
    expect(rateOf(recipe, plan, { error: 90 }, 3)).toBe(0.01)
    expect(rateOf(recipe, plan, { error: 79, ended: 3 }, 3)).toBe(0.1)
    expect(rateOf(recipe, plan, { error: 79, ended: 3 }, 50)).toBeCloseTo(0.01, 15)
    expect(rateOf(recipe, plan, undefined, 3)).toBe(0.1)
  })

  test('never raises the rate above the schedule', () => {
    const late = { ...recipe, gamma: 0.01 }
    expect(rateOf(late, stepPlanOf(late, 100), { error: 90 }, 60)).toBeCloseTo(0.001, 15)
  })
})

const tiny = { schedule: 'constant', lr: 0.05, warmupUntil: 88, warmupLr: 0.01 } as const

describe('in a training', () => {
  test('the rate goes back to lr at the step after the error has fallen', async () => {
    await using trainer = await open({ ...tiny, epochs: 4 })
    const rates: number[] = []
    for (let step = 0; step < trainer.totalSteps; step++) for await (const { lr } of trainer.steps(1)) rates.push(lr)
    const { ended, error } = trainer.progress.warmUp!
    expect(error).toBeLessThan(88)
    expect(ended).toBeGreaterThan(1)
    expect(rates).toEqual(rates.map((_, step) => (step < ended! ? 0.01 : 0.05)))
    expect(rates.at(-1)).toBe(0.05)
  })

  test('stopped before, at and after its end, it goes on to the same bits', async () => {
    await using whole = await open(tiny)
    await train(whole, whole.totalSteps)
    const ended = whole.progress.warmUp!.ended!
    const file = await inOne(tiny)
    for (const stop of [1, ended - 1, ended, ended + 1]) expect(await inTwoParts(tiny, stop)).toEqual(file)
  })

  test('without the rule, progress says nothing of it', async () => {
    await using trainer = await open()
    await train(trainer, 1)
    expect('warmUp' in trainer.progress).toBe(false)
  })
})
