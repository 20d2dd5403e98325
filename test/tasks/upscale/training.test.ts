/** Training of networks that upscale pictures: they learn, go on with equal bits, and refuse what does not fit. */
import { describe, expect, test } from 'vitest'
import { builtin } from '../../../src/data/builtin/builtin.js'
import type { Engine } from '../../../src/engine/engine.js'
import { openReference } from '../../../src/engine/reference/engine.js'
import { pictureHeadOf } from '../../../src/spec/heads/index.js'
import { plainTwin } from '../../../src/spec/plain-twin.js'
import { preset } from '../../../src/spec/presets.js'
import type { NetworkSpec } from '../../../src/spec/spec.js'
import { edsr, vdsr } from '../../../src/spec/upscaling.js'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../../src/tasks/recipe.js'
import type { UpscalingData } from '../../../src/tasks/upscale/data.js'
import { forUpscaling } from '../../../src/tasks/upscale/luminance-planes.js'
import {
  type Checkpoint,
  decodeAnyCheckpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  isFor,
} from '../../../src/train/checkpoint/checkpoint.js'
import { Trainer, type TrainerOptions } from '../../../src/train/trainer.js'
import { ConfigError, DataError } from '../../../src/util/errors.js'
import { describeEngines } from '../../engine/engines.js'
import { tinyData } from '../../train/tiny.js'
import { tinyEdsr, tinyPairs, tinyUpscalingRecipe, tinyVdsr } from './tiny.js'

const open = (
  recipe: RecipeOptions = {},
  options: TrainerOptions<'upscale'> = {},
  data: UpscalingData = tinyPairs(),
  spec: NetworkSpec = tinyVdsr,
) => Trainer.openFor<Engine, 'upscale'>(openReference(), spec, data, tinyUpscalingRecipe(recipe), options)

async function train(trainer: Trainer<Engine, 'upscale'>, count: number) {
  for (let left = count; left > 0; ) {
    const steps = Math.min(left, trainer.stepsLeftInEpoch)
    const ends = steps === trainer.stepsLeftInEpoch
    for await (const _ of trainer.steps(steps));
    if (ends) await trainer.evaluate()
    left -= steps
  }
}

const nets: readonly (readonly [string, NetworkSpec])[] = [
  ['global residual', vdsr({ depth: 5, width: 16, input: { channels: 1, height: 12, width: 12 } })],
  ['direct mapping', plainTwin(vdsr({ depth: 5, width: 16, input: { channels: 1, height: 12, width: 12 } }))],
  ['residual blocks', edsr({ blocks: 2, width: 16, input: { channels: 1, height: 8, width: 8 } })],
]
const shapes = forUpscaling(builtin({ train: 100, test: 12 }), [2])

await describeEngines(
  (engine) => {
    test.each(nets)('%s: the loss falls over 50 steps', async (_, spec) => {
      const recipe = completeRecipe({ steps: 50, lr: 0.003, schedule: 'constant' }, 'upscale')
      await using trainer = await Trainer.openFor<Engine, 'upscale'>(engine(), spec, shapes, recipe)
      const losses: number[] = []
      for (let part = 0; part < 5; part++) {
        const before = trainer.trained.loss
        for await (const _ of trainer.steps(10));
        losses.push((trainer.trained.loss - before) / 10)
      }
      expect(losses[4]!).toBeLessThan(0.95 * losses[0]!)
      const { psnr, bicubic } = await trainer.evaluate()
      if (pictureHeadOf(spec).shortcut === 'input') expect(psnr).toBeGreaterThan(bicubic.psnr + 0.3)
    })
  },
  ['reference', 'native-avx2', 'native-baseline', 'wasm-simd-alone'],
)

test('before its first step a residual net is bicubic enlargement', async () => {
  await using trainer = await open({}, {}, tinyPairs([2, 3]))
  const { count, psnr, ssim, bicubic, scales } = await trainer.evaluate()
  expect([count, scales.map(({ scale }) => scale)]).toEqual([2, [2, 3]])
  expect({ psnr, ssim }).toEqual(bicubic)
  expect(psnr).toBeCloseTo((scales[0]!.psnr + scales[1]!.psnr) / 2, 12)
})

test('what is told of steps, epochs and the best', async () => {
  await using trainer = await open()
  const told = []
  for await (const progress of trainer.steps(1)) told.push(progress)
  const [{ loss, psnr, epochLoss, epochPsnr }] = told as [(typeof told)[number]]
  expect(psnr).toBeCloseTo(-10 * Math.log10(loss), 4) // the loss is a mean squared error of values from 0 to 1
  expect([epochLoss, epochPsnr]).toEqual([loss, psnr])
  await train(trainer, trainer.totalSteps - 1)
  const { history, best, running } = trainer.progress
  expect(history).toHaveLength(3)
  expect(Object.keys(history[0]!.test!)).toEqual(['psnr', 'ssim', 'bicubic'])
  const top = Math.max(...history.map(({ test }) => test!.psnr))
  expect(best).toEqual({ epoch: history.find(({ test }) => test!.psnr === top)!.epoch, psnr: top })
  expect(running).toEqual({ loss: 0, squares: 0, count: 0 })
  expect(trainer.trained.count).toBe(trainer.totalSteps)
})

