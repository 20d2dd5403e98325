/** Pictures without a folder for each class: lists of labels and names tell the classes, on the disk and in a page. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openedFolder } from '../../../src/data/folder/opened-folder.js'
import { listFolder } from '../../../src/data/folder/picture-files.node.js'
import { DataError } from '../../../src/util/errors.js'
import { folderWith } from './folders.js'

type Files = Readonly<Record<string, string>>

interface Read {
  readonly classes: readonly string[]
  /** The class of each picture, by its path. */
  readonly train: Readonly<Record<string, string>>
  readonly test: Readonly<Record<string, string>>
  readonly notes: readonly string[]
}

async function onDisk(files: Files): Promise<Read> {
  const root = await folderWith(files)
  try {
    const { classes, parts, notes } = await listFolder(root)
    const own = (name: 'train' | 'val' | 'test') =>
      Object.fromEntries((parts.get(name)?.files ?? []).map(({ path, label }) => [path, classes[label]!]))
    return {
      classes,
      train: own('train'),
      test: parts.has('test') ? own('test') : own('val'),
      notes: notes.map((note) => note.replaceAll(`${root}/`, '').replaceAll(root, 'ROOT')),
    }
  } catch (error) {
    expect(error).toBeInstanceOf(DataError)
    throw new Error((error as Error).message.replaceAll(`${root}/`, ''))
  }
}

async function inPage(files: Files): Promise<Read> {
  const paths = Object.keys(files)
  const {
    classes,
    train,
    test: tested = [],
    notes,
  } = await openedFolder(
    paths.map((path) => `mine/${path}`),
    (file) => new TextEncoder().encode(files[paths[file]!]!),
  )
  const own = (list: typeof train) => Object.fromEntries(list.map(({ file, label }) => [paths[file]!, classes[label]!]))
  return { classes, train: own(train), test: own(tested), notes }
}

/** Pictures of a folder by their names. */
const pictures = (folder: string, ...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [`${folder}${name}`, 'x']))

const four = { 'a.png': 'cat', 'b.png': 'dog', 'c.png': 'cat', 'd.png': 'dog' }
const flat = pictures('', ...Object.keys(four))

