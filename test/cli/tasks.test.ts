/**
 * Every task on every command: those of the package, and one that is handed in. A command does its work, or says in the
 * words of a shell what the network is for and what the command is for.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands/index.js'
import { commandTasks } from '../../src/cli/tasks/index.js'
import type { Saved } from '../../src/cli/tasks/task.js'
import { ConfigError } from '../../src/util/errors.js'
import { library, withMeasuring } from '../tasks/measure-command.js'
import type { Outcome } from './run.js'
import { within } from './within.js'

const base = mkdtempSync(join(tmpdir(), 'resnet tasks '))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const at = (...names: readonly string[]) => join(base, ...names)
const picture = at('pictures', 'red', '0.png')

const names = ['classify', 'upscale', 'measure'] as const
type Name = (typeof names)[number]

/** The smallest training of each. */
const nets: { readonly [N in Name]: { readonly net: string; readonly flags: readonly string[] } } = {
  classify: { net: 'resnet8', flags: '--size 16 --limit-train 8 --limit-test 4 -b 4 --steps 1'.split(' ') },
  upscale: { net: 'edsr_baseline', flags: '--size 4 --limit-train 2 --limit-test 1 -b 1 --steps 1'.split(' ') },
  measure: { net: 'redblue8', flags: '-b 4 --steps 1'.split(' ') },
}
const weightsOf = (name: Name) => at(name, 'last.safetensors')
const call = (...argv: readonly string[]) => within(argv, withMeasuring)

const trained = new Map<Name, Outcome>()
beforeAll(async () => {
  for (const [channel, hue] of ['red', 'green'].entries()) {
    mkdirSync(at('pictures', hue), { recursive: true })
    for (let i = 0; i < 4; i++) {
      const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, k) => (k % 3 === channel ? 200 : (k * (i + 3)) % 50))
      const raw = { width: 16, height: 16, channels: 3 } as const
      await sharp(pixels, { raw }).toFile(at('pictures', hue, `${i}.png`))
    }
  }
  for (const name of names) {
    const { net, flags } = nets[name]
    trained.set(name, await call('train', '-a', net, ...flags, '--threads', '1', '--save-dir', at(name)))
  }
}, 240_000)

/** What a command says: on standard output where it works, on standard error where it does not. */
type Says = { readonly out: RegExp } | { readonly code: 1 | 2; readonly err: RegExp }
interface Case {
  readonly argv: (name: Name) => readonly string[]
  readonly says: { readonly [N in Name]: Says }
}

const does = { classify: 'classifies', upscale: 'upscales pictures', measure: 'measures pictures' } as const
/** What a network is for, what the command is for, and what to do instead. */
const refused = (name: Name, command: string, purpose: string, instead: string): Says => ({
  code: 2,
  err: new RegExp(
    `^resnet: ${nets[name].net}: this network ${does[name]} \\(task ${name}\\), and the command ${command} ${purpose}; ${instead}\\n$`,
  ),
})
const same = (says: Says) => ({ classify: says, upscale: says, measure: says })
const weighed = (command: string, ...more: readonly string[]) => ({
  argv: (name: Name) => [command, ...more, '--weights', weightsOf(name)],
})
const enlarge = 'make pictures larger with it by the command upscale'
const tuning = 'teaches a network the classes of other pictures'
const noTuning = {
  upscale: refused('upscale', 'finetune', tuning, 'go on with its training by the command train --resume'),
  measure: refused('measure', 'finetune', tuning, 'train it anew'),
} as const
/** Commands that ask for no network. */
const without = (command: string): Case => ({
  argv: (name) => [command, nets[name].net],
  says: same({ code: 2, err: /^error: (too many arguments|.* is invalid for argument)/ }),
})

