/** `resnet train --arch vdsr20` and `resnet upscale`: from a folder of pictures to a picture that is larger. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPicture } from '../../src/data/picture/file.node.js'
import { upscalingFolder } from '../../src/tasks/upscale/folder.node.js'
import type { UpscalingQuality } from '../../src/tasks/upscale/scores.js'
import { readAnyCheckpoint } from '../../src/train/run/folder.node.js'
import { ConfigError, DataError } from '../../src/util/errors.js'
import { type RunOptions, resnet } from './run.js'

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
    ...['train', '--arch', 'vdsr20', '--dataset', 'folder', '--data', folder, '--save-dir', join(base, 'run')],
    ...['--size', '8', '--steps', '1', '-b', '2', ...flags],
  ])

describe('a run that is stopped', () => {
  // One thread of WebAssembly is slow enough for something to happen in between.
  const compute = ['--engine', 'wasm', '--threads', '1', '--json']
  const net = '-a edsr_baseline --scale 3 --size 4 --limit-train 6 --limit-test 1 -b 1 --steps 30'.split(' ')
  const begin = (name: string, options?: RunOptions) =>
    resnet(['train', ...net, '--save-dir', join(base, name), ...compute], options)
  const resume = (...flags: readonly string[]) => resnet(['train', '--resume', join(base, 'stopped'), ...flags])
  const hashOf = ({ out }: { readonly out: string }) => (JSON.parse(out) as { weightHash: string }).weightHash

  test('goes on to the same bits; its checkpoint tells the task, and no flag may say otherwise', async () => {
    const whole = begin('whole')
    let asked = false
    const stopped = await begin('stopped', {
      onErr: (err, stop) => {
        if (asked || !err.includes('engine wasm')) return
        asked = true
        stop('SIGINT')
      },
    })
    expect(stopped).toMatchObject({ code: 130, out: '' })
    const [, step] = /stopped after step (\d+); go on with: \S.* train --resume /.exec(stopped.err)!
    expect(Number(step)).toBeLessThan(30)
    const complaints = [
      ['--arch', 'resnet20', '--arch resnet20: the resumed run has edsr_baseline;'],
      ['--scale', '4', '--scale 4: the resumed run has 3;'],
      ['--limit-train', '7', '--limit-train 7: the resumed run has 6;'],
      ['--augment', 'crop', '--augment: has no meaning for a network that upscales pictures;'],
    ] as const
    for (const [flag, value, message] of complaints) {
      const { code, err } = await resume(flag, value)
      expect([code, err]).toEqual([2, expect.stringContaining(message)])
    }
    const resumed = await resume(...compute)
    expect(resumed.err).toContain(`edsr_baseline on builtin: goes on after step ${step} of 30\n`)
    expect(resumed.code).toBe(0)
    expect(hashOf(resumed)).toBe(hashOf(await whole))
  }, 120_000)
})

test.each([
  ['vdsr20', 'upscales pictures', '--augment', 'crop'],
  ['vdsr20', 'upscales pictures', '--no-augment'],
  ['vdsr20', 'upscales pictures', '--jitter', '0.4'],
  ['vdsr20', 'upscales pictures', '--val-split', '2'],
  ['vdsr20', 'upscales pictures', '--cache-limit', '2'],
  ['vdsr20', 'upscales pictures', '--label-smoothing', '0.1'],
  ['vdsr20', 'upscales pictures', '--precise-bn', '2'],
  ['resnet20', 'classifies', '--scale', '2'],
])('%s, which %s, has no %s', async (arch, does, flag, ...value) => {
  expect(await resnet(['train', '--arch', arch, flag, ...value])).toMatchObject({
    code: 2,
    err: `resnet: ${flag}: has no meaning for a network that ${does}; leave it out\n`,
  })
})

test('trains, enlarges, and says how near it comes', async () => {
  const trained = await train('--arch', 'edsr_baseline')
  expect(trained.err).toContain('edsr_baseline on folder: 2 training and 1 test pictures')
  expect(trained.out).toMatch(/^test PSNR [\d.]+ dB, SSIM [-\d.]+ \(bicubic [\d.]+ dB, [\d.]+\)\n/)
  const out = join(base, 'large.png')
  const enlarged = await resnet(['upscale', small, '--weights', weights, '--out', out, '--json'])
  expect(JSON.parse(enlarged.out)).toEqual({
    network: 'edsr_baseline',
    pictures: [{ file: small, out, width: 32, height: 32 }],
    unreadable: [],
  })
  const large = await readPicture(out, { channels: 'exact' })
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

test('eval gives PSNR and SSIM of a run: those of its training', async () => {
  const measured = await resnet(['eval', '--weights', weights, '--data', folder])
  expect(measured.err).toBe('--dataset folder: the training data of these weights\n')
  expect(measured.out).toMatch(
    /^edsr_baseline on 1 test pictures of folder: PSNR [\d.]+ dB, SSIM [-\d.]+ \(bicubic [\d.]+ dB, [\d.]+\)\n$/,
  )
  const { out } = await resnet(['eval', '--weights', weights, '--data', folder, '--json'])
  const { progress } = await readAnyCheckpoint(weights)
  const { psnr, ssim, bicubic } = progress.history.at(-1)!.test as UpscalingQuality
  expect(JSON.parse(out)).toEqual({ count: 1, psnr, ssim, bicubic, scales: [{ scale: 2, psnr, ssim, bicubic }] })
}, 60_000)

test('usage that makes no sense', async () => {
  const complaints = await Promise.all([
    train('--task', 'upscale'),
    train('--limit-train', '1'),
    resnet(['train', '--arch', 'vdsr20', '--dataset', 'folder']),
    resnet(['upscale', small, small, '--weights', weights, '--truth', small]),
    resnet(['upscale', join(base, 'none.png'), '--weights', weights]),
  ])
  expect(complaints.map(({ err }) => err)).toEqual([
    expect.stringContaining("unknown option '--task'"),
    'resnet: --limit-train: a folder of pictures to enlarge is read whole; leave it out\n',
    'resnet: --data: missing; folder needs the path of a folder of pictures to enlarge (--data DIR)\n',
    expect.stringContaining(`--truth ${small}: there are 2 pictures; give one`),
    expect.stringContaining('none.png: cannot be read: it does not exist'),
  ])
}, 60_000)

test('weights for the other task', async () => {
  const classifier = join(base, 'classifier')
  const net = '-a resnet8 --size 16 --limit-train 4 --limit-test 4 -b 4 --steps 1'.split(' ')
  const made = await resnet(['train', ...net, '--save-dir', classifier])
  expect(made.code).toBe(0)
  const refused = (command: string, does: string, instead: string) =>
    `resnet: edsr_baseline: this network upscales pictures (task upscale), and the command ${command} ${does}; ${instead}\n`
  const enlarge = 'make pictures larger with it by the command upscale'
  const tells = refused('predict', 'classifies pictures', enlarge)
  const uses: [args: string[], complaint: string][] = [
    [['predict', small, '--weights', weights], tells],
    [['predict', small, '--weights', weights, '--explain', join(base, 'map.png')], tells],
    [
      ['embed', small, '--weights', weights, '--out', join(base, 'features.npy')],
      refused('embed', 'writes the features of pictures', enlarge),
    ],
    [
      ['eval', '--weights', weights, '--data', folder, '--all'],
      'resnet: --all: has no meaning for a network that upscales pictures; leave it out\n',
    ],
    [
      ['finetune', folder, '--weights', weights],
      refused(
        'finetune',
        'teaches a network the classes of other pictures',
        'go on with its training by the command train --resume',
      ),
    ],
    [
      ['upscale', small, '--weights', join(classifier, 'last.safetensors')],
      'resnet: resnet8: this network classifies (task classify), and the command upscale makes pictures larger; take a network such as vdsr20 or edsr_baseline\n',
    ],
  ]
  for (const [args, complaint] of uses) expect(await resnet(args)).toMatchObject({ code: 2, out: '', err: complaint })
}, 60_000)

test('a photograph is turned as its camera says, and 16 bits of grey stay', async () => {
  const [photo, grey] = [join(base, 'photo.jpg'), join(base, 'grey.png')]
  const raw = { width: 16, height: 12, channels: 3 } as const
  await sharp(new Uint8Array(16 * 12 * 3).fill(90), { raw })
    .withMetadata({ orientation: 6 })
    .toFile(photo)
  const deep = Uint16Array.from({ length: 16 * 12 }, (_, i) => 257 * i + 3)
  await sharp(deep, { raw: { ...raw, channels: 1 } })
    .toColourspace('grey16')
    .toFile(grey)
  const out = join(base, 'larger')
  const { code } = await resnet(['upscale', photo, grey, '--weights', weights, '--out', out])
  expect(code).toBe(0)
  const about = async (name: string) => {
    const { width, height, channels, depth, orientation } = await sharp(join(out, name)).metadata()
    return { width, height, channels, depth, orientation }
  }
  expect(await about('photo-x2.png')).toEqual({ width: 24, height: 32, channels: 3, depth: 'uchar' })
  expect(await about('grey-x2.png')).toEqual({ width: 32, height: 24, channels: 1, depth: 'ushort' })
  const { data } = await readPicture(join(out, 'grey-x2.png'), { channels: 'exact' })
  expect(data.some((value) => value % 257 !== 0)).toBe(true)
}, 60_000)

test('one picture that cannot be read stops none of the others', async () => {
  const [good, empty, huge] = ['good.png', 'empty.png', 'huge.png'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ]
  await sharp(pixels(30, 3), { raw: { width: 30, height: 30, channels: 3 } }).toFile(good)
  await sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#000' } }).toFile(huge)
  writeFileSync(empty, '')
  const out = join(base, 'others')
  const args = ['upscale', empty, huge, good, '--weights', weights, '--out', out]
  const { code, out: text, err } = await resnet([...args, '--json'])
  expect(code).toBe(1)
  expect(JSON.parse(text)).toMatchObject({
    pictures: [{ file: good, width: 60, height: 60 }],
    unreadable: [
      { file: empty, reason: `${empty}: is no picture that can be read: the file is empty` },
      { file: huge, reason: expect.stringContaining('upscale: a picture of 18000x18000 pixels is too large') },
    ],
  })
  expect(err).toContain('resnet: 2 of 3 pictures cannot be read; they are named above\n')
}, 60_000)

test('several pictures do not go into one file', async () => {
  const names = ['first.png', 'second.png'].map((name) => join(base, name))
  for (const name of names) await sharp(pixels(8, 3), { raw: { width: 8, height: 8, channels: 3 } }).toFile(name)
  const out = join(base, 'both.png')
  expect(await resnet(['upscale', ...names, '--weights', weights, '--out', out])).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      `resnet: --out ${out}: there are several pictures, so name a folder to write them to\n`,
    ),
  })
}, 60_000)

test('a folder: of every ten pictures one is held out; what is no picture or too small is named', async () => {
  const data = await upscalingFolder(folder, { scales: [2, 3] })
  expect([data.train.length, data.test.length, data.scales]).toEqual([2, 1, [2, 3]])
  expect(data.unreadable?.map(({ reason }) => reason)).toEqual([
    'only 16x16 pixels, at least 24 are needed',
    expect.stringContaining('broken.jpg: is no picture that can be read: '),
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
  for (const part of ['train', 'training']) mkdirSync(join(lone, part))
  await expect(upscalingFolder(lone)).rejects.toThrow(
    new DataError(
      `${lone}: holds train/ and training/, and both names mean the part train; merge them, or move one of them out`,
    ),
  )
})
