import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { imageNetNormalisation, type Pictures, pictureBytes } from '../../../src/data/dataset.js'
import { type ImageFolderOptions, imageFolder } from '../../../src/data/folder/image-folder.node.js'
import { ConfigError, DataError } from '../../../src/util/errors.js'
import { folderWith } from './folders.js'

/** A picture of one colour. */
const plain = (colour: string, width = 12, height = 8) =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer()

const [red, green, blue] = await Promise.all([plain('#ff0000'), plain('#00ff00'), plain('#0000ff')])

/** Two classes; pictures to train on and to test on are told by their colours. */
const small = {
  'train/cat/1.png': red,
  'train/cat/2.png': green,
  'train/dog/1.png': blue,
  'test/cat/9.png': blue,
  'test/dog/9.png': red,
}

const load = (path: string, options: ImageFolderOptions = {}) => imageFolder(path, { size: 8, ...options })

/** The first pixel of each picture. */
const colours = (pictures: Pictures) =>
  Array.from({ length: pictures.count }, (_, i) => {
    const bytes = pictureBytes(pictures, i)
    const plane = pictures.height * pictures.width
    return [bytes[0], bytes[plane], bytes[2 * plane]].join(' ')
  })

async function failure(work: Promise<unknown>, kind: new (...args: never[]) => Error = DataError): Promise<string> {
  const error = await work.then(
    () => expect.fail('should have failed'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(kind)
  return (error as Error).message
}

const packsOf = async (folder: string) => (await readdir(folder)).sort()

describe('the layout', () => {
  test('classes are the sorted folders of train, pictures come class after class', async () => {
    const path = await folderWith({ ...small, 'train/ant/x/y/3.PNG': green, 'train/ant/notes.txt': 'no picture' })
    const data = await load(path)
    expect(data.name).toBe('folder')
    expect(data.classes).toEqual(['ant', 'cat', 'dog'])
    expect([...data.train.labels]).toEqual([0, 1, 1, 2])
    expect(colours(data.train)).toEqual(['0 255 0', '255 0 0', '0 255 0', '0 0 255'])
    expect([...data.test.labels]).toEqual([1, 2]) // no ant to test on
    expect(colours(data.test)).toEqual(['0 0 255', '255 0 0'])
    expect(data.train).toMatchObject({ channels: 3, height: 8, width: 8 })
    expect(data.val).toBeUndefined()
    expect(data.unreadable).toEqual([])
    expect(data.normalisation).toBe(imageNetNormalisation)
  })

  test('val is tested on where there is no test, and validated on where there is', async () => {
    const { 'test/cat/9.png': _, 'test/dog/9.png': __, ...train } = small
    const one = await load(await folderWith({ ...train, 'val/cat/7.png': green }))
    expect([one.val, colours(one.test)]).toEqual([undefined, ['0 255 0']])
    const both = await load(await folderWith({ ...small, 'val/cat/7.png': green }))
    expect([colours(both.val!), colours(both.test)]).toEqual([['0 255 0'], ['0 0 255', '255 0 0']])
  })

  test('links are followed', async () => {
    const elsewhere = await folderWith({ 'a/1.png': green })
    const path = await folderWith(small)
    await symlink(join(elsewhere, 'a'), join(path, 'train/eel'))
    await symlink(join(elsewhere, 'a/1.png'), join(path, 'train/cat/0.png'))
    const data = await load(path)
    expect(data.classes).toEqual(['cat', 'dog', 'eel'])
    expect(colours(data.train)).toEqual(['0 255 0', '255 0 0', '0 255 0', '0 0 255', '0 255 0'])
  })

  test('a class without pictures is passed over, and told', async () => {
    const data = await load(await folderWith({ ...small, 'train/eel/x.txt': red, 'train/.DS_Store': 'x' }))
    expect(data.classes).toEqual(['cat', 'dog'])
    expect(data.notes?.slice(0, 2)).toEqual([
      'passed over: .DS_Store (1 file)',
      'passed over, as no pictures are in it: train/eel/',
    ])
  })

  test('limit takes from each class in turn', async () => {
    const files = Object.fromEntries([1, 2, 3, 4].map((i) => [`train/cat/${i}.png`, red]))
    const path = await folderWith({ ...small, ...files, 'train/dog/2.png': green })
    const labels = async (train: number) => [...(await load(path, { limit: { train, test: 1 } })).train.labels]
    expect(await labels(3)).toEqual([0, 0, 1])
    expect(await labels(5)).toEqual([0, 0, 0, 1, 1])
    expect(await labels(99)).toEqual([0, 0, 0, 0, 1, 1])
  })

  test('what is wrong is named', async () => {
    const rest = 'expected <class>/<pictures>, or train/<class>/<pictures> with val/ or test/ of the same kind'
    const cases: readonly [Readonly<Record<string, Uint8Array>>, string][] = [
      [{}, ': holds no folders, expected a folder for each class, at least two'],
      [{ 'test/a/1.png': red, 'test/b/1.png': red }, ': holds test/, but no part to learn from; add train/<class>/<pi'],
      [
        { ...small, 'test/eel/1.png': red },
        '/test: holds the class eel that train/ does not have; its classes are cat, dog',
      ],
      [
        { 'train/a/1.png': red, 'test/a/1.png': red },
        '/train: holds one folder only, a, expected a folder for each class, at least two',
      ],
      [
        { 'train/1.png': red, 'test/a/1.png': red },
        '/train: holds pictures (1), but no folders, expected a folder for each class, at least two',
      ],
      [{ 'train/a/1.png': red, 'train/b/1.png': red, 'test/a/x': red }, '/test: holds no pictures (.jpg .jpeg'],
    ]
    for (const [files, what] of cases) {
      const path = await folderWith(files)
      expect(await failure(load(path))).toContain(`${path}${what}`)
    }
    expect(await failure(load('/no/such/place'))).toBe(`/no/such/place: cannot be read: it does not exist; ${rest}`)
  })

  test('options out of range are refused', async () => {
    const path = await folderWith(small)
    const cases: readonly [ImageFolderOptions, string][] = [
      [{ size: 7 }, 'imageFolder: size is 7, expected a whole number from 8 to 4096'],
      [{ packedSize: 7 }, 'imageFolder: packedSize is 7, expected a whole number from 8 to 8192'],
      [{ limit: { train: 0 } }, 'imageFolder: limit.train is 0, expected a whole number of at least 1'],
      [{ limit: { test: 0.5 } }, 'imageFolder: limit.test is 0.5, expected a whole number of at least 1'],
      [{ cacheLimit: -1 }, 'imageFolder: cacheLimit is -1, expected a whole number of at least 0'],
      [{ memory: Number.NaN }, 'imageFolder: memory is NaN, expected a whole number of at least 0'],
      [{ concurrency: 0 }, 'imageFolder: concurrency is 0, expected a whole number from 1 to 1024'],
      [{ concurrency: 1e9 }, 'imageFolder: concurrency is 1000000000, expected a whole number from 1 to 1024'],
    ]
    for (const [options, message] of cases) expect(await failure(load(path, options), ConfigError)).toBe(message)
  })
})

describe('decoding', () => {
  /** The picture that a file becomes, as rows of `red green blue`. */
  async function decoded(bytes: Uint8Array, name = 'x.png', size = 8) {
    const data = await load(await folderWith({ ...small, [`test/cat/${name}`]: bytes }), { size })
    expect(data.unreadable).toEqual([])
    const pixels = pictureBytes(data.test, [...data.test.labels].lastIndexOf(0))
    const plane = size * size
    return (x: number, y: number) => [0, 1, 2].map((channel) => pixels[channel * plane + y * size + x]!)
  }

  /** Left half black, right half white, twice as wide as high. */
  const halves = sharp({ create: { width: 64, height: 32, channels: 3, background: '#000' } }).composite([
    { input: { create: { width: 32, height: 32, channels: 3, background: '#fff' } }, left: 32, top: 0 },
  ])

  test('the shorter side is fitted and the centre cut out', async () => {
    const at = await decoded(await halves.png().toBuffer()) // 16x8, of which columns 4 to 12
    expect([at(0, 0), at(2, 7), at(5, 0), at(7, 7)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [255, 255, 255],
      [255, 255, 255],
    ])
  })

  test('a picture is turned as the camera says', async () => {
    const at = await decoded(await halves.withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer(), 'x.jpg')
    for (let x = 0; x < 8; x++) {
      expect(at(x, 1)[0]).toBeLessThan(5) // a quarter turn clockwise: left is now above
      expect(at(x, 6)[0]).toBeGreaterThan(250)
    }
  })

  const background = { r: 200, g: 100, b: 50 }
  const one = { create: { width: 20, height: 20, channels: 3 as const, background } }
  const clear = { create: { width: 20, height: 20, channels: 4 as const, background: { ...background, alpha: 0.5 } } }
  const deep = { raw: { width: 20, height: 20, channels: 3 as const } }
  const frames = { create: { width: 20, height: 40, channels: 3 as const, background: '#00ff00', pageHeight: 20 } }

  test.each<[string, string, () => Promise<Buffer>, number[], number]>([
    ['grey', 'x.png', () => sharp(one).greyscale().png().toBuffer(), [128, 128, 128], 4],
    ['grey JPEG', 'x.jpg', () => sharp(one).greyscale().jpeg().toBuffer(), [128, 128, 128], 4],
    ['half transparent, on black', 'x.png', () => sharp(clear).png().toBuffer(), [100, 50, 25], 1],
    ['grey, half transparent', 'x.png', () => sharp(clear).greyscale().png().toBuffer(), [64, 64, 64], 3],
    ['a palette', 'x.png', () => sharp(one).png({ palette: true }).toBuffer(), [200, 100, 50], 1],
    ['CMYK', 'x.jpg', () => sharp(one).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), [200, 100, 50], 30],
    [
      '16 bits',
      'x.png',
      () => sharp(new Uint16Array(1200).fill(0x8040), deep).toColourspace('rgb16').png().toBuffer(),
      [128, 128, 128],
      1,
    ],
    [
      'an animation, of which the first frame counts',
      'x.gif',
      () =>
        sharp(frames)
          .composite([{ input: one, left: 0, top: 0 }])
          .gif()
          .toBuffer(),
      [200, 100, 50],
      8,
    ],
    ['WebP', 'x.webp', () => sharp(one).webp({ lossless: true }).toBuffer(), [200, 100, 50], 1],
    ['TIFF', 'x.tiff', () => sharp(one).tiff().toBuffer(), [200, 100, 50], 3],
    ['AVIF', 'x.avif', () => sharp(one).avif().toBuffer(), [200, 100, 50], 8],
  ])('%s', async (_, name, make, expected, off) => {
    const at = await decoded(await make(), name)
    for (const [x, y] of [
      [0, 0],
      [4, 4],
      [7, 7],
    ] as const)
      for (const [channel, value] of at(x, y).entries())
        expect(Math.abs(value - expected[channel]!), `${at(x, y)}`).toBeLessThanOrEqual(off)
  })

  test('a deep PNG is one, and an animation has frames', async () => {
    const png = await sharp(new Uint16Array(1200).fill(0x8040), deep).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(png).metadata()).depth).toBe('ushort')
    const gif = sharp(frames).composite([{ input: one, left: 0, top: 0 }])
    expect((await sharp(await gif.gif().toBuffer()).metadata()).pages).toBe(2)
    const cmyk = await sharp(one).toColourspace('cmyk').jpeg().toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
  })
})