describe.each([
  ['on the disk', onDisk],
  ['in a page', inPage],
])('%s', (_, read) => {
  test.each<[string, string, string]>([
    ['labels.csv', 'comma', 'file,label\na.png,cat\nb.png,dog\nc.png,cat\nd.png,dog\n'],
    ['x.csv', 'ids, other columns', 'n;id;fold;class\n1;a;0;cat\n2;b;1;dog\n3;c;0;cat\n4;d;1;dog\n'],
    [
      'x.csv',
      'quotes, line ends, mark',
      '\ufeff"image","breed"\r\n"a.png","cat"\r\n"b.png",dog\r\nc.png,cat\r\nd.png,dog',
    ],
    ['x.tsv', 'no header', 'a.png\tcat\nb.png\tdog\nc.png\tcat\nd.png\tdog\n'],
    ['x.txt', 'blanks', './a.png cat\n./b.png dog\n./c.png cat\n./d.png dog\n'],
    ['x.csv', 'class first, no header', 'cat,a.png\ndog,b.png\ncat,c.png\ndog,d.png\n'],
    ['x.csv', 'columns of zeros with a one', 'image,cat,dog\na,1.0,0.0\nb,0,1\nc,1,0\nd,0,1\n'],
    [
      'metadata.jsonl',
      'JSON lines',
      '{"file_name":"a.png","label":"cat"}\n{"file_name":"b.png","label":"dog","x":[1]}\n\n{"label":"cat","file_name":"c.png"}\n{"file_name":"d.png","label":"dog"}\n',
    ],
  ])('a list %s: %s', async (name, _, content) => {
    const found = await read({ ...flat, [name]: content, 'README.txt': 'a set, "quoted" wrongly' })
    expect(found).toMatchObject({ classes: ['cat', 'dog'], train: four })
    expect(found.notes).toEqual([`classes are read from ${name}`])
  })

  test('trainLabels.csv beside train/, and a test part without labels', async () => {
    const found = await read({
      ...pictures('train/', '1.png', '2.png', '3.png', '4.png'),
      ...pictures('test/', '1.png', '2.png'),
      'trainLabels.csv': 'id,label\n1,dog\n2,cat\n3,dog\n4,cat\n',
      'sampleSubmission.csv': 'id,label\n1,cat\n2,cat\n',
    })
    expect(found).toMatchObject({
      train: { 'train/1.png': 'dog', 'train/2.png': 'cat', 'train/3.png': 'dog', 'train/4.png': 'cat' },
      test: {},
    })
    expect(found.notes).toEqual([
      'passed over, as its pictures have no labels: test/',
      'classes are read from trainLabels.csv',
    ])
  })

  test('names tell classes; numbers in lists are sorted as numbers', async () => {
    const named = await read(pictures('train/', 'cat.0.jpg', 'cat.1.jpg', 'big_dog_10.jpg', 'big_dog_11.jpg'))
    expect(named).toMatchObject({ classes: ['big_dog', 'cat'] })
    expect(named.notes).toEqual(['classes are read from the names of the pictures: big_dog (2), cat (2)'])
    const numbered = await read({ ...flat, 'x.csv': 'file,label\na.png,10\nb.png,9\nc.png,10\nd.png,9\n' })
    expect(numbered.classes).toEqual(['9', '10'])
  })

  test('Tiny-ImageNet as it comes', async () => {
    const found = await read({
      ...pictures('train/n2/images/', 'n2_0.JPEG', 'n2_1.JPEG'),
      'train/n2/n2_boxes.txt': 'n2_0.JPEG\t0\t0\t9\t9\n',
      ...pictures('train/n1/images/', 'n1_0.JPEG', 'n1_1.JPEG'),
      ...pictures('val/images/', 'val_0.JPEG', 'val_1.JPEG'),
      'val/val_annotations.txt': 'val_0.JPEG\tn2\t0\t0\t9\t9\nval_1.JPEG\tn1\t0\t0\t9\t9\n',
      ...pictures('test/images/', 'test_0.JPEG'),
    })
    expect(found.classes).toEqual(['n1', 'n2'])
    expect(found.test).toEqual({ 'val/images/val_0.JPEG': 'n2', 'val/images/val_1.JPEG': 'n1' })
    expect(found.notes).toEqual([
      'passed over, as its pictures have no labels: test/',
      'classes are read from val/val_annotations.txt',
    ])
  })

  const validation = (count: number) =>
    Array.from({ length: count }, (_, i) => `ILSVRC2012_val_${String(i + 1).padStart(8, '0')}.JPEG`)
  const imageNet = pictures('val/', ...validation(6))
  const numbers = (list: readonly number[]) =>
    validation(6)
      .map((name, i) => `${name} ${list[i]}\n`)
      .join('')

  test("ImageNet's validation pictures by their synsets", async () => {
    const solution = validation(6).map((name, i) => `${name.slice(0, -5)},n0${1000000 + (i % 2)} 85 1 499 272 \n`)
    const found = await read({
      ...pictures('train/n01000000/', '1.JPEG'),
      ...pictures('train/n01000001/', '1.JPEG'),
      ...imageNet,
      'LOC_val_solution.csv': `ImageId,PredictionString\n${solution.join('')}`,
    })
    const told = validation(6).map((name, i) => [`val/${name}`, `n0${1000000 + (i % 2)}`])
    expect(found.test).toEqual(Object.fromEntries(told))
  })

  test.each<[string, Files, string]>([
    [
      'numbers of the development kit',
      { ...pictures('', ...validation(6)), 'val.txt': numbers([490, 361, 171, 822, 297, 482]) },
      'val.txt: holds the numbers of the development kit, whose order is not that of the sorted synsets',
    ],
    [
      'numbers in an unknown order',
      { ...pictures('', ...validation(6)), 'val.txt': numbers([1, 2, 3, 4, 5, 6]) },
      'val.txt: numbers the classes of ImageNet in an order that cannot be told from the first pictures; take the',
    ],
    [
      'a list of the development kit',
      { ...pictures('', ...validation(6)), 'ILSVRC2012_validation_ground_truth.txt': '490\n361\n171\n822\n297\n482\n' },
      'ground_truth.txt: lists numbers without the names of pictures, and of ImageNet two orders of numbers are in use',
    ],
    [
      'two classes for a picture',
      { ...flat, 'x.csv': 'file,label\na.png,cat\na.png,dog\nb.png,dog\nc.png,cat\n' },
      'x.csv: gives a.png two classes, cat and dog; leave one of the two lines out',
    ],
    [
      'columns that may all be classes',
      { ...flat, 'x.csv': 'file,colour,size\na.png,red,1\nb.png,blue,2\nc.png,red,1\nd.png,blue,1\n' },
      'x.csv: names pictures, but which of its columns holds their classes cannot be told (colour, size); name that',
    ],
    ['a damaged list', { ...flat, 'x.csv': 'file,label\na.png,"cat\nb.png,dog\n' }, 'x.csv: line 2: a quote is never'],
    ['no JSON', { ...flat, 'x.jsonl': '{"file":"a.png"\n' }, 'x.jsonl: line 1 is no JSON ('],
    ['no object', { ...flat, 'x.jsonl': '[1]\n' }, 'x.jsonl: line 1: expected an object such as {"file": "1.jpg"'],
    [
      'names of a camera',
      pictures('', 'IMG_1.jpg', 'IMG_2.jpg', 'DSC_1.jpg', 'DSC_2.jpg'),
      'holds pictures (4), but no folders',
    ],
    ['a name a picture', pictures('', 'ann_1.jpg', 'bob_2.jpg', 'eve_3.jpg'), 'holds pictures (3), but no folders'],
  ])('%s: refused in words', async (_, files, message) => {
    await expect(read(files)).rejects.toThrow(message)
  })

  test('pictures that a list does not name are passed over and counted; half of them must be named', async () => {
    const list = 'file,label\na.png,cat\nb.png,dog\n'
    const found = await read({ ...pictures('', 'a.png', 'b.png', 'c.png'), 'x.csv': list })
    expect(found.train).toEqual({ 'a.png': 'cat', 'b.png': 'dog' })
    expect(found.notes[1]).toBe('passed over: 1 picture that x.csv does not name')
    const many = pictures('', ...'abcdefgh'.split('').map((name) => `${name}.png`))
    await expect(read({ ...many, 'x.csv': list })).rejects.toThrow('holds pictures (8), but no folders')
  })
})

test('numbers of sorted synsets become answers of a network in their order', async () => {
  const names = [1, 2, 3].map((i) => `ILSVRC2012_val_0000000${i}.JPEG`)
  const root = await folderWith({
    ...pictures('', ...names),
    'val.txt': names.map((name, i) => `${name} ${[65, 970, 230][i]}\n`).join(''),
  })
  const { classes, notes } = await listFolder(root)
  expect(classes).toEqual(['class 065', 'class 230', 'class 970'])
  expect(notes).toEqual([
    `classes are read from ${join(root, 'val.txt')}`,
    'its numbers are those of sorted synsets, as the first pictures show',
  ])
})
