// A task of one's own, handed in from this folder, goes through all commands and through the library.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test, vi } from 'vitest'
import { createTrainer, evaluate, load, resumeTrainer, train } from '../../src/api/compute.node.js'
import { main } from '../../src/cli/main.js'
import { commandTasks } from '../../src/cli/tasks/index.js'
import type { CommandTask, CommandTasks } from '../../src/cli/tasks/task.js'
import { builtin } from '../../src/data/builtin/builtin.js'
import { readPicture } from '../../src/data/picture/file.node.js'
import { preset } from '../../src/spec/presets.js'
import { tasks } from '../../src/tasks/index.js'
import { forUpscaling } from '../../src/tasks/upscale/luminance-planes.js'
import { encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import { readAnyCheckpoint } from '../../src/train/run/folder.node.js'
import { measure, pictures, redBlue8 } from './two-numbers.js'

const library = { ...tasks, measure }
const compute = { engine: 'reference', tasks: library } as const

const mine: CommandTask<'measure'> = {
  task: measure,
  networks: ['redblue8'],
  training: {
    foreign: ['scale'],
    begin: async ({ steps, batchSize }, signal) => ({
      trainer: (await createTrainer(redBlue8(), pictures(), { steps, batchSize }, { ...compute, signal })) as never,
      name: 'redblue8',
    }),
    goOn: async (_, checkpoint, __, signal) => resumeTrainer(checkpoint, pictures(), { ...compute, signal }),
    agreements: () => [],
    words: { step: () => [], epoch: () => ['red and blue'] },
    figures: ({ test: tested }) => `error ${(tested as { error: number }).error}`,
  },
  evaluate: async (network, _, signal) => {
    const figures = await evaluate(network, pictures(), { ...compute, signal })
    return { figures: { error: (figures as unknown as { error: number }).error }, text: 'measured' }
  },
  predict: async (network, files) => {
    await using net = await load(network, compute)
    return await Promise.all(
      files.map(async (file) => {
        const { numbers } = await net.outputs(net.prepare([await readPicture(file)]))
        return { answer: { numbers: [...numbers!.data] }, text: [...numbers!.data].join(' ') }
      }),
    )
  },
}
const table = { ...commandTasks, measure: mine } as unknown as CommandTasks

async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name === 'stdout' ? 'out' : 'err'] += String(text)
      return true
    }),
  )
  try {
    return { code: await main(argv, { tasks: table }), ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

test('a task that is handed in trains, goes on, is evaluated, predicts, is converted and summed up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-task-'))
  const at = (name: string) => join(folder, name)
  const trained = (...flags: readonly string[]) => run('train', ...flags, '--engine', 'reference', '--json')
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
  const refused = await main(['summary', weights]).catch(() => -1)
  expect(refused).toBe(1)
  await expect(readAnyCheckpoint(weights)).rejects.toThrow(
    `${weights}: head: kind must be one of classifier, picture, got "numbers"`,
  )
}, 120_000)

test('the type of a network tells its data', () => {
  const unused = async () => {
    const [classes, pairs] = [builtin(), forUpscaling(builtin(), [2])]
    // @ts-expect-error a net that gives pictures does not learn from classes
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
