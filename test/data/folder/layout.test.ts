/** Parts, classes and litter: the same answers for a folder on the disk and for one that was opened in a page. */
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findPictures } from '../../../src/data/folder/find-pictures.node.js'
import { openedFolder } from '../../../src/data/folder/opened-folder.js'
import { partOf } from '../../../src/data/folder/parts.js'
import { listFolder } from '../../../src/data/folder/picture-files.node.js'
import { DataError } from '../../../src/util/errors.js'
import { folderWith } from './folders.js'

interface Read {
  readonly classes: readonly string[]
  /** Paths to learn from, and to test on where there is a part for it. */
  readonly train: readonly string[]
  readonly test: readonly string[]
  readonly notes: readonly string[]
}

async function onDisk(paths: readonly string[]): Promise<Read> {
  const root = await folderWith(Object.fromEntries(paths.map((path) => [path, 'x'])))
  try {
    const { classes, parts, notes } = await listFolder(root)
    const own = (name: 'train' | 'val' | 'test') => (parts.get(name)?.files ?? []).map(({ path }) => path)
    return { classes, train: own('train'), test: parts.has('test') ? own('test') : own('val'), notes }
  } catch (error) {
    expect(error).toBeInstanceOf(DataError)
    throw new Error((error as Error).message.replaceAll(root, 'ROOT'))
  }
}

async function inPage(paths: readonly string[]): Promise<Read> {
  const { classes, train, test: tested = [], notes } = await openedFolder(paths.map((path) => `mine/${path}`))
  const own = (list: typeof train) => list.map(({ file }) => paths[file]!)
  return { classes, train: own(train), test: own(tested), notes }
}

/** Two classes of a picture each in a folder. */
const pair = (folder: string) => [`${folder}cat/1.png`, `${folder}dog/1.png`]

describe.each([
  ['on the disk', onDisk],
  ['in a page', inPage],
])('%s', (where, read) => {
  test.each([
    ['Training', 'Testing'],
    ['Train', 'Test'],
    ['TRAIN', 'Valid'],
    ['train', 'validation'],
    ['train', 'dev'],
    ['training_set', 'test_set'],
    ['seg_train', 'seg_test'],
    ['training-data', 'test images'],
  ])('%s and %s are parts', async (learned, tested) => {
    const found = await read([...pair(`${learned}/`), ...pair(`${tested}/`)])
    expect(found).toEqual({
      classes: ['cat', 'dog'],
      train: pair(`${learned}/`),
      test: pair(`${tested}/`),
      notes: [],
    })
  })

  test('parts may be packed twice; what lies beside them is named', async () => {
    const found = await read([...pair('seg_train/seg_train/'), ...pair('seg_test/seg_test/'), 'seg_pred/1.png'])
    expect(found).toMatchObject({ classes: ['cat', 'dog'], train: pair('seg_train/seg_train/') })
    expect(found.notes).toEqual(['passed over beside the parts: seg_pred/'])
  })

  test('litter is passed over and counted', async () => {
    const found = await read([
      ...pair(''),
      'cat/.ipynb_checkpoints/1-checkpoint.png',
      'dog/.ipynb_checkpoints/1-checkpoint.png',
      '.ipynb_checkpoints/x.png',
      'cat/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg',
      'cat/._1.png',
      'dog/Thumbs.db',
      '__MACOSX/cat/._1.png',
      '#recycle/cat/2.png',
      '.resnet-cache/old.png',
    ])
    expect(found).toMatchObject({ classes: ['cat', 'dog'], train: pair(''), test: [] })
    expect(found.notes).toEqual([
      'passed over: #recycle (1 folder), ._* (1 file), .ipynb_checkpoints (3 folders), @eaDir (1 folder), Thumbs.db (1 file) and 1 kinds more',
    ])
  })

  test('folders without pictures, of trainings, and loose pictures are passed over and named', async () => {
    const found = await read([...pair(''), 'empty/readme.txt', 'runs/x/metrics.jsonl', 'runs/x/map.png', 'cover.jpg'])
    expect(found).toMatchObject({ classes: ['cat', 'dog'], train: pair('') })
    expect(found.notes.slice(0, 2)).toEqual([
      'passed over, as no pictures are in it: empty/',
      'passed over, as a training was saved in it: runs/',
    ])
    expect(found.notes[2]).toMatch(/^passed over: 1 picture in .* beside the folders of classes$/)
  })

  test('names are composed before they are compared; paths stay as they are', async () => {
    const [composed, apart] = ['caf\u00e9', 'cafe\u0301']
    const paths = [`train/${apart}/1.png`, 'train/dog/1.png', `val/${composed}/1.png`]
    const found = await read(paths)
    expect(found.classes).toEqual([composed, 'dog'])
    expect([...found.train, ...found.test]).toEqual(paths)
  })

  test('a folder called 0.png is a folder', async () => {
    expect((await read([...pair(''), 'cat/0.png/2.jpg'])).train).toEqual(['cat/0.png/2.jpg', ...pair('')])
  })

  test('a class may be called train, where it stands among classes of a part', async () => {
    expect((await read(['train/bus/1.png', 'train/train/1.png', 'test/bus/1.png'])).classes).toEqual(['bus', 'train'])
  })

  test.each([
    ['the same part twice', [...pair('train/'), ...pair('Training/')], 'and both are the part train; put their'],
    [
      'a part beside classes',
      [...pair(''), 'test/1.png'],
      'test/ beside cat/ may be a part of the set or a class; put',
    ],
    ['a class that may be a part', ['bus/1.png', 'train/1.png'], 'train/ beside bus/ may be a part of the set or a'],
    [
      'names with parts in them',
      [...pair('a_train/'), ...pair('a_test/')],
      'a_test/, a_train/, which look like parts of',
    ],
    ['numbered parts', [...pair('train1/'), ...pair('train2/')], 'train1/, train2/, which look like parts of a set'],
    [
      'parts inside of classes',
      pair('').flatMap((p) => [p.replace('/', '/train/'), p.replace('/', '/test/')]),
      'holds test/, train/ where classes or their pictures were expected; the parts come first',
    ],
    ['parts inside of a part', [...pair('train/train/'), ...pair('train/val/')], 'train/, val/ where classes or their'],
    [
      'a folder around the parts',
      [...pair('set/train/'), ...pair('set/test/')],
      'holds one folder only, set, and the parts are in that (test/, train/); give',
    ],
    [
      'pictures without classes',
      ['train/cat.0.png', 'train/dog.0.png', 'test/1.png'],
      'train: holds pictures (2), but no folders, expected a folder for each class, at least two',
    ],
    [
      'a class that was never learned',
      [...pair('train/'), 'test/eel/1.png'],
      'test: holds the class eel that train/ does not have; its classes are cat, dog',
    ],
    ['classes without pictures', ['cat/1.txt', 'dog/1.png'], 'cat: holds no pictures (.jpg .jpeg'],
    ['one class', ['cat/1.png'], 'holds one folder only, cat, expected a folder for each class, at least two'],
  ])('%s: refused in words', async (_, paths, message) => {
    await expect(read(paths)).rejects.toThrow(message)
    if (where === 'in a page') await expect(read(paths)).rejects.toBeInstanceOf(DataError)
  })
})

