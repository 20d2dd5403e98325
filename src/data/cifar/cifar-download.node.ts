/** Fetches the CIFAR archives from their official address, or from a mirror of it. */

import { join } from 'node:path'
import { callback, expectKind, expectOptions, name as nameKind, oneOf, signal, text } from '../../util/expect.js'
import { type CifarLayout, cifar10Layout, cifar100Layout } from './cifar.js'
import { type DownloadOptions, download } from './download.node.js'

/** Where the archives lie, as https://www.cs.toronto.edu/~kriz/cifar.html links them. */
export const cifarAddress = 'https://www.cs.toronto.edu/~kriz'

/** As the official page lists them. */
const md5: Readonly<Record<CifarLayout['name'], string>> = {
  cifar10: 'c32a1d4ab5d03f1284b67883e8d87530',
  cifar100: '03b5dce01913d631647c71ecec9e9cb8',
}

/** The archives have about 162 MiB each. */
const MOST_BYTES = 1 << 28

/** Where a download ended up. */
export interface CifarDownload {
  /** The archive, which `cifar10` and `cifar100` read as it is. */
  readonly file: string
  /** False where it was there already, whole and right. */
  readonly downloaded: boolean
}

/**
 * Downloads the binary version of a set into a folder.
 * @param options `from` is the address of the folder that holds the archive, in place of the official one
 * @throws DataError when the server refuses, the bytes are wrong, the disk is full, or nothing came after all tries.
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
