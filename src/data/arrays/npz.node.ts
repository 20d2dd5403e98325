/**
 * Reads pictures from an archive of NumPy arrays (.npz), such as those of MedMNIST (`train_images`, `train_labels`, ...)
 * and Keras (`x_train`, `y_train`, ...).
 */

import { readZip, type ZipEntry } from '../../util/archive/zip.js'
import { Budget } from '../../util/budget.js'
import { DataError } from '../../util/errors.js'
import { expectKind, expectOptions, name as nameKind, options as optionsKind } from '../../util/expect.js'
import { strangeFile } from '../../util/file-kind.js'
import { printable } from '../../util/printable.js'
import type { Dataset, Pictures } from '../dataset.js'
import { holdOut } from '../hold-out.js'
import type { ArrayOptions } from './mnist.node.js'
import { parseNpy } from './npy.js'
import { picturesOf } from './pictures.js'
import { readWhole } from './read-whole.node.js'

const PARTS = ['train', 'val', 'test'] as const
/** Share that is held out where there is no part to test on. */
const SHARE = 0.2

/**
 * Reads pictures and class numbers by part. Classes are named by their numbers. With both `val` and `test`, the former is
 * the set's `val`; with only one of them, it is its `test`; with neither, a fifth of each class is held out.
 * @throws DataError naming the file or array that is missing, damaged or of another kind
 */
export async function npz(path: string, options: ArrayOptions = {}): Promise<Dataset> {
  expectKind(path, 'npz: path', nameKind)
  expectOptions(options, 'npz: options', { limit: optionsKind })
  return parseNpz(await readWhole(path), path, options)
}

/** The same for the bytes of a file. @throws DataError as `npz` does */
export async function parseNpz(bytes: Uint8Array, path: string, { limit = {} }: ArrayOptions = {}): Promise<Dataset> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    throw new DataError(
      `${path}: expected an archive of NumPy arrays (.npz), got ${strangeFile(bytes)?.what ?? 'something else'}`,
    )
  const entries = readZip(bytes, path, new Budget(path, bytes.length))
  const array = async (entry: ZipEntry) => parseNpy(await entry.read(), `${path}: ${printable(entry.name, 40)}`)
  const entry = (...names: readonly string[]) => names.map((name) => entries.get(`${name}.npy`)).find((own) => own)
  const parts = new Map<string, Pictures<Uint8Array>>()
  for (const part of PARTS) {
    const images = entry(`${part}_images`, `x_${part}`, `X_${part}`)
    const labels = entry(`${part}_labels`, `y_${part}`)
    if (!images && !labels) continue
    if (!images || !labels)
      throw new DataError(`${path}: has ${(images ?? labels)!.name}, but no ${images ? 'labels' : 'images'} of ${part}`)
    const most = part === 'train' ? limit.train : limit.test
    parts.set(part, picturesOf(await array(images), await array(labels), `${path}: ${part}`, most))
  }
  const [train, val, test] = PARTS.map((part) => parts.get(part))
  if (!train) {
    const names = [...entries.keys()].slice(0, 3).map((name) => printable(name, 40))
    throw new DataError(
      `${path}: expected the arrays train_images and train_labels (or x_train and y_train), got ${names.join(', ') || 'none'}`,
    )
  }
  for (const other of [val, test])
    if (other && (other.height !== train.height || other.width !== train.width || other.channels !== train.channels))
      throw new DataError(`${path}: its parts have pictures of different sizes; save them in one size`)
  const classes = classesOf([...parts.values()])
  const half = new Array<number>(train.channels).fill(0.5)
  const common = { name: 'npz', classes, normalisation: { mean: half, std: half } }
  const last = test ?? val
  if (!last) return { ...common, ...holdOut(train, Math.max(1, Math.round(SHARE * train.count)), 0) }
  return { ...common, train, ...(test && val ? { val } : {}), test: last }
}

function classesOf(parts: readonly Pictures[]): string[] {
  let most = 0
  for (const { labels } of parts) for (const label of labels) most = Math.max(most, label)
  return Array.from({ length: most + 1 }, (_, label) => String(label))
}