describe('pictures that cannot be read', () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`train/cat/ok${i}.png`, red]))

  test('are left out and listed, with the reason', async () => {
    const noise = await sharp({
      create: {
        width: 80,
        height: 80,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
        background: '#000',
      },
    })
      .jpeg()
      .toBuffer()
    const path = await folderWith({
      ...small,
      ...many(80),
      'train/cat/cut.jpg': noise.subarray(0, noise.length >> 1),
      'train/cat/text.jpg': 'no picture at all',
      'train/dog/empty.png': '',
    })
    await symlink('/no/such/picture', join(path, 'train/dog/gone.png'))
    const data = await load(path)
    expect(data.train.count).toBe(83)
    const damaged = expect.stringMatching(
      /^is no picture that can be read: (VipsJpeg: premature end of JPEG image|the picture is damaged or cut short)$/,
    )
    expect(data.unreadable).toEqual([
      { file: 'train/cat/cut.jpg', reason: damaged },
      {
        file: 'train/cat/text.jpg',
        reason:
          'is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else',
      },
      { file: 'train/dog/empty.png', reason: 'is no picture that can be read: the file is empty' },
      { file: 'train/dog/gone.png', reason: 'cannot be read: it does not exist' },
    ])
    expect((await load(path)).unreadable).toEqual(data.unreadable) // also when they come from the cache
  })

  test('are too many beyond 5 %', async () => {
    const broken = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`train/cat/${name}.jpg`, name]))
    const path = await folderWith({ ...small, ...many(50), ...broken })
    expect(await failure(load(path))).toMatch(
      /train: 3 of the first 5 pictures cannot be read \(of 57; more than 5 % is no accident\); for example train\/cat\/a\.jpg: is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else; mend or remove these files$/,
    )
    expect(await packsOf(join(path, '.resnet-cache'))).toEqual([])
  })

  test('are too many where they are a whole class', async () => {
    const path = await folderWith({ ...small, ...many(50), 'train/dog/1.png': 'woof' })
    expect(await failure(load(path))).toBe(
      `${join(path, 'train/dog')}: none of its pictures can be read; for example train/dog/1.png: is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else; mend or remove these files`,
    )
  })
})

