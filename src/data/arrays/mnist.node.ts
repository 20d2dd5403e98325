/** Reads MNIST and Fashion-MNIST: four idx files, packed by gzip or not, in a folder or where other programs put them. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { expectKind, expectOptions, name as nameKind, options as optionsKind } from '../../util/expect.js'
import { fileError } from '../../util/files/error.js'
import type { Dataset, Normalisation } from '../dataset.js'
import { parseIdx } from './idx.js'
import { picturesOf } from './pictures.js'
import { readWhole } from './read-whole.node.js'

/** Limits of the pictures that are read. */
export interface ArrayOptions {
  /** Reads only the first pictures of each part, up to these numbers. */
  readonly limit?: { readonly train?: number | undefined; readonly test?: number | undefined } | undefined
}

interface Layout {
  readonly name: string
  /** The folder that torchvision makes. */
  readonly folder: string
  readonly classes: readonly string[]
  readonly normalisation: Normalisation
}

const mnistLayout: Layout = {
  name: 'mnist',
  folder: 'MNIST',
  classes: '0 1 2 3 4 5 6 7 8 9'.split(' '),
  normalisation: { mean: [0.1307], std: [0.3081] },
}
const fashionLayout: Layout = {
  name: 'fashion-mnist',
  folder: 'FashionMNIST',
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  normalisation: { mean: [0.286], std: [0.353] },
}

/**
 * Reads MNIST (10 digits, 28x28, grey) from a folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the
 * `t10k` files, `.gz` or not, or from a folder with `MNIST/raw`.
 * @throws DataError naming a file that is missing or damaged
 */
export function mnist(path: string, options: ArrayOptions = {}): Promise<Dataset<Uint8Array>> {
  return read(mnistLayout, path, options)
}

/** Reads Fashion-MNIST, whose files have the names of those of MNIST; otherwise like `mnist`. */
export function fashionMnist(path: string, options: ArrayOptions = {}): Promise<Dataset<Uint8Array>> {
  return read(fashionLayout, path, options)
}

async function read(layout: Layout, path: string, options: ArrayOptions): Promise<Dataset<Uint8Array>> {
  const { name, classes, normalisation } = layout
  const who = name === 'mnist' ? 'mnist' : 'fashionMnist'
  expectKind(path, `${who}: path`, nameKind)
  expectOptions(options, `${who}: options`, { limit: optionsKind })
  const { folder, names } = await folderOf(path, layout)
  const part = async (prefix: string, limit: number | undefined) => {
    const array = async (kind: string) => {
      const file = names.find((own) => new RegExp(`^${prefix}-${kind}[-.]idx[13]-ubyte(\\.gz)?$`).test(own))
      if (file === undefined)
        throw new DataError(
          `${folder}: ${prefix}-${kind} is missing (${prefix}-${kind}-idx${kind === 'images' ? 3 : 1}-ubyte, or .gz); put all four files there`,
        )
      return parseIdx(await readWhole(join(folder, file)), join(folder, file))
    }
    const pictures = picturesOf(await array('images'), await array('labels'), join(folder, prefix), limit)
    const wrong = pictures.labels.find((label) => label >= classes.length)
    if (wrong !== undefined)
      throw new DataError(`${join(folder, prefix)}: has the label ${wrong}, expected 0 to ${classes.length - 1}`)
    return pictures
  }
  const [train, test] = [await part('train', options.limit?.train), await part('t10k', options.limit?.test)]
  return { name, classes, train, test, normalisation }
}

async function folderOf(path: string, { folder }: Layout) {
  const list = (at: string) => readdir(at).catch(() => [])
  const first = await readdir(path).catch((error: unknown) => {
    throw fileError(path, 'cannot be read', error, 'expected a folder with the four idx files')
  })
  for (const at of [path, join(path, folder, 'raw'), join(path, 'raw'), join(path, folder)]) {
    const names = at === path ? first : await list(at)
    if (names.some((name) => /^(train|t10k)-(images|labels)/.test(name))) return { folder: at, names }
  }
  throw new DataError(
    `${path}: holds no idx files; expected train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or .gz of them`,
  )
}
