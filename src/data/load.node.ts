/** Loads data sets by the names that the command line and recipes use. */

import { ConfigError } from '../util/errors.js'
import { described, expectKind, expectOptions, optional, options as optionsKind, text } from '../util/expect.js'
import { fashionMnist, mnist } from './arrays/mnist.node.js'
import { npz } from './arrays/npz.node.js'
import { builtin } from './builtin/builtin.js'
import { cifar10, cifar100 } from './cifar/cifar.node.js'
import type { Dataset } from './dataset.js'
import { type ImageFolderOptions, imageFolder } from './folder/image-folder.node.js'
import { csvDataset } from './table-file.node.js'

/** The names of the data sets. */
export const datasetNames = [
  'builtin',
  'cifar10',
  'cifar100',
  'folder',
  'mnist',
  'fashion-mnist',
  'npz',
  'csv',
] as const
/** One of `datasetNames`. */
export type DatasetName = (typeof datasetNames)[number]

/** How a data set is read. */
export interface LoadOptions {
  /**
   * So many pictures of each part: the first ones, or for a folder some of each class. For the built-in set, the number
   * of pictures to make.
   */
  readonly limit?: { readonly train?: number | undefined; readonly test?: number | undefined } | undefined
  /** For the built-in set (16 or 32) and for a folder: side of the network's input in pixels. */
  readonly size?: number | undefined
  /** For a table: the name of the column of classes; by default the last one. */
  readonly label?: string | undefined
  /** For the built-in set: the seed of its pictures. */
  readonly seed?: number | undefined
  /** For a folder: where and how its pictures are decoded and stored. */
  readonly folder?: Omit<ImageFolderOptions, 'limit' | 'size'> | undefined
}

/**
 * Loads a data set from `path` (not for `builtin`, which is made by code).
 * @throws ConfigError for an unknown name, a missing path or an option that does not belong to the set, DataError for
 * files that are missing or damaged
 */
export async function loadDataset(name: DatasetName, path?: string, options: LoadOptions = {}): Promise<Dataset> {
  if (!datasetNames.includes(name))
    throw new ConfigError(`--dataset: unknown data set ${described(name)}, expected one of ${datasetNames.join(', ')}`)
  expectKind(path, 'loadDataset: path', optional(text))
  expectOptions(options, 'loadDataset: options', { limit: optionsKind, folder: optionsKind })
  const { limit, size, seed, folder, label } = options
  if (label !== undefined && name !== 'csv')
    throw new ConfigError(`--label: names the column of classes of a table, and ${name} is none; leave it out`)
  if (name === 'builtin') {
    if (path !== undefined)
      throw new ConfigError(
        `--data: builtin is made by code and reads no files, got "${path}"; leave --data out, or name the set: --dataset folder, cifar10 or cifar100`,
      )
    return builtin({ size: size as 16 | 32 | undefined, seed, train: limit?.train, test: limit?.test })
  }
  if (path === undefined || path === '')
    throw new ConfigError(
      name === 'folder'
        ? '--data: missing; folder needs the path of a folder of pictures, with a folder for each class (--data DIR)'
        : `--data: missing; ${name} needs ${needs(name)} (--data DIR), or use --dataset builtin, which needs none`,
    )
  if (name === 'folder') return imageFolder(path, { ...folder, limit, size })
  if (name === 'mnist') return mnist(path, { limit })
  if (name === 'fashion-mnist') return fashionMnist(path, { limit })
  if (name === 'npz') return npz(path, { limit })
  if (name === 'csv') return csvDataset(path, { limit, label })
  if (size !== undefined && size !== 32)
    throw new ConfigError(`size: ${name} has 32x32 pictures, got ${described(size)}`)
  return name === 'cifar10' ? cifar10(path, { limit }) : cifar100(path, { limit })
}

function needs(name: DatasetName): string {
  if (name === 'npz') return 'an archive of NumPy arrays'
  if (name === 'csv') return 'a table, or a folder with train.csv and test.csv'
  return name.includes('mnist') ? 'the folder of its idx files' : 'the folder or the archive that holds it'
}