describe('a training that goes on', () => {
  async function end(trainer: Trainer<Engine, 'upscale'>) {
    await train(trainer, trainer.totalSteps - trainer.progress.step)
    return encodeCheckpoint(await trainer.checkpoint())
  }
  const throughFile = async (trainer: Trainer<Engine, 'upscale'>) =>
    decodeAnyCheckpoint(encodeCheckpoint(await trainer.checkpoint()), 'a file') as Checkpoint<'upscale'>

  test.each<[string, RecipeOptions, NetworkSpec, readonly number[], number]>([
    ['global residual, scales mixed', {}, tinyVdsr, [2, 3, 4], 4],
    ['the same, in the middle of an epoch, accumulated', { batchSize: 4, accumulate: 2, loss: 'l1' }, tinyVdsr, [2], 5],
    ['residual blocks, clipped', { clipNorm: 0.1, epochs: 2 }, tinyEdsr, [2], 1],
  ])('%s: ends in the bits of one that never stopped', async (_, recipe, spec, scales, stop) => {
    const data = tinyPairs(scales)
    await using whole = await open(recipe, {}, data, spec)
    const first = await open(recipe, {}, data, spec)
    await train(first, stop)
    const checkpoint = await throughFile(first)
    await first.dispose()
    expect(isFor(checkpoint, 'upscale')).toBe(true)
    expect(checkpoint.preprocessing).toMatchObject({ classes: [], scales })
    await using second = await open(recipe, { checkpoint }, data, spec)
    expect(await end(second)).toEqual(await end(whole))
  })

  test('needs the same scales', async () => {
    await using trainer = await open()
    const checkpoint = await throughFile(trainer)
    await expect(open({}, { checkpoint }, tinyPairs([3]))).rejects.toThrow(
      new ConfigError('this training enlarges by 2 and cannot go on with pairs for scale 3'),
    )
  })

  test('is no checkpoint of a classifier', async () => {
    await using trainer = await open()
    const bytes = encodeCheckpoint(await trainer.checkpoint())
    expect(() => decodeCheckpoint(bytes, 'x.safetensors')).toThrow(
      new DataError('x.safetensors: its network upscales pictures and is not a classifier; load() opens it'),
    )
  })
})

describe('what does not fit', () => {
  const refused = (spec: NetworkSpec, data: UpscalingData, message: string) =>
    expect(Trainer.openFor(openReference(), spec, data, tinyUpscalingRecipe())).rejects.toThrow(
      new ConfigError(message),
    )

  test('data of the other task', async () => {
    await refused(
      preset('resnet8'),
      tinyPairs(),
      'resnet8: classifies, discs has pictures to enlarge; take a network such as vdsr20',
    )
    await expect(Trainer.open(openReference(), tinyVdsr, tinyData(), tinyUpscalingRecipe())).rejects.toThrow(
      new ConfigError(
        'tiny-vdsr: upscales pictures, tiny has pictures of classes; take pictures to enlarge, or another network',
      ),
    )
  })

  test('another scale than the network has', async () => {
    await refused(
      tinyEdsr,
      tinyPairs([2, 3]),
      'tiny-edsr: makes pictures 2 times as large, the pairs of discs are for scale 2, 3; make them for 2, or the spec ' +
        'for another: preset(name, { scale })',
    )
  })

  test('colours, and patches larger than all pictures', async () => {
    const input = { channels: 3, height: 8, width: 8 }
    await refused(
      { ...tinyVdsr, input },
      tinyPairs(),
      'tiny-vdsr: reads 3 channels, expected 1: pictures are enlarged by luminance',
    )
    await refused(
      { ...tinyVdsr, input: { channels: 1, height: 32, width: 8 } },
      tinyPairs(),
      'tiny-vdsr: learns from patches of 32x8 pixels, no training picture of discs is as large; make the spec for ' +
        'smaller ones: preset(name, { input })',
    )
  })

  test.each<[RecipeOptions, string]>([
    [{ loss: 'cross-entropy' }, 'recipe.loss: a network that upscales pictures has squared or l1, got "cross-entropy"'],
    [
      { labelSmoothing: 0.1 },
      'recipe.labelSmoothing: expected a number of 0 for a network that upscales pictures, got 0.1',
    ],
    [
      { augmentation: { pad: 4, flip: true } },
      'recipe.augmentation.pad: expected a number of 0 for a network that upscales pictures, got 4',
    ],
    [
      { augmentation: { pad: 0, flip: true, jitter: { brightness: 1, contrast: 0, saturation: 0 } } },
      'recipe.augmentation: patches are mirrored and turned only; leave resizedCrop and jitter out',
    ],
  ])('a recipe %j', (options, message) => {
    expect(() => completeRecipe(options, 'upscale')).toThrow(new ConfigError(message))
  })

  test('a loss of pictures for classes', () => {
    expect(() => completeRecipe({ loss: 'l1' })).toThrow(
      new ConfigError('recipe.loss: a network that classifies has cross-entropy, got "l1"'),
    )
  })
})

test('each optimizer has its own rate', () => {
  expect(completeRecipe({}, 'upscale')).toMatchObject({ optimizer: 'adam', lr: 0.001, momentum: 0, loss: 'squared' })
  expect(completeRecipe({ optimizer: 'sgd' }, 'upscale')).toMatchObject({ lr: 0.1, momentum: 0.9 })
})
