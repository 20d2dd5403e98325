/** Where numbers were lost: the sentences, that they name the right layer, and that its weights were left as they were. */
import { expect, test } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import type { Engine } from '../../src/engine/engine.js'
import { openReference } from '../../src/engine/reference/engine.js'
import { cifarBasic } from '../../src/spec/families.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { Trainer } from '../../src/train/trainer.js'
import { describeEngines } from '../engine/engines.js'
import { tinyData, tinyRecipe, tinySpec } from '../train/tiny.js'

interface Change {
  readonly tensor: string
  readonly to: (old: number, index: number) => number
  readonly spec?: NetworkSpec
  readonly recipe?: RecipeOptions
  readonly data?: Dataset
}

/** A training that goes on from weights one of which was changed. */
async function damaged(
  engine: Engine,
  { tensor, to, spec = tinySpec, recipe = {}, data: pictures = tinyData() }: Change,
) {
  const open = (checkpoint?: Awaited<ReturnType<Trainer['checkpoint']>>) =>
    Trainer.open(engine, spec, pictures, tinyRecipe(recipe), { checkpoint })
  await using first = await open()
  for await (const _ of first.steps(1));
  const checkpoint = await first.checkpoint()
  const weights = new Map(checkpoint.weights)
  const { shape, data } = weights.get(tensor)!
  weights.set(tensor, { shape, data: data.map(to) })
  return open({ ...checkpoint, weights })
}

async function messageOf(trainer: Trainer): Promise<string> {
  try {
    for await (const _ of trainer.steps(1));
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

const END = '; this training cannot go on: begin again with a smaller learning rate or a warm-up'

/** Of the classifier, which has two classes: one far up, one far down, so that the logits are apart. */
const features = tinySpec.stages.at(-1)!.blocks.at(-1)!.branch.at(-1)!.width
const apart = (_: number, index: number) => (index < features ? 3e38 : -3e38)

const preActivation = cifarBasic({
  name: 'tiny-pre',
  depth: 8,
  widths: [4, 6, 8],
  classes: 2,
  input: tinySpec.input,
  order: 'pre',
})

await describeEngines((engine) => {
  test('names step and layer, and leaves parameters as they were', async () => {
    await using trainer = await damaged(engine(), { tensor: 'head.classifier.weight', to: apart })
    const before = await trainer.weights()
    const message = await messageOf(trainer)
    expect(message).toMatch(/^step 2 \(epoch 1\): the loss is (NaN|Infinity), at a learning rate of 0\.\d+; /)
    expect(message).toMatch(/it appeared first in layer head\.classifier, where a result became -?Infinity;/)
    expect(message.endsWith(END)).toBe(true)
    for (const [name, { data }] of await trainer.weights())
      if (!/\.(mean|variance)$/.test(name)) expect(data, name).toEqual(before.get(name)!.data)
  })

  test('names the layer in one of several batches, with dropped branches', async () => {
    const recipe = { batchSize: 4, accumulate: 2, dropPath: 0.5, optimizer: 'adam', lr: 0.01 } as const
    await using trainer = await damaged(engine(), { tensor: 'head.classifier.weight', to: apart, recipe })
    expect(await messageOf(trainer)).toMatch(
      /; it appeared first in layer head\.classifier, where a result became -?Infinity;/,
    )
  })

  test('names a parameter that was lost before', async () => {
    const change = { tensor: 'stage3.block1.norm1.scale', to: () => Number.NaN }
    await using trainer = await damaged(engine(), change)
    expect(await messageOf(trainer)).toContain(
      '; stage3.block1.norm1.scale had become NaN: the gradient of an earlier step overflowed; this training',
    )
  })
})

// The reference computes in float64, where these do not overflow.
await describeEngines(
  (engine) => {
    test('names a convolution', async () => {
      const change = { tensor: 'stage2.block1.conv2.weight', to: () => 3e38, spec: preActivation }
      await using trainer = await damaged(engine(), change)
      expect(await messageOf(trainer)).toMatch(
        /; it appeared first in layer stage2\.block1\.conv2, where a result became -?(Infinity|NaN);/,
      )
    })

    test('names the loss where every layer still gave numbers', async () => {
      const data = tinyData()
      data.train.labels.fill(1)
      const change = { tensor: 'head.classifier.bias', to: (_: number, index: number) => 3e38 * (1 - 2 * index), data }
      await using trainer = await damaged(engine(), change)
      expect(await messageOf(trainer)).toContain('; all layers still gave numbers: the loss overflowed; this training')
    })
  },
  ['reference'],
)

test('names the pictures', async () => {
  const data = { ...tinyData(), normalisation: { mean: [0.4, 0.4, 0.4], std: [0.25, 1e-320, 0.25] } }
  await using trainer = await Trainer.open(openReference(), tinySpec, data, tinyRecipe())
  expect(await messageOf(trainer)).toContain(
    '; the pictures already held NaN or an infinity: check the mean and std of the data set; this training',
  )
})
