import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { builtin } from '../../src/data/builtin/builtin.js'
import { type DatasetName, loadDataset } from '../../src/data/load.node.js'
import { ConfigError } from '../../src/util/errors.js'
import { tinyCifar10, tinyCifar100 } from './cifar/make-cifar.js'
import { folderWith } from './folder/folders.js'

describe('loadDataset', () => {
  test('finds each set by its name', async () => {
    const made = await loadDataset('builtin', undefined, { size: 16, seed: 3, limit: { train: 20, test: 10 } })
    expect(made).toEqual(builtin({ size: 16, seed: 3, train: 20, test: 10 }))
    const ten = await loadDataset('cifar10', await folderWith(tinyCifar10), { limit: { train: 2 } })
    expect([ten.name, ten.train.count, ten.test.count]).toEqual(['cifar10', 2, 4])
    const hundred = await loadDataset('cifar100', await folderWith(tinyCifar100), { limit: { test: 1 } })
    expect([hundred.name, hundred.train.count, hundred.test.count]).toEqual(['cifar100', 3, 1])
    const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    const files = { 'train/a/1.png': picture, 'train/b/1.png': picture, 'test/a/1.png': picture }
    const own = await loadDataset('folder', await folderWith(files), { size: 8, limit: { train: 1 } })
    expect([own.name, own.train.count, own.train.width, own.classes]).toEqual(['folder', 1, 8, ['a', 'b']])
  })

  test.each([
    [
      'imagenet',
      'x',
      {},
      '--dataset: unknown data set "imagenet", expected one of builtin, cifar10, cifar100, folder, mnist, fashion-mnist, npz, csv',
    ],
    [
      'cifar10',
      undefined,
      {},
      '--data: missing; cifar10 needs the folder or the archive that holds it (--data DIR), or use --dataset builtin, which needs none',
    ],
    ['cifar100', '', {}, '--data: missing; cifar100 needs the folder'],
    [
      'folder',
      undefined,
      {},
      '--data: missing; folder needs the path of a folder of pictures, with a folder for each class (--data DIR)',
    ],
    [
      'builtin',
      'dir',
      {},
      '--data: builtin is made by code and reads no files, got "dir"; leave --data out, or name the set: --dataset folder, cifar10 or cifar100',
    ],
    ['cifar10', 'dir', { size: 16 as const }, 'size: cifar10 has 32x32 pictures, got 16'],
  ])('%s from %s %o', async (name, path, options, message) => {
    const loading = loadDataset(name as DatasetName, path, options)
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toBeInstanceOf(ConfigError)
  })
})
