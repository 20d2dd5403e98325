/** `resnet train --task upscale` and `resnet upscale`: from a folder of pictures to a picture that is larger. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLargePicture } from '../../src/data/large-picture.node.js'
import { upscalingFolder } from '../../src/data/upscaling-folder.node.js'
import { ConfigError, DataError } from '../../src/util/errors.js'
import { resnet } from './run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet upscale '))
const folder = join(base, 'pictures')
const small = join(folder, 'aa-small.png')
const weights = join(base, 'run', 'last.safetensors')
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** Rings around a corner. */
const pixels = (side: number, channels: number) =>
  Uint8Array.from({ length: side * side * channels }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % side, Math.floor(i / channels / side)]
    return Math.sqrt(x * x + y * y) % 9 < 4 ? 220 - 20 * (i % channels) : 40
  })

beforeAll(async () => {
  mkdirSync(folder)
  const raw = { width: 30, height: 30, channels: 3 } as const
  for (const name of ['a', 'b', 'c']) await sharp(pixels(30, 3), { raw }).toFile(join(folder, `${name}.png`))
  await sharp(pixels(16, 3), { raw: { ...raw, width: 16, height: 16 } }).toFile(small)
  writeFileSync(join(folder, 'broken.jpg'), 'no picture')
})

const train = (...flags: readonly string[]) =>
  resnet([
    ...['train', '--task', 'upscale', '--dataset', 'folder', '--data', folder, '--save-dir', join(base, 'run')],
    ...['--size', '8', '--steps', '1', '-b', '2', ...flags],
  ])

test('trains, enlarges, and says how near it comes', async () => {
  const trained = await train('--arch', 'edsr_baseline')
  expect(trained.err).toContain('edsr_baseline on folder: 2 training and 1 test pictures')
  expect(trained.out).toMatch(/^test PSNR [\d.]+ dB, SSIM [-\d.]+ \(bicubic [\d.]+ dB, [\d.]+\)\n/)
  const out = join(base, 'large.png')
  const enlarged = await resnet(['upscale', small, '--weights', weights, '--out', out, '--json'])
  expect(JSON.parse(enlarged.out)).toEqual({
    network: 'edsr_baseline',
    pictures: [{ file: small, out, width: 32, height: 32 }],
  })
  const large = await readLargePicture(out)
  expect([large.width, large.height, large.data.length]).toEqual([32, 32, 32 * 32 * 3])
  const measured = await resnet(['upscale', small, '--weights', weights, '--truth', out])
  expect(measured.out).toBe(`${join(folder, 'aa-small-x2.png')}  32x32: PSNR 100.00 dB, SSIM 1.0000\n`)
  rmSync(join(folder, 'aa-small-x2.png'))
  const wrong = await resnet(['upscale', small, '--weights', weights, '--scale', '3'])
  expect([wrong.code, wrong.err]).toEqual([
    2,
    'resnet: edsr_baseline: enlarges 2 times, got scale 3; take weights that were trained for this scale\n',
  ])
}, 60_000)

test('usage that makes no sense', async () => {
  const complaints = await Promise.all([
    train('--arch', 'resnet20'),
    resnet(['upscale', small, small, '--weights', weights, '--truth', small]),
    resnet(['upscale', join(base, 'none.png'), '--weights', weights]),
  ])
  expect(complaints.map(({ err }) => err)).toEqual([
    expect.stringContaining(
      '--arch resnet20: tells classes apart; for pictures take vdsr20, plain-vdsr20, edsr_baseline',
    ),
    expect.stringContaining(`--truth ${small}: there are 2 pictures; give one`),
    expect.stringContaining('none.png: cannot be read: it does not exist'),
  ])
}, 60_000)

test('a folder: of every ten pictures one is held out; what is no picture or too small is named', async () => {
  const data = await upscalingFolder(folder, { scales: [2, 3] })
  expect([data.train.length, data.test.length, data.scales]).toEqual([2, 1, [2, 3]])
  expect(data.unreadable?.map(({ reason }) => reason)).toEqual([
    'only 16x16 pixels, at least 24 are needed',
    expect.stringContaining('broken.jpg: cannot be decoded: '),
  ])
  await expect(upscalingFolder(folder, { scales: [5] })).rejects.toThrow(
    new ConfigError('scales: expected some of 2, 3, 4, got 5'),
  )
  await expect(upscalingFolder(folder, { mostPixels: 1000 })).rejects.toThrow(
    new DataError(`${folder}: its pictures have more than 1000 pixels together; take fewer of them`),
  )
  const lone = join(base, 'lone')
  mkdirSync(lone)
  await sharp(pixels(30, 3), { raw: { width: 30, height: 30, channels: 3 } }).toFile(join(lone, 'a.png'))
  await expect(upscalingFolder(lone)).rejects.toThrow(
    new DataError(`${lone}: 0 pictures to learn from and 1 to test on can be read, at least one of each is needed`),
  )
})
