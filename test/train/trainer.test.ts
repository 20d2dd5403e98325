/** Training on the reference engine: bits, history, and what stops it. */
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import { openReference } from '../../src/engine/reference/engine.js'
import { preset } from '../../src/spec/presets.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import type { StepProgress } from '../../src/train/step/progress.js'
import { Trainer, type TrainerOptions } from '../../src/train/trainer.js'
import { ConfigError } from '../../src/util/errors.js'
import { tinyData, tinyRecipe, tinySpec } from './tiny.js'

const open = (recipe: RecipeOptions = {}, options: TrainerOptions = {}, data: Dataset = tinyData()) =>
  Trainer.open(openReference(), tinySpec, data, tinyRecipe(recipe), options)

/** Trains `count` steps, evaluating at the end of each epoch. */
async function train(trainer: Trainer, count: number): Promise<StepProgress | undefined> {
  let last: StepProgress | undefined
  for (let left = count; left > 0; ) {
    const steps = Math.min(left, trainer.stepsLeftInEpoch)
    const ends = steps === trainer.stepsLeftInEpoch
    for await (const progress of trainer.steps(steps)) last = progress
    if (ends) await trainer.evaluate()
    left -= steps
  }
  return last
}

/** A checkpoint as it comes back from a file. */
const throughFile = async (trainer: Trainer): Promise<Checkpoint> =>
  decodeCheckpoint(encodeCheckpoint(await trainer.checkpoint()), 'a file')

