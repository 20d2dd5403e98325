/** The programs of examples/ have the types of the package, and do what their first lines say. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { builtin, forUpscaling, load, train, vdsr } from '../../src/node.js'
import { records, tinyCifar10 } from '../data/cifar/make-cifar.js'
import { root } from '../formats/others.js'
import { folderFor, withoutTypes } from './examples.js'

const folder = folderFor('programs')
const weights = join(root, 'test/formats/fixtures/bearpaw.safetensors')
const at = (name: string) => join(folder, name)

/** Runs a program in the folder; standard output. */
function run(name: string, ...args: readonly string[]): string {
  const code = readFileSync(join(root, 'examples', `${name}.ts`), 'utf8')
  writeFileSync(at(`${name}.mjs`), withoutTypes(code))
  return execFileSync(process.execPath, [`${name}.mjs`, ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  const draw = (file: string, background: string) =>
    sharp({ create: { width: 40, height: 40, channels: 3, background, noise } }).toFile(at(file))
  for (const [label, colour] of [
    ['red', '#e11'],
    ['blue', '#11e'],
  ] as const) {
    mkdirSync(at(join('my-pictures', label)), { recursive: true })
    for (let i = 0; i < 8; i++) await draw(join('my-pictures', label, `${i}.png`), colour)
  }
  await draw('new.png', '#d22')
  await draw('cat.png', '#864')
})

test('each program is tested here', () => {
  const names = readdirSync(join(root, 'examples')).map((file) => file.replace('.ts', ''))
  expect(names.filter((name) => !tested.includes(name))).toEqual([])
})

/** The last two by `extending.test.ts`. */
const tested = ['classify', 'train-cifar', 'fine-tune', 'upscale', 'own-network', 'own-graph']

describe('programs', () => {
  test('classify', () => {
    expect(run('classify', weights, 'cat.png', 'new.png')).toMatch(
      /^cat\.png: class \d+ \(\d+\.\d %\)\nnew\.png: class/,
    )
  })

  test('train-cifar', async () => {
    mkdirSync(at('data'))
    // As many pictures as a batch of 128 takes, with a tenth of them to validate on.
    const files = { ...tinyCifar10 }
    for (let i = 1; i <= 5; i++)
      files[`data_batch_${i}.bin`] = records(
        Array.from({ length: 30 }, (_, k) => [k % 10]),
        i,
      )
    for (const [name, bytes] of Object.entries(files)) writeFileSync(at(join('data', name)), bytes)
    const said = run('train-cifar', 'data', 'net.safetensors', '1')
    expect(said).toMatch(/^epoch 1: validation error \d+\.\d\d %\ntest accuracy \d+\.\d\d %\n$/)
    await using net = await load(at('net.safetensors'))
    expect(net.spec.name).toBe('resnet20')
    expect(net.preprocessing.classes).toContain('truck')
  })

  test('fine-tune', () => {
    const said = run('fine-tune', weights, 'my-pictures', 'new.png')
    expect(said).toMatch(/^\d+\.\d % of \d pictures that were held out are recognised\nnew\.png: red\n$/)
    expect(existsSync(at('tuned.safetensors'))).toBe(true)
  })

  test('upscale', async () => {
    const spec = vdsr({ depth: 3, width: 4, input: { channels: 1, height: 16, width: 16 } })
    const { network } = await train(spec, forUpscaling(builtin({ train: 8, test: 2 }), [2]), { steps: 1, batchSize: 4 })
    await network.save(at('upscaler.safetensors'))
    await network.dispose()
    expect(run('upscale', 'upscaler.safetensors', 'cat.png', 'large.png')).toBe('large.png: 80x80 pixels\n')
    expect(await sharp(at('large.png')).metadata()).toMatchObject({ width: 80, height: 80, channels: 3 })
  })
})
