/** Lists in files that are longer than what they list, or whose lengths cannot be read. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cifar10Layout, parseClassNames } from '../../src/data/cifar/cifar.js'
import { cifar10 } from '../../src/data/cifar/cifar.node.js'
import { readStudyResults } from '../../src/studies/run.node.js'
import { readTar } from '../../src/util/archive/tar.js'
import { DataError } from '../../src/util/errors.js'
import { tar, tinyCifar10 } from './cifar/make-cifar.js'
import { folderWith } from './folder/folders.js'

test('a tar header whose size is no number is not the end of the archive', () => {
  const archive = Buffer.from(tar({ 'one\u001b[2J': new Uint8Array(600), two: new Uint8Array(3) }))
  const header = archive.subarray(0, 512)
  header.write('99999999999\0', 124)
  header.write('        ', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  expect(() => readTar(archive, 'x.tar')).toThrow(
    new DataError(
      'x.tar: the tar header of one�[2J at byte 0 has no size that can be read; the file is damaged: download it again',
    ),
  )
})

test('class names of a thousand characters, and files of them that are no such', async () => {
  const names = [...cifar10Layout.classes.slice(1), 'n'.repeat(1001)].join('\n')
  expect(() => parseClassNames(cifar10Layout, 'x.txt', names)).toThrow(
    `x.txt: a class name has 1001 characters, more than 1000: ${'n'.repeat(39)}…; restore the file, or delete it to use the official names`,
  )
  const folder = await folderWith({ ...tinyCifar10, 'batches.meta.txt': '\n'.repeat(100_000) })
  await expect(cifar10(folder)).rejects.toThrow(
    `${join(folder, 'batches.meta.txt')}: has 100000 bytes, expected the names of 10 classes, one a line; restore the file, or delete it to use the official names`,
  )
})

test('results of a study that are damaged are named', async () => {
  for (const text of ['{"resu', 'null', '7', '['.repeat(100_000)]) {
    const folder = await folderWith({ 'degradation/results.json': text })
    const path = join(folder, 'degradation', 'results.json')
    const message = text.startsWith('[')
      ? 'refused: it has lists in lists'
      : 'is damaged; remove it, and run the study again'
    await expect(readStudyResults(folder)).rejects.toThrow(`${path}: ${message}`)
  }
  expect(await readStudyResults(await folderWith({}))).toEqual([])
})
