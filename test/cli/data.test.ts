/** `resnet data`, and training on a folder of pictures, as a person types them. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folderWith } from '../data/folder/folders.js'
import { resnet } from './run.js'

const server = createServer((_, response) => void response.writeHead(404).end())
let address = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => void server.close())

/** Dark and bright pictures, and one that is none. */
async function pictures(): Promise<string> {
  const files: Record<string, Uint8Array> = { 'train/dark/none.jpg': Buffer.from('no picture') }
  for (let i = 0; i < 24; i++) {
    const [name, level] = i % 2 ? ['bright', 180 + i] : ['dark', 20 + i]
    const background = { r: level!, g: level!, b: level! } as { r: number; g: number; b: number }
    const bytes = await sharp({ create: { width: 20, height: 16, channels: 3, background } })
      .png()
      .toBuffer()
    files[`train/${name}/${i}.png`] = bytes
    if (i < 8) files[`val/${name}/${i}.png`] = bytes
  }
  return folderWith(files)
}

describe('resnet data', () => {
  test('says what is wrong with an address, and what to do', async () => {
    const folder = await folderWith({})
    const { code, err } = await resnet(['data', 'cifar10', '--data', folder, '--from', address])
    expect(err).toBe(
      `resnet: ${address}/cifar-10-binary.tar.gz: the server answers 404 Not Found; the file may have moved: name another address with --from\n`,
    )
    expect(code).toBe(1)
  })

  test('decodes a folder and lists what cannot be read', async () => {
    const path = await pictures()
    const { code, out } = await resnet(['data', 'folder', '--data', path, '--size', '16'])
    expect(out).toBe(
      'folder: 2 classes, pictures: 24 to train on, 8 to test on\nnote: 8 of the 8 test pictures are copies of pictures to learn from, byte by byte: they make the error too small; take them out of one side\ncannot be read: 1\n  train/dark/none.jpg: is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else\n',
    )
    expect(code).toBe(0)
    const json = JSON.parse((await resnet(['data', 'folder', '--data', path, '--size', '16', '--json'])).out)
    expect(json).toMatchObject({ classes: ['bright', 'dark'], train: 24, test: 8 })
    expect(json.unreadable).toHaveLength(1)
  })

  test('wrong usage ends with 2', async () => {
    const { code, err } = await resnet(['data', 'cifar11'])
    expect([code, err]).toEqual([2, expect.stringContaining('Did you mean cifar10?')])
  })
})

describe('resnet train on a folder', () => {
  test('with part of it split off, resized crops and jitter, goes on to the same weights', async () => {
    const path = await pictures()
    const flags = ['train', '--data', path, '--engine', 'reference', '--json']
    const recipe = ['-a', 'resnet8', '--dataset', 'folder', '--size', '8', '-b', '5', '--seed', '3']
    const kind = ['--val-split', '0.25', '--augment', 'resized-crop', '--jitter', '0.4']
    const run = join(path, 'run')
    const whole = await resnet([...flags, ...recipe, ...kind, '--epochs', '2', '--save-dir', run])
    expect(whole.err).toContain('resnet8 on folder: 18 training and 8 test pictures')
    expect(whole.err).toContain('1 pictures cannot be read and are left out:\n  train/dark/none.jpg: ')
    expect(whole.code).toBe(0)
    const again = await resnet([...flags, '--resume', run])
    expect(JSON.parse(again.out).weightHash).toBe(JSON.parse(whole.out).weightHash)
    const other = await resnet([...flags, '--resume', run, '--jitter', '0.3'])
    expect([other.code, other.err]).toEqual([
      2,
      'resnet: --jitter 0.3,0.3,0.3: the resumed run has 0.4,0.4,0.4; leave the flag out, or start a new run\n',
    ])
    const evaluated = await resnet([
      'eval',
      '--weights',
      join(run, 'last.safetensors'),
      '--dataset',
      'folder',
      '--data',
      path,
      '--engine',
      'reference',
      '--json',
    ])
    expect(JSON.parse(evaluated.out)).toMatchObject({ count: 8 })
  })

  test('without parts holds some out, and goes on with the same; a val/ alone is judged', async () => {
    const files: Record<string, Uint8Array> = {}
    for (let i = 0; i < 20; i++) {
      const background = { r: 12 * i, g: 12 * i, b: 12 * i }
      const drawn = sharp({ create: { width: 20, height: 16, channels: 3, background } })
      files[`${i < 10 ? 'dark' : 'bright'}.${i}.png`] = await drawn.png().toBuffer()
    }
    const path = await folderWith(files)
    const common = ['--data', path, '--engine', 'reference', '--json']
    const run = join(path, 'runs/one')
    const recipe = ['-a', 'resnet8', '--dataset', 'folder', '--size', '8', '-b', '5', '--seed', '3']
    const whole = await resnet(['train', ...common, ...recipe, '--epochs', '2', '--save-dir', run])
    expect(whole.err).toContain('tested on 4 of 20 pictures, held out by chance (seed 3, of each class its share)\n')
    expect(whole.err).toContain('note: classes are read from the names of the pictures: bright (10), dark (10)\n')
    expect(whole.err).toContain('resnet8 on folder: 16 training and 4 test pictures')
    const again = await resnet(['train', ...common, '--resume', run])
    expect(JSON.parse(again.out).weightHash).toBe(JSON.parse(whole.out).weightHash)
    const names = Object.keys(files).slice(0, 4)
    const judged = await folderWith({
      ...Object.fromEntries(names.map((name) => [`val/${name}`, files[name]!])),
      'val/labels.csv': ['file,label', ...names.map((name, i) => `${name},${i % 2 ? 'dark' : 'bright'}`)].join('\n'),
    })
    const weights = join(run, 'last.safetensors')
    const evaluated = await resnet(['eval', '--weights', weights, '--data', judged, '--engine', 'reference', '--json'])
    expect(JSON.parse(evaluated.out)).toMatchObject({ count: 4 })
    expect(evaluated.err).toContain('judged on the 4 pictures in val/')
  })

  test.each([
    [['--augment', 'flip'], 'Legal values: crop, resized-crop, none.'],
    [['--jitter', '2'], 'Expected a number from 0 to 1, or three of them.'],
    [['--jitter', '0.1,0.2'], 'Expected a number from 0 to 1, or three of them.'],
    [['--val-split', '7000'], 'val split: got 7000, expected a whole number of pictures from 1 to 4999'],
  ])('refuses %j', async (flags, message) => {
    const { code, err } = await resnet(['train', '--engine', 'reference', ...flags])
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})
