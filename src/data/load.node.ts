/** Data sets by name, as the command line and recipes name them. */
import { ConfigError } from '../util/errors.js'
import { builtin } from './builtin.js'
import { cifar10, cifar100 } from './cifar.node.js'
import type { Dataset } from './dataset.js'

export const datasetNames = ['builtin', 'cifar10', 'cifar100'] as const
export type DatasetName = (typeof datasetNames)[number]

export interface LoadOptions {
  /** The first so many pictures of each part. For the built-in set, how many are made. */
  readonly limit?: { readonly train?: number | undefined; readonly test?: number | undefined } | undefined
  /** Of the built-in set: pixels along a side. */
  readonly size?: 16 | 32 | undefined
  /** Of the built-in set: which pictures. */
  readonly seed?: number | undefined
}

/**
 * Loads a data set; `path` is where it lies (not for `builtin`, which is made by code).
 * Throws ConfigError for an unknown name, a missing path or an option that does not belong to the set, DataError for
 * files that are missing or damaged.
 */
export async function loadDataset(name: DatasetName, path?: string, options: LoadOptions = {}): Promise<Dataset> {
  if (!datasetNames.includes(name))
    throw new ConfigError(`--dataset: unknown data set "${name}", expected one of ${datasetNames.join(', ')}`)
  const { limit, size, seed } = options
  if (name === 'builtin') {
    if (path !== undefined)
      throw new ConfigError(`--data: builtin is made by code and reads no files, got "${path}"; leave --data out`)
    return builtin({ size, seed, train: limit?.train, test: limit?.test })
  }
  if (path === undefined || path === '')
    throw new ConfigError(
      `--data: missing; ${name} needs the folder or the .tar.gz archive that holds it (--data DIR), or use --dataset builtin, which needs none`,
    )
  if (size !== undefined && size !== 32) throw new ConfigError(`size: ${name} has 32x32 pictures, got ${size}`)
  return name === 'cifar10' ? cifar10(path, { limit }) : cifar100(path, { limit })
}
