/** Downloads the CIFAR archives from their official address or from a mirror. */

import { join } from 'node:path'
import { callback, expectKind, expectOptions, name as nameKind, oneOf, signal, text } from '../../util/expect.js'
import { type CifarLayout, cifar10Layout, cifar100Layout } from './cifar.js'
import { type DownloadOptions, download } from './download.node.js'

/** Address of the archives, as https://www.cs.toronto.edu/~kriz/cifar.html links them. */
export const cifarAddress = 'https://www.cs.toronto.edu/~kriz'

/** Check sums from the official page. */
const md5: Readonly<Record<CifarLayout['name'], string>> = {
  cifar10: 'c32a1d4ab5d03f1284b67883e8d87530',
  cifar100: '03b5dce01913d631647c71ecec9e9cb8',
}

/** The archives have about 162 MiB each. */
const MOST_BYTES = 1 << 28

/** The result of a download. */
export interface CifarDownload {
  /** Path of the archive, which `cifar10` and `cifar100` read directly. */
  readonly file: string
  /** False if the right file was already there. */
  readonly downloaded: boolean
}

/**
 * Downloads the binary version of a set into a folder.
 * @param options `from` is the address of a folder with the archive, instead of the official one
 * @throws DataError if the server refuses, the bytes are wrong, the disk is full, or all tries fail
 */
export async function downloadCifar(
  name: CifarLayout['name'],
  folder: string,
  options: DownloadOptions & { readonly from?: string | undefined } = {},
): Promise<CifarDownload> {
  expectKind(name, 'downloadCifar: name', oneOf(['cifar10', 'cifar100']))
  expectKind(folder, 'downloadCifar: folder', nameKind)
  expectOptions(options, 'downloadCifar: options', { from: text, signal, onProgress: callback, onRetry: callback })
  const { archive } = name === 'cifar10' ? cifar10Layout : cifar100Layout
  const file = join(folder, archive)
  const url = `${(options.from ?? cifarAddress).replace(/\/+$/, '')}/${archive}`
  const sum = { algorithm: 'md5', hex: md5[name] } as const
  const remedy = 'name another address with --from'
  return { file, downloaded: await download({ url, file, sum, mostBytes: MOST_BYTES, remedy }, options) }
}