describe('a training', () => {
  test('learns, counts its epochs, and leaves out the last short batch', async () => {
    const trainer = await open({ epochs: 12 })
    expect([trainer.totalSteps, trainer.epochs, trainer.stepsLeftInEpoch]).toEqual([36, 12, 3])
    const last = await train(trainer, 36)
    expect(last).toMatchObject({ step: 36, totalSteps: 36, epoch: 12, epochs: 12 })
    const { history, step, running, best } = trainer.progress
    expect(step).toBe(36)
    expect(running).toEqual({ loss: 0, wrong: 0, count: 0 })
    expect(history.map((record) => [record.epoch, record.step])).toEqual(
      Array.from({ length: 12 }, (_, i) => [i + 1, 3 * i + 3]),
    )
    expect(last!.epochLoss).toBe(history.at(-1)!.train.loss)
    expect(history.at(-1)!.train.loss).toBeLessThan(history[0]!.train.loss / 2)
    expect(history.at(-1)!.test!.top1Error).toBeLessThan(20)
    expect(best!.top1Error).toBe(Math.min(...history.map((record) => record.test!.top1Error)))
    expect(trainer.trained.count).toBe(288)
    expect(trainer.stepsLeftInEpoch).toBe(0)
    for await (const _ of trainer.steps()) expect.unreachable('the training has ended')
    await trainer.dispose()
  })

  test('is named by its seed alone', async () => {
    const hashOf = async (recipe: RecipeOptions) => {
      await using trainer = await open(recipe)
      await train(trainer, 4)
      return trainer.weightHash()
    }
    const hash = await hashOf({})
    expect(await hashOf({})).toBe(hash)
    expect(await hashOf({ seed: 4 })).not.toBe(hash)
  })

  test('does not depend on evaluations, checkpoints and pauses', async () => {
    await using plain = await open()
    for await (const _ of plain.steps(5));
    await using disturbed = await open()
    for (let i = 0; i < 5; i++) {
      for await (const _ of disturbed.steps(1));
      await disturbed.evaluate()
      await disturbed.checkpoint()
    }
    expect(await disturbed.weightHash()).toBe(await plain.weightHash())
  })

  test('does not wait for a slow reader, and ends where the reader leaves', async () => {
    await using trainer = await open({ epochs: 1000 })
    const seen: number[] = []
    for await (const { step } of trainer.steps(6)) {
      seen.push(step)
      while (step < 6 && trainer.progress.step < 6) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(seen.at(-1)).toBe(6)
    expect(seen.length).toBeLessThan(6)
    for await (const _ of trainer.steps()) break
    expect(trainer.progress.step).toBeLessThan(3000)
    expect(trainer.progress.step).toBeGreaterThan(6)
  })

  test('can be asked in the middle of a loop', async () => {
    await using trainer = await open()
    for await (const { step } of trainer.steps(2)) {
      expect((await trainer.evaluate()).count).toBe(9)
      expect((await trainer.checkpoint()).progress.step).toBeGreaterThanOrEqual(step)
    }
    expect(trainer.progress.history).toEqual([])
  })
})

describe('going on from a checkpoint', () => {
  test.each([1, 3, 4, 8])('after step %i ends in the same bits as never stopping', async (stop) => {
    const recipe = { schedule: 'cosine', warmupEpochs: 1, nesterov: true, labelSmoothing: 0.1 } as const
    await using whole = await open(recipe)
    await train(whole, 9)

    const first = await open(recipe)
    await train(first, stop)
    const checkpoint = await throughFile(first)
    await first.dispose()
    await using second = await open(recipe, { checkpoint })
    expect(second.progress.step).toBe(stop)
    await train(second, 9 - stop)

    expect(await second.weightHash()).toBe(await whole.weightHash())
    expect(second.progress).toEqual(whole.progress)
    expect(encodeCheckpoint(await second.checkpoint())).toEqual(encodeCheckpoint(await whole.checkpoint()))
  })

  test('with other data is refused', async () => {
    await using trainer = await open()
    const checkpoint = await throughFile(trainer)
    await expect(open({}, { checkpoint }, tinyData(27, 9))).rejects.toThrow(
      'this training learns from tiny (26 training, 9 test pictures) and cannot go on with tiny (27 training, 9 test pictures)',
    )
  })

  test('with other test pictures held out of the same folder is refused', async () => {
    const heldOut = { seed: 0, count: 9, of: 35, digest: 'a'.repeat(64) }
    await using trainer = await open({}, {}, { ...tinyData(), heldOut })
    const checkpoint = await throughFile(trainer)
    for (const other of [{ digest: 'b'.repeat(64) }, { seed: 1 }])
      await expect(open({}, { checkpoint }, { ...tinyData(), heldOut: { ...heldOut, ...other } })).rejects.toThrow(
        'this training held out 9 pictures of tiny to test on, and these are not the same: the set has changed, or another seed chose them; put it back as it was, or start a new run',
      )
  })

  test('may make values again that the first part kept, or the other way round', async () => {
    const whole = await open()
    await train(whole, 9)
    const first = await open({}, { recompute: 'blocks' })
    await train(first, 4)
    const checkpoint = await throughFile(first)
    await using second = await open({}, { checkpoint, recompute: 'elementwise' })
    await train(second, 5)
    expect(await second.weightHash()).toBe(await whole.weightHash())
    expect(await second.gradientNorms()).toEqual(await whole.gradientNorms())
  })

  test('with tensors that do not fit the spec is refused', async () => {
    await using trainer = await open()
    const checkpoint = await trainer.checkpoint()
    const weights = new Map(checkpoint.weights)
    const restart = () => open({}, { checkpoint: { ...checkpoint, weights } })
    weights.delete('stem.conv.weight')
    await expect(restart()).rejects.toThrow('checkpoint: tensor stem.conv.weight is missing')
    weights.set('stem.conv.weight', { shape: [4, 3, 1, 1], data: new Float32Array(12) })
    await expect(restart()).rejects.toThrow(
      'checkpoint: tensor stem.conv.weight has shape 4x3x1x1, its spec expects 4x3x3x3',
    )
    weights.set('stem.conv2.weight', { shape: [1], data: new Float32Array(1) })
    await expect(restart()).rejects.toThrow('checkpoint: tensor stem.conv2.weight belongs to no layer of its spec')
  })
})

describe('what stops a training', () => {
  test('a loss that is no number: names the step and keeps the weights from being saved', async () => {
    await using trainer = await open({ lr: 1e30, schedule: 'constant' })
    const run = async () => {
      for await (const _ of trainer.steps());
    }
    await expect(run()).rejects.toThrow(
      /^step 2 \(epoch 1\): the loss is (NaN|Infinity), at a learning rate of 1e\+30; it appeared first in layer stem\.norm, where the variance of the batch became Infinity; this training cannot go on: begin again with a smaller learning rate or a warm-up$/,
    )
    await expect(trainer.checkpoint()).rejects.toThrow(
      'the numbers of this training were lost: begin again with a smaller learning rate or a warm-up',
    )
    await expect(run()).rejects.toThrow('the numbers of this training were lost')
  })

  test('a signal: ends with its reason, and the trainer can still be asked', async () => {
    const controller = new AbortController()
    await using trainer = await open({}, { signal: controller.signal })
    const run = async () => {
      for await (const { step } of trainer.steps()) if (step >= 2) controller.abort(new Error('enough'))
    }
    await expect(run()).rejects.toThrow('enough')
    expect((await trainer.checkpoint()).progress.step).toBe(trainer.progress.step)
    await expect(trainer.evaluate()).rejects.toThrow('enough')
  })

  test('an evaluation without pictures', async () => {
    await using trainer = await open()
    await expect(trainer.evaluate({ ...tinyData().test, count: 0, labels: new Uint8Array(0) })).rejects.toThrow(
      new ConfigError('evaluation: expected at least one picture, got none'),
    )
  })

  test('a word for recompute that there is not', async () => {
    await expect(open({}, { recompute: 'block' as never })).rejects.toThrow(
      new ConfigError('recompute: expected one of none, elementwise, blocks; got "block"'),
    )
  })

  test('data that does not fit the network', async () => {
    const larger = preset('resnet8', { classes: 2 })
    await expect(Trainer.open(openReference(), larger, tinyData(), tinyRecipe())).rejects.toThrow(
      'resnet8: expects pictures of 3x32x32, got 3x8x8; make the spec for this size: preset(name, { input })',
    )
    const data = tinyData()
    data.test.labels[5] = 2
    await expect(Trainer.open(openReference(), tinySpec, data, tinyRecipe())).rejects.toThrow(
      'tiny8: has 2 classes, the pictures have class 2; make the spec for this number: preset(name, { classes })',
    )
  })
})

test('evaluation counts every picture once, whatever the number', async () => {
  await using trainer = await open({}, {}, tinyData(26, 4))
  for await (const _ of trainer.steps(6));
  const all = tinyData(26, 9).test
  const parts = [0, 1, 2].map((part) => ({
    ...all,
    count: 3,
    pixels: all.pixels.subarray(part * 3 * 192, (part + 1) * 3 * 192),
    labels: all.labels.subarray(part * 3, (part + 1) * 3),
  }))
  const whole = await trainer.evaluate(all)
  const pieces = []
  for (const part of parts) pieces.push(await trainer.evaluate(part))
  expect(whole.count).toBe(9)
  expect(whole.correct).toBe(pieces.reduce((sum, { correct }) => sum + correct, 0))
  expect(whole.loss * 9).toBeCloseTo(
    pieces.reduce((sum, { loss }) => sum + 3 * loss, 0),
    10,
  )
})
