/** Networks that read grey pictures, or four channels, from end to end: whatever a command writes, the others read. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untrainedWeights } from '../../src/api/network/untrained.js'
import { keyMaps, namedParameters } from '../../src/formats/key-maps.js'
import { exportSafetensors, load, readPicture, writeSafetensors } from '../../src/internal.node.js'
import { cifarBasic } from '../../src/spec/families.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import { Random } from '../../src/util/random.js'
import { onnxParts } from '../formats/read-onnx.js'
import { resnet } from './run.js'

const cwd = mkdtempSync(join(tmpdir(), 'resnet grey '))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
const at = (...args: string[]) => resnet(args, { cwd })
const reference = ['--engine', 'reference']
const assumed =
  'how its pictures of 1 channel were normalised is not known; assumed are mean 0.449 and deviation 0.226, the mean of ' +
  'those of red, green and blue; change it with --mean and --std\n'

const specOf = (channels: number, change: Partial<NetworkSpec> = {}): NetworkSpec => ({
  ...cifarBasic({ depth: 8, widths: [4, 6, 8], classes: 3, input: { channels, height: 32, width: 32 } }),
  ...change,
})
const random = new Random(6)

/** Weights as others save them. */
function foreign(spec: NetworkSpec): Uint8Array {
  const { weights } = untrainedWeights(spec, { seed: 5 })
  const tensors = namedParameters(spec, keyMaps.akamaster).map(({ name, path }) => {
    const { shape, data } = weights.get(path)!
    return [name, { shape, data: data.map((value) => value + 0.1 * random.uniform()) }] as const
  })
  return writeSafetensors({ tensors: new Map(tensors), metadata: {} })
}

async function writePng(file: string, channels: 1 | 3 | 4, pixels: Uint8Array): Promise<void> {
  await sharp(pixels, { raw: { width: 32, height: 32, channels } })
    .png()
    .toFile(join(cwd, file))
}

const noise = (channels: number) => Uint8Array.from({ length: 32 * 32 * channels }, () => random.below(256))

beforeAll(async () => {
  writeFileSync(join(cwd, 'grey.safetensors'), foreign(specOf(1)))
  writeFileSync(join(cwd, 'four.safetensors'), foreign(specOf(4)))
  writeFileSync(join(cwd, 'two.safetensors'), foreign(specOf(2)))
  const rgb = noise(3)
  const luminance = Uint8Array.from({ length: 32 * 32 }, (_, i) =>
    Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!),
  )
  await writePng('colour.png', 3, rgb)
  await writePng('luminance.png', 1, luminance)
  await writePng('clear.png', 4, noise(4))
  for (const [label, name] of ['dark', 'light'].entries()) {
    mkdirSync(join(cwd, 'set', name), { recursive: true })
    for (let i = 0; i < 6; i++)
      await writePng(
        `set/${name}/${i}.png`,
        3,
        noise(3).map((value) => (value >> 1) + 120 * label),
      )
  }
})

describe('a grey net', () => {
  test('is converted, and what is written says what was assumed', async () => {
    const summary = await at('summary', 'grey.safetensors', '--blocks')
    expect(summary).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^resnet8: 8 weighted layers, 1x32x32 pictures, 3 classes\n/),
      err: `note: grey.safetensors: ${assumed}grey.safetensors: safetensors, names of akamaster; pictures are normalised with mean 0.449 and deviation 0.226\n`,
    })
    const converted = await at('convert', 'grey.safetensors', 'own.safetensors', '--json')
    expect([converted.code, JSON.parse(converted.out).normalisation]).toEqual([0, { mean: [0.449], std: [0.226] }])
    expect(converted.err).toContain(assumed)
    const again = await at('summary', 'own.safetensors', '--blocks')
    expect([again.code, again.out]).toEqual([0, summary.out])
    expect(again.err).toBe(
      'own.safetensors: export of resnet.ts; pictures are normalised with mean 0.449 and deviation 0.226\n',
    )
    expect((await at('convert', 'own.safetensors', 'own.onnx')).code).toBe(0)
    expect(onnxParts(readFileSync(join(cwd, 'own.onnx'))).initializers.get('stem.conv.weight')!.shape).toEqual([
      4, 1, 3, 3,
    ])
  })

  test('predicts, explains and embeds: of pictures in colour it reads the luminance', async () => {
    const pictures = ['colour.png', 'luminance.png']
    const flags = ['--weights', 'grey.safetensors', ...reference]
    const { code, out, err } = await at('predict', ...pictures, ...flags, '--explain', 'maps', '--json')
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('note: resnet8 reads grey pictures: the luminance of those in colour\n'),
    ])
    const [colour, grey] = JSON.parse(out).pictures
    expect(colour.top).toEqual(grey.top)
    expect(existsSync(join(cwd, 'maps/colour.png'))).toBe(true)
    const embedded = await at('embed', ...pictures, ...flags, '--out', 'f.npy', '--json')
    expect([embedded.code, JSON.parse(embedded.out).shape]).toEqual([0, [2, 8]])
    const other = await at('predict', 'colour.png', ...flags, '--mean', '0.1', '--std', '0.5', '--json')
    expect(other.err).not.toContain('assumed')
    expect(JSON.parse(other.out).pictures[0].top).not.toEqual(colour.top)
  })

  test('is fine-tuned on pictures in colour, judged on them, and gone on with', async () => {
    const flags = ['--weights', 'grey.safetensors', '--epochs', '2', '--freeze', 'stage1', '--json']
    const tuned = await at('finetune', 'set', ...flags)
    expect([tuned.code, tuned.err]).toEqual([0, expect.stringContaining('reads grey pictures')])
    const { checkpoint } = JSON.parse(tuned.out)
    const read = await at('summary', checkpoint, '--blocks')
    expect([read.code, read.out]).toEqual([0, expect.stringContaining('1x32x32 pictures, 2 classes')])
    expect((await at('convert', checkpoint, 'tuned.safetensors')).code).toBe(0)
    mkdirSync(join(cwd, 'judged'))
    for (const part of ['train', 'test']) {
      const { cpSync } = await import('node:fs')
      cpSync(join(cwd, 'set'), join(cwd, 'judged', part), {
        recursive: true,
        filter: (path) => !path.includes('.resnet'),
      })
    }
    for (const weights of [checkpoint, 'tuned.safetensors']) {
      const judged = await at(
        'eval',
        '--weights',
        weights,
        '--dataset',
        'folder',
        '--data',
        'judged',
        '--json',
        ...reference,
      )
      expect([judged.code, judged.err]).toEqual([0, expect.stringContaining('reads grey pictures')])
      expect(JSON.parse(judged.out).count).toBe(12)
    }
  })
})

