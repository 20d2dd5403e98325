/** Help, wrong usage and exit codes. */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { presetNames } from '../../src/internal.js'
import { resnet } from './run.js'

describe('help', () => {
  test('lists the commands', async () => {
    const { code, out } = await resnet(['--help'])
    expect(code).toBe(0)
    for (const command of ['demo', 'train', 'study', 'eval', 'summary', 'data', 'lab', 'doctor', 'bench'])
      expect(out).toMatch(new RegExp(`^  ${command}`, 'm'))
  })

  test.each(['demo', 'train', 'study', 'eval', 'list', 'summary', 'data', 'lab', 'doctor', 'bench'])(
    '%s has an example',
    async (command) => {
      const { code, out } = await resnet([command, '--help'])
      expect(code).toBe(0)
      expect(out).toMatch(new RegExp(`Examples?:\n {2}\\$ npx --no -- resnet ${command}\\b`))
    },
  )

  test('--version', async () => {
    expect(await resnet(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })
})

describe('wrong usage ends with 2 and says what is legal', () => {
  test.each<[string[], string]>([
    [['trian'], "unknown command 'trian' (Did you mean train?); add --help for all options\n"],
    [['train', '--arch', 'resnt20'], 'Did you mean resnet20, resnet50 or resnet200? All 58 networks'],
    [['train', '-a', 'vgg'], 'Did you mean vgg15? All'],
    [
      ['train', '-a', 'alexnet'],
      "argument 'alexnet' is invalid. All 58 networks that have a name: npx --no -- resnet list",
    ],
    [['train', '-a', 'vdsr20', '--task', 'classify'], "unknown option '--task'"],
    [['train', '-a', 'vdsr20', '--val-split', '0.1'], '--val-split'],
    [
      ['train', '--dataset', 'cifar'],
      'Did you mean cifar10? Legal values: builtin, cifar10, cifar100, folder, mnist, fashion-mnist, npz, csv.',
    ],
    [
      ['train', '--dataset', 'svhn'],
      'Legal values: builtin, cifar10, cifar100, folder, mnist, fashion-mnist, npz, csv.',
    ],
    [['train', '--dataset', 'docs'], 'It is a folder or a file: write --dataset folder --data docs.'],
    [['train', '--engine', 'cuda'], 'Legal values: auto, native, wasm, reference'],
    [['train', '--schedule', 'linear'], 'Legal values: constant, step, cosine, one-cycle.'],
    [['train', '--lr', 'fast'], "argument 'fast' is invalid. Expected a number."],
    [['train', '--lr', '-1'], 'resnet: --lr: expected a number above 0, got -1\n'],
    [['train', '-b', '0'], 'Expected a whole number of at least 1.'],
    [['train', '--milestones', '1,x'], 'Expected a number.'],
    [['train', '--epochs', '1', '--steps', '1'], 'recipe: epochs 1 and steps 1 are both set; leave one of them out'],
    [['train', '--epoch', '1'], "unknown option '--epoch' (Did you mean --epochs?)"],
    [['train', '--dataset', 'cifar10'], '--data: missing; cifar10 needs the folder'],
    [['train', '--dataset', 'cifar10', '--size', '16'], '--size: the pictures of cifar10 have one size; leave it out'],
    [['train', '--size', '20'], 'resnet: --size is 20, expected 16 or 32\n'],
    [['train', '--recompute', 'block'], 'Did you mean blocks? Legal values: none, elementwise, blocks.'],
    [['train', '--resume'], '--resume: which run? Give a folder or a checkpoint, or --save-dir'],
    [['eval'], "required option '--weights <file>' not specified"],
    [['summary'], "missing required argument 'name'"],
    [['summary', 'resnet21'], 'Did you mean resnet20, resnet8 or resnet32?'],
    [['summary', 'vdsr20', '--classes', '4'], 'resnet: --classes: vdsr20 upscales pictures and has no classes'],
    [['demo', '--steps', '0'], 'Expected a whole number of at least 1.'],
    [['demo', 'fast'], 'too many arguments'],
  ])('%j', async (args, message) => {
    const { code, out, err } = await resnet(args)
    expect(err).toContain(message)
    expect(err.trimEnd()).not.toContain('\n')
    expect(code).toBe(2)
    expect(out).toBe('')
  })

  test('no command at all prints the help', async () => {
    const { code, err } = await resnet([])
    expect(code).toBe(2)
    expect(err).toContain('Usage: npx --no -- resnet')
  })
})

describe('failures end with 1 and name the file', () => {
  test.each<[string[], string]>([
    [['eval', '--weights', 'nowhere.safetensors'], 'resnet: nowhere.safetensors: cannot be read: it does not exist\n'],
    [
      ['predict', 'x.png', '--weights', 'resnet18'],
      'resnet: resnet18: cannot be read: it does not exist; resnet18 is the name of a network; give a file of its weights, or a network of the hub: hub:OWNER/NAME\n',
    ],
    [['train', '--dataset', 'cifar10', '--data', 'nowhere'], 'nowhere'],
    [['train', '--resume', 'nowhere'], 'resnet: nowhere: cannot be read: it does not exist\n'],
  ])('%j', async (args, message) => {
    const { code, err } = await resnet(args)
    expect(err).toContain(message)
    expect(err).not.toContain('    at ') // no stack
    expect(code).toBe(1)
  })
})

describe('list', () => {
  test('each network with what it costs and what its paper reports, within 80 columns', async () => {
    const { code, out } = await resnet(['list'])
    expect(code).toBe(0)
    expect(out).toMatch(/^resnet56 +3x32x32 +0\.85M +125\.5M +6\.97 {2}He 2015, table 6$/m)
    expect(out).toMatch(/^resnet110_half_shortcut .* fails {2}He 2016, table 1$/m)
    expect(out).toMatch(/^vdsr20 +1x41x41 +0\.67M/m)
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test('as JSON', async () => {
    const listed = JSON.parse((await resnet(['list', '--json'])).out) as { name: string }[]
    expect(listed).toHaveLength(presetNames.length)
    expect(listed).toContainEqual({
      name: 'resnet20',
      task: 'classify',
      input: [3, 32, 32],
      params: 269722,
      macs: expect.any(Number),
      published: { error: 8.75, data: 'CIFAR-10', where: 'He 2015, table 6' },
    })
  })
})

describe('summary', () => {
  test('prints the table, for other classes and sizes too', async () => {
    const { code, out, err } = await resnet(['summary', 'resnet20', '--classes', '100', '--size', '16'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('resnet20: 20 weighted layers, 3x16x16 pictures, 100 classes')
  })

  test('as JSON', async () => {
    const { out } = await resnet(['summary', 'resnet20', '--json'])
    expect(JSON.parse(out)).toMatchObject({ name: 'resnet20', params: 269722 })
  })

  test('with the memory of a training', async () => {
    const args = ['summary', 'resnet20', '-b', '8', '--engine', 'reference']
    const { out } = await resnet(args)
    expect(out).toMatch(
      /\ntraining with 8 pictures per step on reference: [\d.]+ MiB for the step, [\d.]+ MiB for evaluations\n$/,
    )
    const memoryOf = async (...more: string[]) =>
      (JSON.parse((await resnet([...args, '--json', ...more])).out) as { memory: { step: number } }).memory
    const memory = await memoryOf()
    expect(memory).toEqual({ step: expect.any(Number), evaluation: expect.any(Number), engine: 'reference' })
    expect((await memoryOf('--recompute')).step).toBeLessThan(memory.step / 2)
  })

  test('into a pipe that closes is no failure', async () => {
    const { code, err } = await resnet(['summary', 'resnet1202'], { closeOut: true })
    expect([code, err]).toEqual([0, ''])
  })
})

test('without a build, the command says how to build', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet bare '))
  try {
    cpSync(fileURLToPath(new URL('../../bin', import.meta.url)), join(folder, 'bin'), { recursive: true })
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'bin/resnet.js'), 'demo'], {
      encoding: 'utf8',
    })
    expect(stderr).toBe(`resnet: not built yet; run \`npm run build\` in ${folder}/\n`)
    expect(status).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
