/** Data sets from bytes that a page was given: CIFAR by names, folders by paths, and what else people open. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openedFolder } from '../../../src/data/folder/opened-folder.js'
import { DataError, openedData, sha256 } from '../../../src/internal.node.js'
import { tinyCifar10, tinyCifar100 } from '../../data/cifar/make-cifar.js'

const named = (files: Readonly<Record<string, Uint8Array>>) =>
  Object.entries(files).map(([path, bytes]) => ({ path, bytes }))

async function picture(red: number, side = 8): Promise<Uint8Array> {
  const background = { r: red, g: 20, b: 200 }
  return sharp({ create: { width: 2 * side, height: side, channels: 3, background } })
    .png()
    .toBuffer()
}

async function refused(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const error = await openedData(named(files), { size: 16 }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DataError)
  return (error as DataError).message
}

describe('CIFAR', () => {
  test('is known by the names of its files, whatever order they come in', async () => {
    const { 'test_batch.bin': tested, 'data_batch_2.bin': second } = tinyCifar10
    const data = await openedData(named({ 'x/test_batch.bin': tested!, 'x/data_batch_2.bin': second! }), { size: 32 })
    expect(data).toMatchObject({ name: 'cifar10', train: { count: 2 }, test: { count: 4, height: 32 } })
    expect([...data.test.labels]).toEqual([6, 0, 1, 9])
    expect(data.test.pixels.subarray(0, 3072)).toEqual(tested!.subarray(1, 3073))
    expect((await openedData(named(tinyCifar100), { size: 32, testLimit: 1 })).test.count).toBe(1)
  })

  test('is made smaller by means', async () => {
    const flat = new Uint8Array(3073).fill(77)
    flat[0] = 3
    const data = await openedData(named({ 'data_batch_1.bin': flat, 'test_batch.bin': flat }), { size: 16 })
    expect(data.train).toMatchObject({ height: 16, width: 16 })
    expect(new Set(data.train.pixels)).toEqual(new Set([77]))
  })

  test('needs a part to learn from and one to test on, whole and binary', async () => {
    const { 'test_batch.bin': tested, 'data_batch_1.bin': first } = tinyCifar10
    expect(await refused({ 'data_batch_1.bin': first! })).toBe(
      'CIFAR-10: test_batch.bin was not opened; open files to train on (data_batch_1.bin) and test_batch.bin together',
    )
    expect(await refused({ 'test_batch.bin': tested! })).toContain('CIFAR-10: data_batch_1.bin was not opened')
    expect(await refused({ 'test_batch.bin': tested!, 'data_batch_1.bin': first!.subarray(1) })).toContain(
      'data_batch_1.bin: expected a multiple of 3073 bytes',
    )
    expect(await refused({ data_batch_1: first! })).toBe(
      'data_batch_1: belongs to the Python version of CIFAR-10, expected the binary one (.bin files)',
    )
    expect(await refused({ 'cifar-10-binary.tar.gz': first! })).toContain(
      'is an archive; unpack it, and open its files',
    )
  })
})

describe('a folder', () => {
  test('has a class a folder; a fifth is held out, and what cannot be read is named', async () => {
    const files: Record<string, Uint8Array> = {
      'mine/cat/broken.png': new Uint8Array(9),
      'mine/readme.txt': new Uint8Array(3),
    }
    for (let i = 0; i < 5; i++) {
      files[`mine/dog/${i}.png`] = await picture(10 + i)
      files[`mine/cat/deep/${i}.PNG`] = await picture(240 + i)
    }
    const data = await openedData(named(files), { size: 4 })
    expect(data).toMatchObject({
      name: 'folder',
      classes: ['cat', 'dog'],
      train: { count: 8 },
      test: { count: 2, width: 4 },
    })
    expect([...data.test.labels]).toEqual([0, 1])
    const red = [data.test.pixels[0]!, data.test.pixels[48]!]
    expect(red.map((value) => value > 100)).toEqual([true, false])
    expect(data.unreadable).toHaveLength(1)
    expect(data.unreadable?.[0]?.file).toBe('mine/cat/broken.png')
  })

  test('may have a part to test on; what was passed over is told', async () => {
    const paths = ['m/train/a/1.jpg', 'm/val/b/1.jpg', 'm/train/b/2.jpg', 'm/train/.cache/3.jpg']
    expect(await openedFolder(paths)).toEqual({
      classes: ['a', 'b'],
      train: [
        { file: 0, label: 0 },
        { file: 2, label: 1 },
      ],
      test: [{ file: 1, label: 1 }],
      notes: ['passed over: .cache (1 folder)'],
    })
  })

  test('copies are told, and never on both sides', async () => {
    const files: Record<string, Uint8Array> = { 'mine/.DS_Store': new Uint8Array(3) }
    for (let i = 0; i < 5; i++) {
      files[`mine/dog/${i}.png`] = await picture(10 + i)
      files[`mine/cat/${i}.png`] = files[`mine/cat/${i} (1).png`] = await picture(240 + i)
    }
    const { train, test: tested, notes } = await openedData(named(files), { size: 4 })
    expect([train.count, tested.count]).toEqual([12, 2])
    expect(notes).toEqual([
      'passed over: .DS_Store (1 file)',
      '5 of 15 pictures are copies of others; no picture is on both sides',
    ])
    const parts = Object.fromEntries(
      Object.entries(files).flatMap(([path, bytes]) =>
        ['Training', 'Testing'].map((part) => [path.replace('mine/', `mine/${part}/`), bytes]),
      ),
    )
    expect((await openedData(named(parts), { size: 4 })).notes?.[1]).toContain(
      '15 of the 15 test pictures are copies of pictures to learn from, byte by byte',
    )
  })

  test('is refused in words where it is none', async () => {
    const png = await picture(1)
    expect(await refused({ 'a.txt': png })).toBe(
      'the files that were opened: hold no pictures; expected a folder with a folder of pictures for each class',
    )
    expect(await refused({ 'cat/1.png': png, 'cat/2.png': png })).toContain(
      'the folder that was opened: holds pictures (2), but no folders, expected a folder for each class, at least two; open the folder above',
    )
    expect(await refused({ 'm/train/a/1.png': png, 'm/train/b/1.png': png, 'm/test/c/1.png': png })).toBe(
      'test: holds the class c that train/ does not have; its classes are a, b',
    )
    expect(await refused({ 'm/a/1.png': png, 'm/b/1.png': new Uint8Array(5) })).toContain(
      'b: none of its pictures can be read (',
    )
    expect(await refused({ 'm/a/1.png': png, 'm/b/1.png': png })).toContain(
      'a, b have one picture each, so none is left to test on; two of a class are needed',
    )
  })
})

test('sha256 names bytes', () => {
  expect(sha256(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
