/** Data sets of arrays: MNIST's idx files, archives of NumPy, the Python version of CIFAR, and tables of numbers. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { mnist } from '../../../src/data/arrays/mnist.node.js'
import { parseNpy } from '../../../src/data/arrays/npy.js'
import { npz as readNpz } from '../../../src/data/arrays/npz.node.js'
import { cifar10, cifar100 } from '../../../src/data/cifar/cifar.node.js'
import { loadDataset } from '../../../src/data/load.node.js'
import { csvDataset } from '../../../src/data/table-file.node.js'
import { zip } from '../../formats/make-pickle.js'
import { tar, tinyCifar10 } from '../cifar/make-cifar.js'
import { folderWith } from '../folder/folders.js'
import { cifarPython, idx, npy, npz, ramp } from './make-arrays.js'

const digits = {
  'train-images-idx3-ubyte': idx([3, 2, 2], ramp(12)),
  'train-labels-idx1-ubyte': idx([3], [7, 0, 9]),
  't10k-images-idx3-ubyte': idx([2, 2, 2], ramp(8, 3)),
  't10k-labels-idx1-ubyte': idx([2], [1, 2]),
}

describe('mnist', () => {
  test('reads idx files, packed or not, under either name, and where torchvision puts them', async () => {
    const plain = await mnist(await folderWith(digits))
    expect(plain).toMatchObject({ name: 'mnist', train: { count: 3, channels: 1, height: 2, width: 2 } })
    expect([...plain.train.labels, ...plain.test.labels]).toEqual([7, 0, 9, 1, 2])
    expect([...plain.train.pixels]).toEqual(ramp(12))
    const packed = Object.entries(digits).map(([name, bytes]) => [`FashionMNIST/raw/${name}.gz`, gzipSync(bytes)])
    const fashion = await loadDataset('fashion-mnist', await folderWith(Object.fromEntries(packed)), {
      limit: { train: 2 },
    })
    expect([fashion.name, fashion.classes[9], fashion.train.count]).toEqual(['fashion-mnist', 'Ankle boot', 2])
    const dotted = Object.entries(digits).map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes])
    expect((await mnist(await folderWith(Object.fromEntries(dotted)))).test.count).toBe(2)
  })

  test.each<[string, Readonly<Record<string, Uint8Array | string>>, string]>([
    ['no files', { 'x.txt': '' }, 'holds no idx files; expected train-images-idx3-ubyte'],
    [
      'a file less',
      { 'train-images-idx3-ubyte': idx([1, 1, 1], [0]) },
      'train-labels is missing (train-labels-idx1-ubyte, or .gz)',
    ],
    [
      'a page',
      { ...digits, 'train-labels-idx1-ubyte': '<!doctype html>' },
      'expected an idx file, got a web page (HTML), such as',
    ],
    [
      'floats',
      { ...digits, 'train-labels-idx1-ubyte': idx([3], [1, 2, 3], 13) },
      'holds numbers of type 13, expected unsigned bytes (type 8)',
    ],
    [
      'cut in the sizes',
      { ...digits, 'train-labels-idx1-ubyte': idx([3], []).subarray(0, 6) },
      'the idx file is cut short, in its sizes',
    ],
    [
      'cut',
      { ...digits, 'train-labels-idx1-ubyte': idx([3], [1]) },
      'expected 3 bytes behind the sizes 3, got 1; download it again',
    ],
    [
      'a label too many',
      { ...digits, 'train-labels-idx1-ubyte': idx([4], [1, 2, 3, 4]) },
      'expected one label for each of 3 pictures, got 4',
    ],
    [
      'another class',
      { ...digits, 'train-labels-idx1-ubyte': idx([3], [1, 2, 10]) },
      'has the label 10, expected 0 to 9',
    ],
    [
      'labels as pictures',
      { ...digits, 'train-images-idx3-ubyte': idx([3], [1, 2, 3]) },
      'expected pictures as bytes of [count, height, width]',
    ],
    [
      'no gzip',
      { ...digits, 'train-labels-idx1-ubyte': Buffer.from('\x1f\x8bxx', 'latin1') },
      'the gzip archive is damaged or cut short; download',
    ],
  ])('%s', async (_, files, message) => {
    await expect(mnist(await folderWith(files))).rejects.toThrow(message)
  })
})

describe('npz', () => {
  const medical = {
    train_images: npy([3, 1, 2, 3], ramp(18)),
    train_labels: npy([3, 1], [0, 1, 1]),
    val_images: npy([1, 1, 2, 3], ramp(6)),
    val_labels: npy([1, 1], [1]),
    test_images: npy([1, 1, 2, 3], ramp(6)),
    test_labels: npy([1, 1], [0], '<i8'),
  }
  const read = async (arrays: Readonly<Record<string, Uint8Array>>) =>
    readNpz(join(await folderWith({ 'x.npz': npz(arrays, true) }), 'x.npz'))

  test('reads pictures in colour by part, channels first', async () => {
    const data = await read(medical)
    expect(data).toMatchObject({
      classes: ['0', '1'],
      train: { count: 3, channels: 3, height: 1, width: 2 },
      val: { count: 1 },
    })
    expect([...(data.train.pixels as Uint8Array).subarray(0, 6)]).toEqual([0, 21, 7, 28, 14, 35])
    expect([...data.train.labels, ...data.test.labels]).toEqual([0, 1, 1, 0])
  })

  test('reads the names of Keras, and holds out where there is no part to test on', async () => {
    const data = await read({
      x_train: npy([10, 2, 2], ramp(40)),
      y_train: npy(
        [10],
        ramp(10, 1).map((i) => i % 2),
        '<i8',
      ),
    })
    expect([data.train.count, data.test.count, data.train.channels]).toEqual([8, 2, 1])
  })

  test.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      'other arrays',
      { a: npy([1], [1]) },
      'expected the arrays train_images and train_labels (or x_train and y_train), got a.npy',
    ],
    ['no labels', { train_images: npy([1, 1, 1], [1]) }, 'has train_images.npy, but no labels of train'],
    [
      'several labels',
      { ...medical, train_labels: npy([3, 2], ramp(6)) },
      'expected one label for each of 3 pictures, got 3x2; of several labels',
    ],
    [
      'other sizes',
      { ...medical, test_images: npy([1, 2, 1, 3], ramp(6)) },
      'its parts have pictures of different sizes',
    ],
    [
      'floats',
      { ...medical, train_images: npy([1, 1, 1], [], '<f4') },
      'holds values of type <f4, expected whole numbers, such as uint8',
    ],
    [
      'a label below 0',
      { ...medical, train_labels: npy([3], [0, -1, 1], '<i8') },
      'label 1 is -1, expected a class number from 0 to 65535',
    ],
  ])('%s', async (_, arrays, message) => {
    await expect(read(arrays)).rejects.toThrow(message)
  })

  test('another file', async () => {
    const path = join(await folderWith({ 'x.npz': Buffer.from('\x89HDF\r\n\x1a\n', 'latin1') }), 'x.npz')
    await expect(readNpz(path)).rejects.toThrow('expected an archive of NumPy arrays (.npz), got an HDF5 file, such as')
  })

  test.each<[Uint8Array, string]>([
    [npy([2, 2], ramp(4), '|u1', 'True'), 'x: lies in the order of Fortran; save it in that of C'],
    [npy([2, 2], ramp(3)), 'x: expected 4 values of 1 bytes, got 3 bytes; save it again'],
    [Buffer.from('PK'), 'x: expected an array of NumPy (.npy), got something else'],
    [npy([2], [1, 2]).subarray(0, 20), 'x: the header of the array is damaged'],
    [
      Buffer.concat([npy([2], [1, 2]).subarray(0, 10), Buffer.alloc(200)]),
      'x: the header of the array is damaged: it tells no shape',
    ],
  ])('an array that is damaged: %#', (bytes, message) => {
    expect(() => parseNpy(bytes, 'x')).toThrow(message)
  })
})

describe('CIFAR in other packing', () => {
  const pixels = Uint8Array.from(ramp(2 * 3072, 5))
  const python = { data_batch_1: cifarPython([3, 9], pixels), test_batch: cifarPython([1, 0], pixels) }
  const inFolder = (files: Readonly<Record<string, Uint8Array>>, folder: string) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]))
  const zipped = (files: Readonly<Record<string, Uint8Array>>) =>
    zip(Object.entries(files).map(([name, data]) => ({ name, data, deflate: true })))
  const inPython = inFolder(python, 'cifar-10-batches-py')

  test.each<[string, Readonly<Record<string, Uint8Array>>]>([
    ['unpacked', inPython],
    ['files alone', python],
    ['.tar', { 'cifar-10-python.tar': tar(inPython) }],
    ['.tar.gz', { 'cifar-10-python.tar.gz': gzipSync(tar(inPython)) }],
    ['.zip', { 'cifar-10-python.zip': zipped(inPython) }],
  ])('the Python version, %s', async (_, files) => {
    const data = await cifar10(await folderWith(files))
    expect([...data.train.labels, ...data.test.labels]).toEqual([3, 9, 1, 0])
    expect([...data.train.pixels]).toEqual([...pixels])
  })

  test('the binary version as .tar and .zip, and CIFAR-100 in its Python version', async () => {
    const folder = await folderWith({ 'a.tar': tar(tinyCifar10), 'b.zip': zipped(tinyCifar10) })
    for (const name of ['a.tar', 'b.zip']) expect((await cifar10(join(folder, name))).test.count).toBe(4)
    const hundred = { train: cifarPython([99], pixels.subarray(0, 3072), 'fine_labels') }
    const data = await cifar100(await folderWith(inFolder({ ...hundred, test: hundred.train }, 'cifar-100-python')))
    expect([...data.train.labels]).toEqual([99])
  })

  const damaged = (bytes: Uint8Array) => folderWith({ ...python, data_batch_1: bytes })
  const latin = (text: string) => Buffer.from(text, 'latin1')

  test.each<[string, Uint8Array, string]>([
    [
      'code',
      latin('\x80\x02cos\nsystem\n.'),
      'refused: it asks for os.system, which no file of CIFAR needs; code is never run',
    ],
    ['an opcode', latin('\x80\x02i'), 'refused: the pickle has the opcode 0x69, which no file of CIFAR needs'],
    ['cut', python.data_batch_1.subarray(0, 900), 'the pickle is cut short; download it again'],
    [
      'no array',
      latin('\x80\x02}.'),
      'holds no pictures with labels; expected a file of CIFAR-10 in its Python version',
    ],
    ['a value that is not there', latin('\x80\x02R.'), 'the pickle is damaged, or not one of CIFAR; download it again'],
    ['a label too large', cifarPython([10, 1], pixels), 'picture 0 has the label 10; expected a file of CIFAR-10'],
    ['a picture less', cifarPython([1, 1, 1], pixels), 'has 6144 bytes of pixels for 3 labels'],
    ['keys of objects', latin('\x80\x02}(U\x09__proto__K\x01u.'), 'holds no pictures with labels'],
  ])('%s', async (_, bytes, message) => {
    await expect(cifar10(await damaged(bytes))).rejects.toThrow(message)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('csv', () => {
  const table = `a,b,kind\n${Array.from({ length: 10 }, (_, i) => `${i},${i * i},${i % 2 ? 'odd' : 'even'}`).join('\n')}`
  const read = async (content: string | Uint8Array, label?: string) =>
    csvDataset(join(await folderWith({ 'x.csv': content }), 'x.csv'), { label })

  test('reads numbers and classes, from a file or two', async () => {
    const data = await read(table)
    expect(data).toMatchObject({
      name: 'csv',
      classes: ['even', 'odd'],
      train: { count: 8, channels: 2 },
      test: { count: 2 },
    })
    const named = await read('class;x\n10;1\n9;2\n10;3\n9;4\n10;5\n', 'class')
    expect(named.classes).toEqual(['9', '10'])
    const folder = await folderWith({ 'train.csv': table, 'test.csv': 'a,b,kind\n1,1,odd\n' })
    expect((await loadDataset('csv', folder)).test.count).toBe(1)
  })

  test.each<[string, string | Uint8Array, string]>([
    ['a gap', 'a,b\n1,x\n,y\n', 'line 3, column a: expected a number, got ""; fill gaps and encode texts as numbers'],
    ['a text', 'a,b\nred,x\n', 'line 2, column a: expected a number, got "red"'],
    ['a field more', 'a,b\n1,x,3\n', 'line 2: expected 2 fields, as the header has, got 3'],
    ['no class', 'a,b\n1,\n', 'line 2: has no class in column b'],
    ['no header', '1,2\n3,4\n', 'expected a header with the names of the columns, got numbers'],
    ['one column', 'a\n1\n', 'expected columns of numbers and one of classes, got one column'],
    ['no rows', 'a,b\n', 'holds no rows below its header'],
    [
      'no table',
      npz({ a: npy([1], [1]) }),
      'expected a table of comma-separated values, got an archive of NumPy arrays',
    ],
  ])('%s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message)
  })

  test('a column that is not there', async () => {
    await expect(read(table, 'sort')).rejects.toThrow('has no column sort; its columns are a, b, kind')
    await expect(loadDataset('npz', 'x', { label: 'y' })).rejects.toThrow(
      '--label: names the column of classes of a table, and npz is none; leave it out',
    )
    await expect(loadDataset('npz')).rejects.toThrow(
      '--data: missing; npz needs an archive of NumPy arrays (--data DIR)',
    )
    await expect(loadDataset('csv')).rejects.toThrow('csv needs a table, or a folder with train.csv and test.csv')
    await expect(loadDataset('mnist')).rejects.toThrow('mnist needs the folder of its idx files')
  })
})
