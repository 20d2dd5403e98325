/** Loads data sets by the names that the command line and recipes use. */

import { ConfigError } from '../util/errors.js'
import { described, expectKind, expectOptions, optional, options as optionsKind, text } from '../util/expect.js'
import { builtin } from './builtin/builtin.js'
import { cifar10, cifar100 } from './cifar/cifar.node.js'
import type { Dataset } from './dataset.js'
import { type ImageFolderOptions, imageFolder } from './folder/image-folder.node.js'

/** The names of the data sets. */
export const datasetNames = ['builtin', 'cifar10', 'cifar100', 'folder'] as const
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
  const { limit, size, seed, folder } = options
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
        : `--data: missing; ${name} needs the folder or the .tar.gz archive that holds it (--data DIR), or use --dataset builtin, which needs none`,
    )
  if (name === 'folder') return imageFolder(path, { ...folder, limit, size })
  if (size !== undefined && size !== 32)
    throw new ConfigError(`size: ${name} has 32x32 pictures, got ${described(size)}`)
  return name === 'cifar10' ? cifar10(path, { limit }) : cifar100(path, { limit })
}
