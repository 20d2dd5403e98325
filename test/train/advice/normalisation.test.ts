/** Weights with a normalisation that is not the data's own. */
import { expect, test } from 'vitest'
import { openReference } from '../../../src/engine/reference/engine.js'
import { normalisationAdvice } from '../../../src/train/advice/normalisation.js'
import { Trainer } from '../../../src/train/trainer.js'
import { tinyData, tinyRecipe, tinySpec } from '../tiny.js'

const open = (data = tinyData(), checkpoint?: Awaited<ReturnType<Trainer['checkpoint']>>) =>
  Trainer.open(openReference(), tinySpec, data, tinyRecipe(), { checkpoint })

const other = { ...tinyData(), normalisation: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.123456] } }

test('going on with it is refused', async () => {
  await using trainer = await open()
  await expect(open(other, await trainer.checkpoint())).rejects.toThrow(
    'tiny: normalises pictures by mean 0.5, 0.5, 0.5 and std 0.25, 0.25, 0.1235, but this training began with mean 0.4, 0.4, ' +
      '0.4 and std 0.25, 0.25, 0.25; it would lose part of what it has learned, and its bits would differ: go on with ' +
      'the data set it began with, or set its normalisation to that of the checkpoint',
  )
})

test('evaluating with it is pointed out', async () => {
  await using trainer = await open()
  const checkpoint = await trainer.checkpoint()
  expect(normalisationAdvice(checkpoint, tinyData())).toBeUndefined()
  expect(normalisationAdvice(checkpoint, { ...other, name: 'others' })).toBe(
    'these weights were trained on tiny with mean 0.4, 0.4, 0.4 and std 0.25, 0.25, 0.25, which is used here too; ' +
      'others has mean 0.5, 0.5, 0.5 and std 0.25, 0.25, 0.1235 of its own, so expect a larger error than on tiny; ' +
      'for a smaller one, train on others',
  )
})
