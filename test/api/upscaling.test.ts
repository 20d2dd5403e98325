/** Networks that enlarge, through the public functions: trained, measured, and written as ONNX. */
import { describe, expect, test } from 'vitest'
import {
  builtin,
  createTrainer,
  evaluate,
  exportOnnx,
  finetune,
  load,
  preset,
  train,
  untrained,
} from '../../src/internal.node.js'
import { ConfigError, DataError } from '../../src/util/errors.js'
import { tinyEdsr, tinyPairs, tinyVdsr } from '../tasks/upscale/tiny.js'

const recipe = { batchSize: 8, steps: 3, lr: 0.01 }
const options = { engine: 'reference' } as const

test('what training says, an evaluation of its checkpoint says again', async () => {
  const data = tinyPairs([2, 3])
  const result = await train(tinyVdsr, data, recipe, options)
  const { count, psnr, ssim, bicubic, scales } = await evaluate(result.checkpoint, data, options)
  expect(result.test).toEqual({ psnr, ssim, bicubic })
  expect([count, scales.length]).toEqual([2, 2])
})

describe('what cannot be measured', () => {
  test('a scale that was not learned', async () => {
    await using trainer = await createTrainer(tinyVdsr, tinyPairs([2]), recipe, options)
    await expect(evaluate(await trainer.checkpoint(), tinyPairs([2, 4]), options)).rejects.toThrow(
      new ConfigError('tiny-vdsr: enlarges 2 times, got scale 4; take weights that were trained for this scale'),
    )
  })

  test('no pictures', async () => {
    await using trainer = await createTrainer(tinyVdsr, tinyPairs([2]), recipe, options)
    await expect(trainer.evaluate([])).rejects.toThrow(
      new ConfigError('evaluation: expected at least one picture, got none'),
    )
  })
})

test.each([tinyVdsr, tinyEdsr])('$name as ONNX', async (spec) => {
  await using trainer = await createTrainer(spec, tinyPairs([2]), recipe, options)
  const text = new TextDecoder('latin1').decode(await exportOnnx(await trainer.checkpoint()))
  const wanted = [
    'pictures',
    'picture',
    'height',
    'width',
    'Conv',
    ...(spec === tinyEdsr ? ['DepthToSpace', 'Mul'] : []),
  ]
  for (const word of wanted) expect(text).toContain(word)
})

test('a network that upscales pictures names no classes, and has none to learn', async () => {
  await using trainer = await createTrainer(tinyVdsr, tinyPairs([2]), recipe, options)
  const checkpoint = await trainer.checkpoint()
  await using net = await load(checkpoint, options)
  const picture = { width: 8, height: 8, data: new Uint8Array(4 * 64) }
  const error = new ConfigError('tiny-vdsr: this network upscales pictures and is not a classifier; call its upscale()')
  await expect(net.classify(picture)).rejects.toThrow(error)
  await expect(net.explain(picture)).rejects.toThrow(error)
  await expect(net.embed(picture)).rejects.toThrow(error)
  await expect(net.logits(new Float32Array(64))).rejects.toThrow(error)
  await expect(finetune(checkpoint, builtin({ train: 10, test: 10 }), options)).rejects.toThrow(error)
})

describe('upscale', () => {
  /** Before its first step the net is bicubic enlargement. */
  async function open(scales: readonly number[]) {
    await using trainer = await createTrainer(tinyVdsr, tinyPairs(scales), recipe, options)
    return load(await trainer.checkpoint(), options)
  }
  const picture = (channels: number, most: number, alpha = most) => {
    const values = Array.from({ length: 5 * 4 * channels }, (_, i) =>
      channels % 2 === 0 && i % channels === channels - 1 ? alpha : Math.round((most * ((i * 7) % 11)) / 11),
    )
    return { width: 5, height: 4, data: most === 255 ? Uint8Array.from(values) : Uint16Array.from(values) }
  }

  test.each([
    [1, 255],
    [2, 255],
    [3, 255],
    [4, 255],
    [1, 65535],
    [3, 65535],
    [4, 65535],
  ])('%i channels up to %i stay what they are', async (channels, most) => {
    await using net = await open([2])
    const large = await net.upscale(picture(channels, most, Math.floor(most / 3)))
    expect([large.width, large.height, large.data.length]).toEqual([10, 8, 80 * channels])
    expect(large.data.constructor).toBe(picture(channels, most).data.constructor)
    const flat = await net.upscale({ width: 5, height: 4, data: picture(channels, most).data.fill(most) })
    expect([...flat.data].every((value) => value === most)).toBe(true)
    if (channels % 2 === 0) expect(large.data[channels - 1]).toBe(Math.floor(most / 3))
  })

  test('refuses what it cannot do', async () => {
    await using net = await open([2, 3])
    await expect(net.upscale(picture(3, 255))).rejects.toThrow(
      new ConfigError('tiny-vdsr: enlarges 2, 3 times; say by how much: { scale: 2 }'),
    )
    await expect(net.upscale({ ...picture(3, 255), width: 6 }, { scale: 2 })).rejects.toThrow(
      new DataError('upscale: expected 6x4 pixels of 1 to 4 values (grey, grey and alpha, RGB, RGBA), got 60 values'),
    )
    const huge = { width: 5000, height: 5000, data: new Uint8Array(25_000_000) }
    await expect(net.upscale(huge, { scale: 3 })).rejects.toThrow(
      new DataError(
        'upscale: a picture of 15000x15000 pixels is too large, 67108864 pixels are possible; cut the picture, or take a ' +
          'smaller scale',
      ),
    )
    await using other = untrained(preset('resnet8'))
    await expect(other.upscale()).rejects.toThrow(
      'resnet8: this network classifies into 10 classes and is not an upscaling network',
    )
  })
})
