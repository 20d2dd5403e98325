/**
 * Loads the listed pictures of a folder. Pictures are decoded once and stored in packs (see pack-cache.node.ts). Sets
 * larger than the memory limit stay on disk, and pictures are read when a batch needs them.
 */

import { constants } from 'node:buffer'
import { join } from 'node:path'
import { ConfigError, DataError } from '../../util/errors.js'
import {
  callback,
  described,
  expectOptions,
  number,
  options as optionsKind,
  signal as signalKind,
  text,
} from '../../util/expect.js'
import { freeMemory } from '../../util/machine/free-memory.node.js'
import type { Pictures, Unreadable } from '../dataset.js'
import { decoderVersion } from '../picture/decode.node.js'
import { choose } from '../split.js'
import { copiesAmong, type DecodedFile } from './copies.node.js'
import { packReader, readPixels } from './pack.node.js'
import { findPack, makePack, makeRoom, type PackOrder, type PackWork, packPath, packSize } from './pack-cache.node.js'
import type { PartName, PictureFolder } from './picture-files.node.js'

/** How pictures of a folder are decoded and stored. */
export interface PictureOptions {
  /** Side of the network's input in pixels; by default 224. */
  readonly size?: number | undefined
  /**
   * Side of the stored pictures in pixels: the shorter side is resized to it and the rest cropped. Training takes its
   * crops from them, and evaluation reads the centre. By default `size` below 64, else 8/7 of it (256 for 224).
   */
  readonly packedSize?: number | undefined
  /** Folder for decoded pictures; by default `.resnet-cache` in the folder of the set. */
  readonly cache?: string | undefined
  /** The most bytes of decoded pictures in the cache, including other sets; by default 64 GiB. */
  readonly cacheLimit?: number | undefined
  /**
   * The most bytes of decoded pictures in memory; by default 2 GiB. Larger sets, and sets without enough free memory,
   * are read from disk.
   */
  readonly memory?: number | undefined
  /**
   * Number of pictures decoded at the same time, from 1 to 1024; by default two per processor. At most four per
   * processor are used.
   */
  readonly concurrency?: number | undefined
  /** Called while pictures are decoded, over all parts. Not called if all are decoded already. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const GIB = 1 << 30

/** Pictures by part, with notes about them. */
export interface LoadedParts {
  readonly loaded: ReadonlyMap<PartName, Pictures>
  readonly unreadable: readonly Unreadable[]
  /** Paths of files with the same content, in groups. */
  readonly copies: readonly (readonly string[])[]
}

/** Decodes the listed pictures, or finds them decoded. */
export async function loadParts(
  path: string,
  { classes, parts }: Pick<PictureFolder, 'classes' | 'parts'>,
  options: PictureOptions,
): Promise<LoadedParts> {
  const { cache = join(path, '.resnet-cache'), cacheLimit = 64 * GIB, memory = 2 * GIB } = options
  const { size, side } = sizesOf(options)
  const decoder = await decoderVersion()
  const orders = [...parts].map(([name, { top, files }]): [PartName, PackOrder] => [
    name,
    { root: path, name, files, classes, side, decoder, top },
  ])
  const room = Math.min(memory, constants.MAX_LENGTH, ...freeMemory().map(({ bytes }) => bytes))
  const inMemory = orders.reduce((sum, [, order]) => sum + packSize(order), 0) <= room
  await makePacks(orders, cache, cacheLimit, options)
  const loaded = new Map<PartName, Pictures>()
  const unreadable: Unreadable[] = []
  const decoded: DecodedFile[] = []
  for (const [name, order] of orders) {
    const { pictures, left, files } = await load(packPath(cache, order), order, inMemory, options)
    const window = side === size ? undefined : { height: size, width: size }
    loaded.set(name, { ...pictures, window })
    for (const file of left) unreadable.push(file)
    for (const file of files) decoded.push(file)
  }
  return { loaded, unreadable, copies: await copiesAmong(path, decoded, options.signal) }
}

/** Side in pixels of the network's input, and of the stored pictures. */
function sizesOf({ size = 224, packedSize }: PictureOptions): { readonly size: number; readonly side: number } {
  return { size, side: packedSize ?? (size < 64 ? size : Math.round((size * 8) / 7)) }
}

/** Makes the missing packs. Progress counts the pictures of all of them. */
async function makePacks(
  orders: readonly (readonly [PartName, PackOrder])[],
  cache: string,
  limit: number,
  { concurrency, onProgress, signal }: PackWork,
): Promise<void> {
  const missing: PackOrder[] = []
  for (const [, order] of orders) if (!(await findPack(packPath(cache, order)))) missing.push(order)
  if (missing.length === 0) return
  const room = missing.reduce((sum, order) => sum + packSize(order), 0)
  const keep = orders.filter(([, order]) => !missing.includes(order)).map(([, order]) => packPath(cache, order))
  await makeRoom(cache, keep, room, limit)
  const total = missing.reduce((sum, { files }) => sum + files.length, 0)
  let before = 0
  for (const order of missing) {
    const report = (done: number) => onProgress?.(before + done, total)
    await makePack(packPath(cache, order), order, { concurrency, signal, onProgress: report })
    before += order.files.length
  }
}

interface Loaded {
  readonly pictures: Pictures
  readonly left: readonly Unreadable[]
  readonly files: readonly DecodedFile[]
}

/** Opens a pack. If its pixels are damaged, makes it again, once. */
async function load(path: string, order: PackOrder, inMemory: boolean, work: PackWork): Promise<Loaded> {
  for (let tries = 0; tries < 2; tries++) {
    const contents = await findPack(path)
    const pixels = contents && (inMemory ? await readPixels(path, contents) : packReader(path, contents))
    if (contents && pixels) {
      const { labels, side, sums, unreadable } = contents
      const lost = new Set(unreadable.map(({ file }) => file))
      const read = order.files.filter(({ path }) => !lost.has(path))
      const files = read.map(({ path }) => path)
      const pictures = { count: labels.length, channels: 3, height: side, width: side, pixels, labels, files }
      const decoded = read.map(({ path, size }, i) => ({ path, size, sum: sums[i]! }))
      return { pictures, left: unreadable, files: decoded }
    }
    const { concurrency, onProgress, signal } = work
    await makePack(path, order, { concurrency, onProgress, signal })
  }
  throw new DataError(`${path}: was written, but cannot be read again; check the disk, or name another with --cache`)
}

/**
 * Selects some of the pictures, in their order: the first of each class, then the second of each, until there are
 * enough.
 */
export function evenly(pictures: Pictures, count: number): Pictures {
  if (count >= pictures.count) return pictures
  const seen = new Map<number, number>()
  const rank = Uint32Array.from(pictures.labels, (label) => {
    const before = seen.get(label) ?? 0
    seen.set(label, before + 1)
    return before
  })
  const order = Uint32Array.from(rank.keys()).sort((a, b) => rank[a]! - rank[b]! || a - b)
  return choose(pictures, order.subarray(0, count).sort())
}

/** The most pictures of each part. */
export interface Limits {
  readonly train?: number | undefined
  readonly test?: number | undefined
}

export function checkOptions(options: PictureOptions & { readonly limit?: Limits | undefined }): void {
  const fields = {
    size: number,
    packedSize: number,
    limit: optionsKind,
    cache: text,
    onProgress: callback,
    signal: signalKind,
  }
  expectOptions(options, 'imageFolder: options', fields)
  const { size, side } = sizesOf(options)
  const { limit, cacheLimit, memory, concurrency } = options
  const whole = (name: string, value: number | undefined, least: number, most = Number.MAX_SAFE_INTEGER) => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least && value <= most))
      throw new ConfigError(
        `imageFolder: ${name} is ${described(value)}, expected a whole number ${most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`}`,
      )
  }
  whole('size', size, 8, 4096)
  whole('packedSize', side, size, 8192)
  whole('limit.train', limit?.train, 1)
  whole('limit.test', limit?.test, 1)
  whole('cacheLimit', cacheLimit, 0)
  whole('memory', memory, 0)
  whole('concurrency', concurrency, 1, 1024)
}
