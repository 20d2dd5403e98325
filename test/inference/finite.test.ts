/** Finding what is no number, and what becomes of weights that an update broke. Where numbers were lost: `where-lost.test.ts`. */
import { expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import { allFinite, firstNotFinite } from '../../src/inference/finite.js'
import { Trainer } from '../../src/train/trainer.js'
import { tinyData, tinyRecipe, tinySpec } from '../train/tiny.js'

const tensor = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) })
const fine = Float32Array.of(1, -0, 3e38)

test('finds NaN and both infinities anywhere', () => {
  expect(allFinite(fine)).toBe(true)
  expect(allFinite(new Float32Array(0))).toBe(true)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(allFinite(Float32Array.of(1, 2, value, 3))).toBe(false)
  const tensors = new Map([
    ['a', tensor(1, 2)],
    ['b', tensor(0, -Infinity, Number.NaN)],
    ['c', tensor(Number.NaN)],
  ])
  expect(firstNotFinite(tensors)).toEqual({ name: 'b', value: -Infinity })
  expect(firstNotFinite(new Map([['a', tensor(1)]]))).toBeUndefined()
})

test('weights that an update broke are neither evaluated nor saved', async () => {
  await using trainer = await Trainer.open(
    openReference(),
    tinySpec,
    tinyData(),
    tinyRecipe({ lr: 3e38, schedule: 'constant', momentum: 0, weightDecay: 1e3 }),
  )
  for await (const _ of trainer.steps(1));
  await expect(trainer.checkpoint()).rejects.toThrow(
    /^step 1: its update made [\w.]+ (NaN|-?Infinity); this training cannot go on: begin again with a smaller learning rate or a warm-up$/,
  )
  await expect(trainer.evaluate()).rejects.toThrow('the numbers of this training were lost: begin again')
})
