import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { cifar10Layout, parseCifar } from '../../../src/data/cifar/cifar.js'
import { cifar10, cifar100 } from '../../../src/data/cifar/cifar.node.js'
import { DataError } from '../../../src/util/errors.js'
import { folderWith } from '../folder/folders.js'
import { records, tar, tinyCifar10, tinyCifar100 } from './make-cifar.js'

const under = (folder: string, files: Readonly<Record<string, Uint8Array>>) =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]))

const archive = (files: Readonly<Record<string, Uint8Array>>) => gzipSync(tar(files))

/** The message of the DataError that a promise fails with. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.fail('should have failed'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DataError)
  return (error as DataError).message
}

const wanted10 =
  'expected CIFAR-10: a folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin, ' +
  'cifar-10-binary.tar.gz, or the Python version, from https://www.cs.toronto.edu/~kriz/cifar.html'

describe('parseCifar', () => {
  test('takes labels and pixels apart, files one after the other', () => {
    const a = records([[3], [9]], 1)
    const b = records([[0]], 2)
    const pictures = parseCifar(cifar10Layout, [
      { source: 'a', bytes: a },
      { source: 'b', bytes: b },
    ])
    expect(pictures).toMatchObject({ count: 3, channels: 3, height: 32, width: 32 })
    expect([...pictures.labels]).toEqual([3, 9, 0])
    expect(pictures.pixels).toEqual(Uint8Array.from([...a.slice(1, 3073), ...a.slice(3074), ...b.slice(1)]))
  })

  test('keeps the first pictures where there is a limit, all if there are fewer', () => {
    const files = [
      { source: 'a', bytes: records([[3], [9]], 1) },
      { source: 'b', bytes: records([[0], [1]], 2) },
    ]
    const three = parseCifar(cifar10Layout, files, 3)
    expect([...three.labels]).toEqual([3, 9, 0])
    expect(three.pixels).toEqual(parseCifar(cifar10Layout, files).pixels.slice(0, 3 * 3072))
    expect(parseCifar(cifar10Layout, files, 9).count).toBe(4)
  })
})

describe('where CIFAR may lie', () => {
  const withNames = { ...tinyCifar10, 'batches.meta.txt': Buffer.from('a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n') }

  test.each([
    ['a folder with the files', tinyCifar10, ''],
    ['a folder that holds the official folder', under('cifar-10-batches-bin', tinyCifar10), ''],
    ['the archive', { 'my.tgz': archive(under('cifar-10-batches-bin', tinyCifar10)) }, 'my.tgz'],
    ['an archive without folders', { 'my.tgz': archive(tinyCifar10) }, 'my.tgz'],
    ['a folder that holds the archive', { 'cifar-10-binary.tar.gz': archive(tinyCifar10) }, ''],
  ])('%s', async (_, files, path) => {
    const data = await cifar10(join(await folderWith(files), path))
    expect(data.name).toBe('cifar10')
    expect([...data.train.labels]).toEqual([3, 9, 0, 7, 2, 5, 5, 1, 4, 8])
    expect([...data.test.labels]).toEqual([6, 0, 1, 9])
    expect(data.test.pixels.slice(0, 3072)).toEqual(tinyCifar10['test_batch.bin']!.slice(1, 3073))
    expect(data.classes.slice(0, 3)).toEqual(['airplane', 'automobile', 'bird'])
    expect(data.normalisation).toEqual({ mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] })
  })

  test('class names come from the names file where there is one', async () => {
    const data = await cifar10(await folderWith(withNames))
    expect(data.classes).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])
    const packed = await folderWith({ 'c.tar.gz': archive(under('cifar-10-batches-bin', withNames)) })
    expect((await cifar10(join(packed, 'c.tar.gz'))).classes[9]).toBe('j')
  })

  test('a smaller set may have fewer batches', async () => {
    const folder = await folderWith({
      'data_batch_1.bin': tinyCifar10['data_batch_1.bin']!,
      'test_batch.bin': tinyCifar10['test_batch.bin']!,
    })
    expect((await cifar10(folder)).train.count).toBe(5)
  })

  test('limit keeps the first pictures of each part', async () => {
    const data = await cifar10(await folderWith(tinyCifar10), { limit: { train: 6, test: 1 } })
    expect([...data.train.labels]).toEqual([3, 9, 0, 7, 2, 5])
    expect([...data.test.labels]).toEqual([6])
    await expect(cifar10('nowhere', { limit: { train: 0 } })).rejects.toThrow(
      'cifar10: limit.train is 0, expected a whole number of pictures from 1',
    )
  })

  test('CIFAR-100 uses the fine labels', async () => {
    for (const files of [tinyCifar100, under('cifar-100-binary', tinyCifar100)]) {
      const data = await cifar100(await folderWith(files))
      expect([...data.train.labels]).toEqual([99, 50, 0])
      expect([...data.test.labels]).toEqual([42, 43])
      expect(data.test.pixels.slice(3072)).toEqual(tinyCifar100['test.bin']!.slice(3074 + 2))
      expect(data.classes).toHaveLength(100)
      expect(new Set(data.classes).size).toBe(100)
      expect([data.classes[0], data.classes[42], data.classes[99]]).toEqual(['apple', 'leopard', 'worm'])
      expect(data.normalisation.mean).toEqual([0.5071, 0.4867, 0.4408])
    }
  })
})

describe('what is wrong is named', () => {
  test('nothing there', async () => {
    expect(await failure(cifar10('/no/such/place'))).toBe(`/no/such/place: no such file or folder; ${wanted10}`)
    expect(await failure(cifar100('/no/such/place'))).toContain(
      'CIFAR-100: a folder with train.bin and test.bin, cifar-100-binary.tar.gz',
    )
  })

  test('folders that hold something else', async () => {
    const cases: readonly [Readonly<Record<string, Uint8Array | string>>, string][] = [
      [{}, 'is empty'],
      [{ a: '', b: '', c: '', d: '', e: '' }, 'holds a, b, c and 2 more, but no files of CIFAR'],
      [{ 'notes.txt': '' }, 'holds notes.txt, but no files of CIFAR'],
      [tinyCifar100, 'holds CIFAR-100 (train.bin)'],
    ]
    for (const [files, what] of cases) {
      const folder = await folderWith(files)
      expect(await failure(cifar10(folder))).toBe(`${folder}: ${what}; ${wanted10}`)
    }
    expect(await failure(cifar100(await folderWith(tinyCifar10)))).toContain('holds CIFAR-10 (data_batch_1.bin)')
    for (const name of ['data_batch_1', 'cifar-10-batches-py/x'])
      expect(await failure(cifar100(await folderWith({ [name]: '' })))).toContain('holds CIFAR-10 (')
    expect(await failure(cifar10(await folderWith({ 'cifar-100-python/train': '' })))).toContain(
      'holds CIFAR-100 (cifar-100-python)',
    )
  })

  test('a file is missing', async () => {
    const expected =
      'expected data_batch_1.bin to data_batch_5.bin and test_batch.bin: unpack cifar-10-binary.tar.gz again'
    for (const missing of ['data_batch_1.bin', 'data_batch_3.bin', 'test_batch.bin']) {
      const { [missing]: _, ...files } = tinyCifar10
      const folder = await folderWith(files)
      expect(await failure(cifar10(folder))).toBe(`${folder}: ${missing} is missing; ${expected}`)
    }
    const folder = await folderWith({ 'test_batch.bin': tinyCifar10['test_batch.bin']! })
    expect(await failure(cifar10(folder))).toBe(`${folder}: data_batch_1.bin is missing; ${expected}`)
  })

  test('a file that is not made of whole pictures', async () => {
    const rule = 'expected a multiple of 3073 bytes (1 of labels and 3072 of pixels a picture)'
    const end = 'or not CIFAR-10 in the binary version: download cifar-10-binary.tar.gz again'
    const cut = await folderWith({
      ...tinyCifar10,
      'data_batch_2.bin': tinyCifar10['data_batch_2.bin']!.slice(0, 6000),
    })
    expect(await failure(cifar10(cut))).toBe(
      `${join(cut, 'data_batch_2.bin')}: ${rule}, got 6000; the file is truncated ${end}`,
    )
    const empty = await folderWith({ ...tinyCifar10, 'test_batch.bin': '' })
    expect(await failure(cifar10(empty))).toBe(
      `${join(empty, 'test_batch.bin')}: ${rule}, got 0; the file is empty ${end}`,
    )
    const packed = await folderWith({ 'c.tar.gz': archive({ ...tinyCifar10, 'test_batch.bin': new Uint8Array(10) }) })
    expect(await failure(cifar10(`${packed}/c.tar.gz`))).toContain(
      'c.tar.gz: test_batch.bin: expected a multiple of 3073',
    )
    const hundred = await folderWith({ ...tinyCifar100, 'test.bin': new Uint8Array(3073) })
    expect(await failure(cifar100(hundred))).toContain('expected a multiple of 3074 bytes (2 of labels')
  })

  test('a label out of range', async () => {
    const folder = await folderWith({ ...tinyCifar10, 'data_batch_2.bin': records([[5], [10]], 1) })
    expect(await failure(cifar10(folder))).toBe(
      `${join(folder, 'data_batch_2.bin')}: picture 1 has label 10, expected 0 to 9; the file is damaged or not CIFAR-10: download cifar-10-binary.tar.gz again`,
    )
    const hundred = await folderWith({ ...tinyCifar100, 'test.bin': records([[0, 100]], 1) })
    expect(await failure(cifar100(hundred))).toContain('picture 0 has label 100, expected 0 to 99')
  })

  test('too few class names', async () => {
    const folder = await folderWith({ ...tinyCifar10, 'batches.meta.txt': 'cat\ndog\n' })
    expect(await failure(cifar10(folder))).toBe(
      `${join(folder, 'batches.meta.txt')}: expected 10 class names, one a line, got 2; restore the file, or delete it to use the official names`,
    )
  })

  test('a folder where a file should be', async () => {
    const odd = await folderWith({ 'data_batch_1.bin': tinyCifar10['data_batch_1.bin']!, 'test_batch.bin/note': '' })
    expect(await failure(cifar10(odd))).toBe(`${join(odd, 'test_batch.bin')}: cannot be read (EISDIR)`)
  })

  test('archives that are none', async () => {
    const good = archive(tinyCifar10)
    const damaged = Uint8Array.from(good)
    damaged.fill(0xa5, 100, 200)
    const noTar = gzipSync(Buffer.from('just a text'))
    const other = archive({ 'readme.txt': Buffer.from('hello') })
    const python = archive({ 'cifar-10-batches-py/data_batch_1': new Uint8Array(5) })
    const folder = await folderWith({
      plain: 'no archive',
      cut: good.subarray(0, good.length - 999),
      damaged,
      noTar,
      other,
      python,
    })
    const again = 'download cifar-10-binary.tar.gz again'
    const at = (name: string) => join(folder, name)
    const message = (name: string) => failure(cifar10(at(name)))
    expect(await message('plain')).toBe(
      `${at('plain')}: expected a gzip, tar or zip archive, got something else; ${wanted10}`,
    )
    expect(await message('cut')).toBe(`${at('cut')}: the gzip archive ends too early; the file is truncated: ${again}`)
    expect(await message('damaged')).toBe(`${at('damaged')}: the gzip archive is damaged: ${again}`)
    expect(await message('noTar')).toBe(
      `${at('noTar')}: expected a tar header with a matching check sum at byte 0, got something else; the file is damaged or not a tar archive: download it again`,
    )
    expect(await message('other')).toBe(`${at('other')}: holds readme.txt, but no files of CIFAR; ${wanted10}`)
    expect(await message('python')).toBe(
      `${at('python')}: test_batch is missing; expected data_batch_1 to data_batch_5 and test_batch: unpack cifar-10-binary.tar.gz again`,
    )
  })

  test('a file far larger than any of CIFAR', async () => {
    const folder = await folderWith({ ...tinyCifar10, 'big.tar.gz': '' })
    for (const name of ['big.tar.gz', 'test_batch.bin']) await truncate(join(folder, name), 300_000_000)
    for (const [path, name] of [
      [join(folder, 'big.tar.gz'), 'big.tar.gz'],
      [folder, 'test_batch.bin'],
    ] as const)
      expect(await failure(cifar10(path))).toBe(
        `${join(folder, name)}: has 300000000 bytes, expected at most 268435456: no file of CIFAR is that large; name the right one`,
      )
  })

  test('an archive that unpacks to far more than CIFAR', async () => {
    const folder = await folderWith({})
    const megabytes = gzipSync(new Uint8Array(1 << 24), { level: 1 }) // members of a gzip file add up
    const bomb = Buffer.concat(Array.from({ length: 17 }, () => megabytes))
    await writeFile(join(folder, 'bomb.tar.gz'), bomb)
    expect(await failure(cifar10(join(folder, 'bomb.tar.gz')))).toBe(
      `${join(folder, 'bomb.tar.gz')}: unpacks to more than ${2 ** 25 + 20 * bomb.length} bytes, too many for a CIFAR archive: download cifar-10-binary.tar.gz again`,
    )
  })
})
