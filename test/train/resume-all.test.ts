/** Every setting that carries something from step to step: stopped anywhere, a training ends in the same file. */
import { expect, test } from 'vitest'
import { splitDataset } from '../../src/data/split.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { tinyData } from './tiny.js'
import { inOne, inTwoParts, open, train } from './trained.js'

const split = splitDataset(tinyData(32), 6, 0)

test.each<[string, RecipeOptions, number]>([
  ['Adam', { optimizer: 'adam', lr: 0.01 }, 4],
  ['AdamW with clipping by norm', { optimizer: 'adamw', lr: 0.01, clipNorm: 1 }, 2],
  ['clipping by value over lr', { clipRate: 0.001, schedule: 'constant' }, 5],
  ['stochastic depth by row', { dropPath: 0.5 }, 4],
  ['stochastic depth by batch, zero-init residual', { dropPath: 0.5, dropPathBy: 'batch', zeroInitResidual: true }, 4],
  ['precise batch norm', { preciseBn: 4 }, 8],
  ['products in bfloat16', { precision: 'bf16' }, 4],
  ['precise batch norm, after the last step', { preciseBn: 4 }, 9],
  ['all of them', { batchSize: 4, accumulate: 2, optimizer: 'adamw', dropPath: 0.3, clipNorm: 1, preciseBn: 3 }, 4],
])('%s', async (_, recipe, stop) => {
  expect(await inTwoParts(recipe, stop, split)).toEqual(await inOne(recipe, split))
})

test.each<[string, RecipeOptions]>([
  ['stochastic depth', { dropPath: 0.5 }],
  ['zero-init residual', { zeroInitResidual: true }],
  ['precise batch norm', { preciseBn: 4 }],
  ['Adam', { optimizer: 'adam', lr: 0.05 }],
  ['clipping', { clipNorm: 0.01 }],
  ['products in bfloat16', { precision: 'bf16' }],
])('%s makes a difference to the weights', async (_, recipe) => {
  const hash = async (options: RecipeOptions) => {
    await using trainer = await open({ ...options, epochs: 1 })
    await train(trainer, 3)
    return trainer.weightHash()
  }
  expect(await hash(recipe)).not.toBe(await hash({}))
})