const cases: { readonly [command: string]: readonly Case[] } = {
  demo: [without('demo')],
  train: [
    {
      argv: (name) => ['train', '--resume', at(name)],
      says: {
        classify: { out: /^test error [\d.]+ % \(loss [\d.]+\), training error/ },
        upscale: { out: /^test PSNR [\d.]+ dB, SSIM/ },
        measure: { out: /^error [\d.]+\n/ },
      },
    },
    {
      argv: (name) => ['train', '-a', nets[name].net, name === 'upscale' ? '--augment' : '--scale', '2'],
      says: {
        classify: { code: 2, err: /--scale: has no meaning for a network that classifies; leave it out\n$/ },
        upscale: { code: 2, err: /--augment/ },
        measure: { code: 2, err: /--scale: has no meaning for a network that measures pictures; leave it out\n$/ },
      },
    },
    {
      argv: (name) => [
        'train',
        '-a',
        nets[name].net,
        '--dataset',
        'folder',
        '--steps',
        '1',
        '-b',
        '4',
        '--save-dir',
        at('none'),
      ],
      says: {
        classify: {
          code: 2,
          err: /--data: missing; folder needs the path of a folder of pictures, with a folder for each class/,
        },
        upscale: { code: 2, err: /--data: missing; folder needs the path of a folder of pictures to enlarge/ },
        measure: { out: /^error/ }, // it has pictures of its own
      },
    },
  ],
  study: [without('study')],
  finetune: [
    {
      argv: (name) => [
        ...['finetune', at('pictures'), '--weights', weightsOf(name), '--freeze', 'all', '--steps', '1'],
        ...['--threads', '1', '--save-dir', at('tuned')],
      ],
      says: { classify: { out: /pictures are recognised/ }, ...noTuning },
    },
    {
      argv: (name) => ['finetune', at('pictures'), '--resume', at(name)],
      says: {
        classify: {
          code: 2,
          err: /resnet8: this checkpoint comes from no fine-tuning; begin one with --weights, or go on by the command train --resume\n$/,
        },
        ...noTuning,
      },
    },
  ],
  eval: [
    {
      ...weighed('eval', '--limit-test', '1'),
      says: {
        classify: { out: /^resnet8 on 1 test pictures of builtin: error [\d.]+ %/ },
        upscale: { out: /^edsr_baseline on 1 test pictures of builtin: PSNR [\d.]+ dB/ },
        measure: { out: /^measured\n$/ },
      },
    },
  ],
  predict: [
    {
      ...weighed('predict', picture),
      says: {
        classify: { out: /0\.png\n.* %/ },
        upscale: refused('upscale', 'predict', 'classifies pictures', enlarge),
        measure: { out: /^-?[\d.e-]+ -?[\d.e-]+\n$/ },
      },
    },
  ],
  embed: [
    {
      ...weighed('embed', picture, '--out', at('features.npy')),
      says: {
        classify: { out: /: 1 pictures, 64 features each, in the order of the pictures\n$/ },
        upscale: refused('upscale', 'embed', 'writes the features of pictures', enlarge),
        measure: refused(
          'measure',
          'embed',
          'writes the features of pictures',
          'its two numbers are all that it knows',
        ),
      },
    },
  ],
  upscale: [
    {
      ...weighed('upscale', picture, '--out', at('large.png')),
      says: {
        classify: refused(
          'classify',
          'upscale',
          'makes pictures larger',
          'take a network such as vdsr20 or edsr_baseline',
        ),
        upscale: { out: /large\.png {2}32x32\n$/ },
        measure: refused('measure', 'upscale', 'makes pictures larger', 'leave pictures as large as they are'),
      },
    },
  ],
  list: [
    {
      argv: () => ['list'],
      says: {
        classify: { out: /Networks that classify\n\nname .* error +published in *\n[\s\S]*\nresnet8 / },
        upscale: { out: /Networks that upscale pictures\n\nname .* MACs *\n[\s\S]*\nedsr_baseline / },
        measure: { out: /Networks that measure pictures\n\nname .* MACs *\n.*\nredblue8 +3x16x16 / },
      },
    },
    {
      argv: () => ['list', '--json'],
      says: {
        classify: { out: /\{"name":"resnet8","task":"classify"/ },
        upscale: { out: /\{"name":"vdsr20","task":"upscale"/ },
        measure: { out: /\{"name":"redblue8","task":"measure","input":\[3,16,16\]/ },
      },
    },
  ],
  summary: [
    {
      argv: (name) => ['summary', nets[name].net, '-b', '2'],
      says: {
        classify: { out: /^resnet8: [^\n]* 10 classes\n[\s\S]*training with 2 pictures per step/ },
        upscale: { out: /^edsr_baseline: [^\n]* output 2 times as large\n[\s\S]*training with 2 pictures/ },
        measure: { out: /^redblue8: [^\n]* 2 numbers a picture\n[\s\S]*training with 2 pictures per step/ },
      },
    },
    {
      argv: (name) => ['summary', weightsOf(name)],
      says: { classify: { out: /^resnet8: / }, upscale: { out: /^edsr_base/ }, measure: { out: /^redblue8: / } },
    },
    {
      argv: (name) => ['summary', nets[name].net, '--classes', '4', '--size', '16'],
      says: {
        classify: { out: /3x16x16 pictures, 4 classes/ },
        upscale: {
          code: 2,
          err: /--classes: edsr_baseline upscales pictures and has no classes; leave the flag out\n$/,
        },
        measure: { out: /^redblue8/ },
      },
    },
  ],
  convert: [
    { argv: (name) => ['convert', weightsOf(name), at(`${name}.onnx`)], says: same({ out: /^wrote .*\.onnx\n$/ }) },
    {
      argv: (name) => ['convert', weightsOf(name), at(`${name}.safetensors`)],
      says: same({ out: /^wrote .*\.safetensors\n$/ }),
    },
  ],
  data: [without('data')],
  lab: [without('lab')],
  doctor: [without('doctor')],
  bench: [
    {
      argv: (name) => ['bench', '--only', nets[name].net],
      says: same({ code: 2, err: /^resnet: bench --only \w+: it is in none of the suites kernels, train/ }),
    },
  ],
}

test('the table has all commands', () => {
  expect(Object.keys(cases)).toEqual(commands.map(({ name }) => name))
})

test.each(names)('a network for the task %s is trained', (name) => {
  const { code, out, err } = trained.get(name)!
  expect([code, err]).toEqual([0, expect.stringMatching(/saved in|engine|epoch 1\/1/)])
  expect(out).toContain(`saved in ${at(name)}: last.safetensors`)
})

test('a task says its advice before a run begins', () => {
  expect(trained.get('measure')!.err).toContain('note: red and blue are enough\n')
})

/** Words of those who call functions: `upscale()`, `{ scale: 2 }`. */
const code = /\w\(\)|\{ \w+:?|\b(recipe|options)\.\w/

describe.each(Object.entries(cases))('%s', (_, own) => {
  const each = own.flatMap(({ argv, says }) =>
    names.map((name) => [argv(name).join(' '), argv(name), says[name]] as const),
  )
  test.each(each)(
    '%s',
    async (_, argv, says) => {
      const outcome = await call(...argv)
      if ('out' in says) {
        expect(outcome.code, outcome.err).toBe(0)
        expect(outcome.out).toMatch(says.out)
        return
      }
      expect(outcome).toEqual({ code: says.code, out: '', err: expect.stringMatching(says.err) })
      expect(outcome.err).not.toMatch(code)
    },
    60_000,
  )
})

test.each(['eval', 'predict', 'embed', 'upscale', 'finetune', 'convert', 'summary'])(
  '%s without the task of the weights names the file and the kinds of heads that are known',
  async (command) => {
    const weights = weightsOf('measure')
    const argv = {
      ...Object.fromEntries(['predict', 'upscale'].map((name) => [name, [picture, '--weights', weights]])),
      embed: [picture, '--weights', weights, '--out', at('none.npy')],
      eval: ['--weights', weights],
      finetune: [at('pictures'), '--weights', weights],
      convert: [weights, at('none.onnx')],
      summary: [weights],
    }[command]!
    expect(await within([command, ...argv])).toEqual({
      code: 1,
      out: '',
      err: `resnet: ${weights}: head: kind must be one of classifier, picture, got "numbers"\n`,
    })
  },
)

test('a checkpoint goes on with its own task only', async () => {
  const saved = { file: 'x.safetensors', checkpoint: { spec: { head: { kind: 'picture' } } } } as Saved
  const never = new AbortController().signal
  await expect(commandTasks.classify.train.goOn(library, saved, { engine: 'auto' }, never)).rejects.toThrow(
    new ConfigError('x.safetensors: its network is for another task than classify'),
  )
})

describe('a command that fails leaves the folder of a run to others', () => {
  const lock = (name: Name | 'tuned') => existsSync(at(name, 'run.lock'))
  test.each<[string, Name | 'tuned', readonly string[]]>([
    ['another recipe', 'classify', ['train', '--resume', at('classify'), '--lr', '0.7']],
    ['a flag without meaning', 'upscale', ['train', '--resume', at('upscale'), '--label-smoothing', '0.1']],
    [
      'an engine that is not here',
      'classify',
      ['train', '--resume', at('classify'), '--engine', 'native', '--data', 'x'],
    ],
    ['no fine-tuning', 'classify', ['finetune', at('pictures'), '--resume', at('classify')]],
    ['another task', 'upscale', ['finetune', at('pictures'), '--resume', at('upscale')]],
    ['other pictures', 'tuned', ['finetune', at('none'), '--resume', at('tuned')]],
  ])('%s', async (_, name, argv) => {
    const { code } = await call(...argv)
    expect([code === 0, lock(name)]).toEqual([false, false])
  })
})
