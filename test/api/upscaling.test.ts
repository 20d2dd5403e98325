/** Networks that enlarge, through the public functions: trained, measured, and written as ONNX. */
import { describe, expect, test } from 'vitest'
import { createTrainer, evaluateCheckpoint, exportOnnx, train } from '../../src/node.js'
import { ConfigError } from '../../src/util/errors.js'
import { tinyEdsr, tinyPairs, tinyVdsr } from '../train/tiny-upscaling.js'

const recipe = { batchSize: 8, steps: 3, lr: 0.01 }
const options = { engine: 'reference' } as const

test('what training says, an evaluation of its checkpoint says again', async () => {
  const data = tinyPairs([2, 3])
  const result = await train(tinyVdsr, data, recipe, options)
  const { count, psnr, ssim, bicubic, scales } = await evaluateCheckpoint(result.checkpoint, data, options)
  expect(result.test).toEqual({ psnr, ssim, bicubic })
  expect([count, scales.length]).toEqual([2, 2])
})

describe('what cannot be measured', () => {
  test('a scale that was not learned', async () => {
    await using trainer = await createTrainer(tinyVdsr, tinyPairs([2]), recipe, options)
    await expect(evaluateCheckpoint(await trainer.checkpoint(), tinyPairs([2, 4]), options)).rejects.toThrow(
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