describe('the cache', () => {
  test('pictures are decoded once, and again when a file, the list or the size changes', async () => {
    const path = await folderWith(small)
    const decodedBy = async (options: ImageFolderOptions = {}) => {
      let total = 0
      const steps: number[] = []
      await load(path, {
        ...options,
        onProgress: (done, all) => {
          steps.push(done)
          total = all
        },
      })
      expect(steps).toEqual(Array.from({ length: total }, (_, i) => i + 1))
      return total
    }
    expect(await decodedBy()).toBe(5)
    expect(await decodedBy()).toBe(0)
    expect(await decodedBy({ size: 9 })).toBe(5)
    await writeFile(join(path, 'test/dog/8.png'), green)
    expect(await decodedBy()).toBe(3) // the test part only
    await utimes(join(path, 'train/cat/1.png'), 1000, 1000)
    expect(await decodedBy()).toBe(3)
    expect(await decodedBy({ cache: join(path, 'other/cache') })).toBe(6)
    expect(await decodedBy()).toBe(0)
  })

  test('a larger packed picture has a window of the size that was asked for', async () => {
    const path = await folderWith(small)
    expect((await load(path, { size: 70 })).train).toMatchObject({ height: 80, window: { height: 70, width: 70 } })
    expect((await load(path, { size: 63 })).train.window).toBeUndefined()
    expect((await load(path, { packedSize: 11 })).train).toMatchObject({ width: 11, window: { height: 8, width: 8 } })
  })

  test('a damaged pack is made again, wherever it is damaged', async () => {
    const path = await folderWith(small)
    const cache = join(path, '.resnet-cache')
    const good = colours((await load(path)).train)
    const pack = join(cache, (await packsOf(cache)).find((name) => name.startsWith('train'))!)
    const bytes = await readFile(pack)
    for (const at of [0, 20, 300, 16 + 576 + 1, 16 + 576 + 8, bytes.length - 60, bytes.length - 8, bytes.length - 1]) {
      const damaged = Uint8Array.from(bytes)
      damaged[at]! ^= 0x55
      await writeFile(pack, damaged)
      expect(colours((await load(path)).train), `byte ${at}`).toEqual(good)
      expect((await readFile(pack)).equals(bytes), `byte ${at}`).toBe(true)
    }
    for (const length of [0, 10, 500, bytes.length - 1]) {
      await truncate(pack, length)
      expect(colours((await load(path)).train), `${length} bytes`).toEqual(good)
    }
  })

  test('a set larger than the memory stays on the disk', async () => {
    const path = await folderWith(small)
    const held = await load(path)
    const read = await load(path, { memory: 0 })
    expect(held.train.pixels).toBeInstanceOf(Uint8Array)
    expect(read.train.pixels).not.toBeInstanceOf(Uint8Array)
    expect(colours(read.train)).toEqual(colours(held.train))
    expect(colours(read.test)).toEqual(colours(held.test))
  })

  test('a picture on the disk that is damaged or gone is not trained on', async () => {
    const path = await folderWith(small)
    const cache = join(path, '.resnet-cache')
    const { train } = await load(path, { memory: 0 })
    const pack = join(cache, (await packsOf(cache)).find((name) => name.startsWith('train'))!)
    const bytes = await readFile(pack)
    bytes[16 + 192 + 5]! ^= 1 // in picture 1
    await writeFile(pack, bytes)
    const remedy = 'load the data set again: the pictures are then decoded anew'
    expect(pictureBytes(train, 0)).toHaveLength(192)
    expect(() => pictureBytes(train, 1)).toThrow(`${pack}: picture 1 is damaged, so the file was removed; ${remedy}`)
    expect(() => pictureBytes(train, 0)).toThrow(`${pack}: cannot be read: it does not exist; ${remedy}`)
    expect(colours((await load(path, { memory: 0 })).train)).toEqual(['255 0 0', '0 255 0', '0 0 255'])
  })

  test('the oldest packs make room, other files do not', async () => {
    const path = await folderWith(small)
    const cache = join(path, '.resnet-cache')
    await load(path, { size: 8 })
    const first = await packsOf(cache)
    await load(path, { size: 9 })
    await writeFile(join(cache, 'mine.pack'), new Uint8Array(9999))
    for (const name of first) await utimes(join(cache, name), 1000, 1000)
    await load(path, { size: 10, cacheLimit: 3300 }) // some 1500 bytes; those of 9x9 have 1400, of 8x8 1200
    const left = await packsOf(cache)
    expect(left).toHaveLength(5)
    expect(left).toContain('mine.pack')
    expect(left.filter((name) => first.includes(name))).toEqual([])
    expect(await failure(load(path, { size: 40, cacheLimit: 20_000 }))).toBe(
      `${cache}: the decoded pictures need 0.0000224 GiB, the limit is 0.0000186 GiB; raise it with --cache-limit, or make the pictures smaller with --size`,
    )
  })

  test('one that is used is young', async () => {
    const path = await folderWith(small)
    const cache = join(path, '.resnet-cache')
    await load(path)
    const files = (await packsOf(cache)).map((name) => join(cache, name))
    for (const file of files) await utimes(file, 1000, 1000)
    await load(path)
    for (const file of files) expect((await stat(file)).mtimeMs).toBeGreaterThan(1_000_000)
  })

  test('what was broken off is removed when it is old', async () => {
    const path = await folderWith(small)
    const cache = join(path, '.resnet-cache')
    await load(path)
    const [old, fresh] = ['.train-0123456789abcdef.pack.00000077.tmp', '.train-0123456789abcdef.pack.00000078.tmp']
    for (const name of [old, fresh]) await writeFile(join(cache, name), 'half')
    await utimes(join(cache, old), 1000, 1000)
    await load(path, { size: 9 })
    expect([existsSync(join(cache, old)), existsSync(join(cache, fresh))]).toEqual([false, true])
  })

  test('a stop leaves nothing behind, and says why it was stopped', async () => {
    const path = await folderWith(small)
    const controller = new AbortController()
    const stopping = load(path, { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) })
    await expect(stopping).rejects.toThrow('enough')
    expect(await packsOf(join(path, '.resnet-cache'))).toEqual([])
    expect((await load(path)).train.count).toBe(3)
  })

  test('a cache that cannot be written is named, with what to do', async () => {
    const path = await folderWith({ ...small, file: 'in the way' })
    expect(await failure(load(path, { cache: join(path, 'file/cache') }))).toMatch(
      /file\/cache\/train-.*\.pack: cannot be read: it, or a part of its path, is no folder; name another folder for decoded pictures with --cache$/,
    )
    if (process.getuid?.() === 0) return // who may do anything is never refused
    await chmod(path, 0o555)
    expect(await failure(load(path))).toMatch(
      /\.pack: cannot be written: permission denied; name another folder for decoded pictures with --cache$/,
    )
    await chmod(path, 0o755)
  })

  test('two at a time do not harm each other', async () => {
    const path = await folderWith(small)
    const both = await Promise.all([load(path), load(path)])
    for (const { train } of both) expect(colours(train)).toEqual(['255 0 0', '0 255 0', '0 0 255'])
    expect(await packsOf(join(path, '.resnet-cache'))).toHaveLength(2)
  })
})