describe('four channels', () => {
  test('are red, green, blue and how opaque they are', async () => {
    const flags = ['--weights', 'four.safetensors', ...reference]
    const { code, out, err } = await at('predict', 'clear.png', ...flags, '--explain', 'clear-map.png', '--json')
    expect(code).toBe(0)
    expect(err).toContain('note: resnet8 reads four channels: red, green, blue and opacity\n')
    expect(err).toContain('mean 0.485, 0.456, 0.406, 0.449 and deviation 0.229, 0.224, 0.225, 0.226')
    await using net = await load(join(cwd, 'four.safetensors'), { engine: 'reference' })
    const picture = await readPicture(join(cwd, 'clear.png'), { channels: 'rgba' })
    expect(picture.data.length).toBe(4 * 32 * 32)
    const best = await net.classify(picture)
    expect(JSON.parse(out).pictures[0].top).toEqual(best)
    expect(best).not.toEqual(await net.classify(await readPicture(join(cwd, 'clear.png'))))
    expect(await sharp(join(cwd, 'clear-map.png')).metadata()).toMatchObject({ width: 32, height: 32, channels: 3 })
  })

  test('are not in data sets: one line says so', async () => {
    const judged = await at('eval', '--weights', 'four.safetensors', '--dataset', 'builtin', '--limit-test', '2')
    expect(judged).toMatchObject({ code: 2, out: '' })
    expect(judged.err).toContain('resnet: builtin: has pictures of 3 channels, the network reads 4;')
    expect(await at('finetune', 'set', '--weights', 'four.safetensors')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'resnet: --weights: the network reads pictures of 4x32x32; folders give square ones in colour (3 channels) or made grey (1)',
      ),
    })
  })
})

test('two channels are converted, but no picture has them', async () => {
  expect((await at('convert', 'two.safetensors', 'two-own.safetensors')).code).toBe(0)
  expect((await at('summary', 'two-own.safetensors')).code).toBe(0)
  expect(await at('predict', 'colour.png', '--weights', 'two-own.safetensors', ...reference)).toMatchObject({
    code: 2,
    err: expect.stringContaining('and this network reads 2: it takes batches of floats only\n'),
  })
})

describe('--mean and --std', () => {
  test('are one number a channel, and come together', async () => {
    const convert = (...more: string[]) => at('convert', 'grey.safetensors', 'x.onnx', ...more)
    expect(await convert('--mean', '0.5')).toMatchObject({
      code: 2,
      err: 'resnet: --mean: --std is missing; give both, a number for each channel, such as --mean 0.449 --std 0.226\n',
    })
    expect(await convert('--mean', '0.5,0.5,0.5', '--std', '1,1,1')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'its network reads 1 channel, so mean and deviation are 1 number each, got mean 0.5, 0.5, 0.5',
      ),
    })
    expect(existsSync(join(cwd, 'x.onnx'))).toBe(false)
    const { code, out, err } = await convert('--mean', '0.5', '--std', '0.25', '--json')
    expect([code, JSON.parse(out).normalisation]).toEqual([0, { mean: [0.5], std: [0.25] }])
    expect(err).not.toContain('assumed')
  })

  test('have no say where a file tells', async () => {
    writeFileSync(join(cwd, 'told.safetensors'), await exportSafetensors(untrainedWeights(specOf(1))))
    expect(await at('summary', 'told.safetensors', '--mean', '0.5', '--std', '0.5')).toMatchObject({
      code: 2,
      err: 'resnet: told.safetensors: the file itself says how its pictures are normalised, with mean 0 and deviation 1; leave mean and deviation out\n',
    })
    expect(await at('summary', 'told.safetensors', '--arch', 'resnet20')).toMatchObject({
      code: 2,
      err: 'resnet: told.safetensors: the file itself says that its network is resnet8, not resnet20; name no other\n',
    })
    expect((await at('summary', 'told.safetensors', '--arch', 'resnet8')).code).toBe(0)
    expect(await at('summary', 'resnet20', '--std', '1')).toMatchObject({
      code: 2,
      err: 'resnet: --std: is for files of weights, resnet20 is the name of a network; leave it out\n',
    })
  })
})

test('a stem of two norms is converted', async () => {
  const { stem } = specOf(3)
  const spec = specOf(3, { name: 'normed', stem: [...stem, { kind: 'norm' }] })
  writeFileSync(join(cwd, 'normed.safetensors'), await exportSafetensors(untrainedWeights(spec)))
  expect(await at('convert', 'normed.safetensors', 'again.safetensors')).toMatchObject({
    code: 0,
    out: 'wrote again.safetensors\n',
  })
  expect(readFileSync(join(cwd, 'again.safetensors'))).toEqual(readFileSync(join(cwd, 'normed.safetensors')))
})
