/** Where numbers were lost: the sentences, and that they name the right layer. */
import { expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import { allFinite, firstNotFinite, whereLost } from '../../src/train/finite.js'
import { Trainer } from '../../src/train/trainer.js'
import { tinyData, tinyRecipe, tinySpec } from './tiny.js'

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

test('says where', () => {
  const broken = Float32Array.of(1, Number.NaN)
  const statistics = new Map([
    ['stem.norm.mean', tensor(1)],
    ['stage1.block1.norm1.variance', tensor(Infinity)],
  ])
  expect(whereLost({ pictures: broken, statistics, logits: broken })).toBe(
    'the pictures were no numbers when they came in: check the mean and std of the data set',
  )
  expect(whereLost({ pictures: fine, statistics, logits: broken })).toBe(
    'the first layer to see it was stage1.block1.norm1, where the variance of the batch became Infinity',
  )
  expect(whereLost({ pictures: fine, statistics: new Map(), logits: broken })).toBe(
    'the first layer to see it was head.classifier: no norm before it met a value that was no number',
  )
  expect(whereLost({ pictures: fine, statistics: new Map(), logits: fine })).toBe(
    'all layers still gave numbers: it is the cross-entropy that overflowed',
  )
})

/** A training that goes on from weights one of which was changed. */
async function after(change: string, value: number) {
  await using first = await Trainer.open(openReference(), tinySpec, tinyData(), tinyRecipe())
  for await (const _ of first.steps(1));
  const checkpoint = await first.checkpoint()
  const weights = new Map(checkpoint.weights)
  const { shape, data } = weights.get(change)!
  weights.set(change, { shape, data: data.map(() => value) })
  await using second = await Trainer.open(openReference(), tinySpec, tinyData(), tinyRecipe(), {
    checkpoint: { ...checkpoint, weights },
  })
  for await (const _ of second.steps(1));
}

test.each([
  ['stage2.block1.conv2.weight', 'stage2.block1.norm2'],
  ['stage3.block1.norm1.scale', 'stage3.block1.norm2'],
])('broken weights of %s show in %s', async (parameter, layer) => {
  await expect(after(parameter, Number.NaN)).rejects.toThrow(
    `step 2 (epoch 1): the loss is NaN, at a learning rate of `,
  )
  await expect(after(parameter, Number.NaN)).rejects.toThrow(`the first layer to see it was ${layer}, where the mean`)
})

test('broken weights of the classifier show there', async () => {
  await expect(after('head.classifier.weight', Number.NaN)).rejects.toThrow(
    'the first layer to see it was head.classifier',
  )
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
  await expect(trainer.evaluate()).rejects.toThrow('the weights are no longer numbers: begin again')
})
