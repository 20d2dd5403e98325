// A task of one's own, handed in from this folder, goes through all commands and through the library.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { createTrainer, finetune, probe, train, untrained } from '../../src/api/compute.node.js'
import { planBytes, profile } from '../../src/api/engines/profile.node.js'
import { builtin } from '../../src/data/builtin/builtin.js'
import { preset } from '../../src/spec/presets.js'
import { forUpscaling } from '../../src/tasks/upscale/luminance-planes.js'
import { encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import { readAnyCheckpoint } from '../../src/train/run/folder.node.js'
import { ConfigError } from '../../src/util/errors.js'
import { within } from '../cli/within.js'
import { compute, library, withMeasuring } from './measure-command.js'
import { pictures, redBlue8 } from './two-numbers.js'

const run = (...argv: readonly string[]) => within(argv, withMeasuring)

test('a task that is handed in trains, goes on, is evaluated, predicts, is converted and summed up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-task-'))
  const at = (name: string) => join(folder, name)
  const trained = (...flags: readonly string[]) => run('train', ...flags, '--json')
  const begun = await trained('-a', 'redblue8', '--steps', '4', '-b', '8', '--save-dir', at('whole'))
  expect(begun).toMatchObject({ code: 0 })
  const { weightHash, test: tested } = JSON.parse(begun.out) as { weightHash: string; test: { error: number } }

  // A training that was stopped after two steps goes on to the same bits.
  const trainer = await createTrainer(redBlue8(), pictures(), { steps: 4, batchSize: 8 }, compute)
  for await (const _ of trainer.steps(2));
  mkdirSync(at('stopped'))
  writeFileSync(
    join(at('stopped'), 'last.safetensors'),
    encodeCheckpoint(await trainer.checkpoint(), undefined, library),
  )
  await trainer.dispose()
  const resumed = await trained('--resume', at('stopped'))
  expect(resumed.err).toContain('redblue8 on builtin: goes on after step 2 of 4')
  expect((JSON.parse(resumed.out) as { weightHash: string }).weightHash).toBe(weightHash)

  const weights = join(at('whole'), 'last.safetensors')
  const measured = await run('eval', '--weights', weights, '--json')
  expect(JSON.parse(measured.out)).toEqual({ error: tested.error })

  await sharp({ create: { width: 16, height: 16, channels: 3, background: '#f00' } }).toFile(at('red.png'))
  const predicted = await run('predict', at('red.png'), '--weights', weights, '--json')
  expect(predicted).toMatchObject({ code: 0 })
  const { network, pictures: told } = JSON.parse(predicted.out)
  expect(network).toBe('redblue8')
  expect(told).toEqual([{ file: at('red.png'), numbers: [expect.any(Number), expect.any(Number)] }])

  for (const name of ['out.onnx', 'out.safetensors'])
    expect(await run('convert', weights, at(name))).toMatchObject({ code: 0, out: `wrote ${at(name)}\n` })
  expect(readFileSync(at('out.onnx')).toString('latin1')).toContain('numbers')
  const summed = await run('summary', at('out.safetensors'))
  expect(summed.out).toContain('redblue8: 8 weighted layers, 3x16x16 pictures, 2 numbers a picture')
  expect(existsSync(join(at('whole'), 'metrics.jsonl'))).toBe(true)

  // Without the task its file is one clear error, which names the file, the kind and the kinds that are known.
  expect(await within(['summary', weights])).toMatchObject({ code: 1, out: '' })
  await expect(readAnyCheckpoint(weights)).rejects.toThrow(
    `${weights}: head: kind must be one of classifier, picture, got "numbers"`,
  )
}, 120_000)

test('the type of a network tells its data', () => {
  const unused = async () => {
    const [classes, pairs] = [builtin(), forUpscaling(builtin(), [2])]
    // @ts-expect-error a net that upscales pictures does not learn from classes
    await train(preset('vdsr20'), classes)
    // @ts-expect-error a classifier does not learn from pictures to enlarge
    await train(preset('resnet20'), pairs)
    const { test: tested } = await train(preset('vdsr20'), pairs)
    expect(tested.psnr).toBeTypeOf('number')
    // @ts-expect-error one message, about the field
    await train(preset('resnet20'), classes, { lr: 'fast' })
  }
  expect(unused).toBeTypeOf('function')
})

test('networks of a task that is handed in are made and measured; what needs classes says so', async () => {
  const net = redBlue8()
  const { preprocessing, weights } = untrained(net, { tasks: library })
  expect(preprocessing.classes).toEqual([])
  expect(weights.get('head.linear.weight')!.shape).toEqual([2, 64])
  const bytes = (mode: 'training' | 'inference') => planBytes(net, { ...compute, mode, batch: 2 })
  expect(await bytes('training')).toBeGreaterThan(await bytes('inference'))
  const { parts } = await profile(net, { ...compute, mode: 'inference', rounds: 1 })
  expect(parts.length).toBeGreaterThan(8)
  expect(await planBytes(preset('edsr_baseline'), { mode: 'training', batch: 1, threads: 1 })).toBeGreaterThan(0)

  const network = { spec: net, preprocessing, weights }
  const lacking = new ConfigError('redblue8: this network measures pictures and is not a classifier')
  await expect(probe(network, new Float32Array(3 * 16 * 16), { tasks: library })).rejects.toThrow(lacking)
  await expect(finetune(network, builtin({ size: 16, train: 20, test: 10 }), { tasks: library })).rejects.toThrow(
    lacking,
  )
  const unknown = 'head: kind must be one of classifier, picture, got "numbers"'
  expect(() => untrained(net)).toThrow(unknown)
  await expect(profile(net)).rejects.toThrow(unknown)
  await expect(planBytes(net)).rejects.toThrow(unknown)
  await expect(probe(network, new Float32Array(3 * 16 * 16))).rejects.toThrow(unknown)
})
