/** Folders to judge weights on: their part for it, what was held out of them, all of them; and copies among pictures. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { imageFolder } from '../../../src/data/folder/image-folder.node.js'
import { testFolder } from '../../../src/data/folder/test-folder.node.js'
import { ConfigError, DataError } from '../../../src/util/errors.js'
import { folderWith } from './folders.js'

/** A picture of one colour for each number. */
const plain = (number: number) =>
  sharp({ create: { width: 9, height: 8, channels: 3, background: { r: number % 256, g: number >> 8, b: 7 } } })
    .png()
    .toBuffer()

/** `count` pictures of each class, all of them different. */
async function classesOf(count: number, top = '', classes = ['cat', 'dog']): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {}
  for (const [label, name] of classes.entries())
    for (let i = 0; i < count; i++)
      files[`${top}${name}/${String(i).padStart(2, '0')}.png`] = await plain(256 * label + i)
  return files
}
const size = 8

describe('a part to test on', () => {
  test.each(['test', 'val', 'Validation'])('%s/ alone, or beside train/', async (part) => {
    const files = await classesOf(2, `${part}/`)
    const alone = await testFolder(await folderWith(files), { size })
    expect(alone).toMatchObject({ testedOn: `the 4 pictures in ${part}/`, notes: [] })
    expect(alone.data).toMatchObject({ classes: ['cat', 'dog'], train: { count: 0 }, test: { count: 4 } })
    const both = await testFolder(
      await folderWith({ ...files, ...(await classesOf(1, 'train/', ['cat', 'dog', 'eel'])) }),
      { size },
    )
    expect([both.data.classes, both.data.test.count]).toEqual([['cat', 'dog', 'eel'], 4])
  })

  test('limit takes of each class; --all is for other folders', async () => {
    const path = await folderWith(await classesOf(3, 'test/'))
    const { data } = await testFolder(path, { size, limit: 2 })
    expect([...data.test.labels]).toEqual([0, 1])
    await expect(testFolder(path, { size, all: true })).rejects.toThrow(
      new ConfigError(`--all: ${path} has a part to test on, test/; leave it out, or give another folder`),
    )
  })

  test('is nothing to learn from', async () => {
    const path = await folderWith(await classesOf(2, 'val/'))
    await expect(imageFolder(path, { size })).rejects.toThrow(
      new DataError(`${path}: holds val/, but no part to learn from; add train/<class>/<pictures>`),
    )
  })
})

describe('what was held out', () => {
  test('is held out again from the record, which has no names', async () => {
    const path = await folderWith(await classesOf(10))
    const data = await imageFolder(path, { size, heldOut: 0.3, seed: 5 })
    const { testedOn } = data
    const { heldOut } = data
    expect(heldOut).toEqual({ seed: 5, count: 6, of: 20, digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(testedOn).toBe('6 of 20 pictures, held out by chance (seed 5, of each class its share)')
    const judged = await testFolder(path, { size, heldOut })
    expect(judged.data.test.files).toEqual(data.test.files)
    expect(judged.testedOn).toBe('the 6 of 20 pictures that were held out when these weights learned (seed 5)')
    expect((await imageFolder(path, { size, again: heldOut })).test.files).toEqual(data.test.files)
    const copy = await folderWith(await classesOf(10)) // elsewhere, of other times
    expect((await testFolder(copy, { size, heldOut })).data.test.files).toEqual(data.test.files)
  })

  test('is refused of other pictures, unless all are judged', async () => {
    const path = await folderWith(await classesOf(5))
    const { heldOut } = await imageFolder(path, { size })
    await writeFile(join(path, 'cat/new.png'), await plain(99))
    const told = `${path}: its pictures are not those that some were held out of (10 then, 11 now), so which were held out cannot be told; put it back as it was, or `
    await expect(testFolder(path, { size, heldOut })).rejects.toThrow(
      new DataError(`${told}judge all of its pictures with --all`),
    )
    await expect(imageFolder(path, { size, again: heldOut })).rejects.toThrow(new DataError(`${told}start a new run`))
    const all = await testFolder(path, { size, heldOut, all: true })
    expect([all.data.test.count, all.testedOn]).toEqual([11, 'all 11 pictures'])
    expect(all.notes).toEqual([expect.stringContaining('these weights learned from most of the pictures')])
    const renamed = await folderWith(await classesOf(5, '', ['cat', 'eel']))
    await expect(testFolder(renamed, { size, heldOut })).rejects.toThrow('held out of (of other names or sizes), so')
  })

  test('is unknown where a version before kept no record', async () => {
    const path = await folderWith(await classesOf(2))
    await expect(testFolder(path, { size, isUnrecorded: true })).rejects.toThrow(
      `${path}: these weights do not say which pictures were held out when they learned from such a folder; judge all`,
    )
    const others = await testFolder(path, { size })
    expect([others.testedOn, others.notes]).toEqual([
      'all 4 pictures',
      [
        'it has no part to test on, so all of its pictures are judged; where the weights learned from some of them the error is too small',
      ],
    ])
  })
})

describe('copies', () => {
  test('on both sides of a split are told', async () => {
    const files = {
      ...(await classesOf(3, 'train/')),
      ...(await classesOf(1, 'test/')),
      'train/dog/cat.png': await plain(1),
    }
    const { notes } = await imageFolder(await folderWith(files), { size })
    expect(notes).toEqual([
      '2 of the 2 test pictures are copies of pictures to learn from, byte by byte: they make the error too small; take them out of one side',
      '1 picture lies in more than one class, as copies: at most one class is right',
    ])
  })

  test('the same pixels in another file are no copy', async () => {
    const one = await plain(1)
    const other = await sharp(one).png({ compressionLevel: 0 }).toBuffer()
    const path = await folderWith({ 'train/a/1.png': one, 'train/b/1.png': await plain(2), 'test/a/1.png': other })
    const { notes } = await imageFolder(path, { size })
    expect(notes.filter((note) => note.includes('cop'))).toEqual([])
  })

  test('are never on both sides of what was held out by chance', async () => {
    const files = await classesOf(10)
    for (const [name, bytes] of Object.entries(files))
      if (/[0-6]\.png$/.test(name)) files[name.replace('.png', ' (1).png')] = bytes
    const path = await folderWith(files)
    for (let seed = 0; seed < 5; seed++) {
      const data = await imageFolder(path, { size, seed })
      const { notes } = data
      const [learned, tested] = [data.train, data.test].map(({ files = [] }) =>
        files.map((file) => file.replace(' (1)', '')),
      )
      expect(tested!.length).toBe(4) // a fifth of the 20 that are no copies
      expect(learned!.filter((file) => tested!.includes(file))).toEqual([])
      const left = 34 - learned!.length - 4
      expect(notes[0]).toContain(
        `14 of 34 pictures are copies of others, byte by byte; no picture is on both sides: ${left} `,
      )
    }
  })

  test('a class of one picture, or of one and its copies, is too little', async () => {
    const told = 'two of a class are needed, one to learn from and one to test on'
    const lone = await folderWith({ 'cat/1.png': await plain(1), 'dog/1.png': await plain(2) })
    await expect(imageFolder(lone, { size })).rejects.toThrow(
      new DataError(`${lone}: cat, dog have one picture each; ${told}`),
    )
    const twice = await folderWith({
      'cat/1.png': await plain(1),
      'cat/2.png': await plain(1),
      'dog/1.png': await plain(2),
    })
    await expect(imageFolder(twice, { size })).rejects.toThrow(`have one picture each, copies not counted; ${told}`)
  })
})