test('words that only begin like a part are classes', async () => {
  for (const name of ['segment', 'tester', 'trainer', 'device', 'value', 'test tube', 'train station'])
    expect([name, partOf(name)]).toEqual([name, undefined])
  const paths = ['test_tube/1.png', 'train_station/1.png']
  expect((await onDisk(paths)).classes).toEqual(['test_tube', 'train_station'])
})

test('too many classes are refused', async () => {
  const paths = Array.from({ length: 257 }, (_, i) => `c${i}/1.png`)
  await expect(inPage(paths)).rejects.toThrow('holds 257 classes, expected at most 256')
})

test('a page needs something to learn from', async () => {
  await expect(inPage(pair('test/'))).rejects.toThrow(
    'the folder that was opened: holds test/, but no part to learn from; open the folder above, or add train/',
  )
})

test('pictures that are named by a folder: files only, without litter, which is told', async () => {
  const root = await folderWith({ 'a/0.png/1.jpg': '', 'a/@eaDir/1.png/x.jpg': '', 'a/2.png': '', '.DS_Store': '' })
  await symlink(join(root, 'a'), join(root, 'b.png')) // a link to a folder is no picture
  const notes: string[] = []
  const found = await findPictures([root], { onNote: (note) => notes.push(note) })
  expect(found.map((path) => path.slice(root.length + 1))).toEqual(['a/0.png/1.jpg', 'a/2.png'])
  expect(notes).toEqual([`${root}: passed over: .DS_Store (1 file), @eaDir (1 folder)`])
})

test("classes and pictures are those of torchvision's ImageFolder, where no difference is documented", async () => {
  const paths = [
    ...['Zebra/b.PNG', 'Zebra/deep/er/a.jpeg', 'ant/2.bmp', 'ant/10.ppm', 'ant/notes.txt', 'ant/x.webp'],
    ...['\u00e9clair/1.tif', '\u00e9clair/1.tiff', '_x/1.pgm', '_x/a b.jpg', 'loose.png'],
  ]
  // As its source has it: classes are sorted folders, pictures of any depth have one of these endings, in any case.
  const extensions = ['.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.tif', '.tiff', '.webp']
  const isPicture = (path: string) => extensions.some((ending) => path.toLowerCase().endsWith(ending))
  const folders = [...new Set(paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]!))].sort()
  const found = await onDisk(paths)
  expect(found.classes).toEqual(folders)
  const byName = (a: string, b: string) => (a < b ? -1 : 1)
  const own = paths.filter((path) => path.includes('/') && isPicture(path)).sort(byName)
  expect([...found.train].sort(byName)).toEqual(own)
})
