/**
 * The cache of packs of decoded pictures, a folder with a size limit that lasts from run to run. A pack's name depends
 * on everything that its bytes come from: the list of files with their sizes and times, the size of the pictures, the
 * decoder. A pack is written under another name and moved into place when complete. A damaged pack is made again.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { errorCode, fileError } from '../../util/files/error.js'
import { makeFolder } from '../../util/files/folder.node.js'
import type { Unreadable } from '../dataset.js'
import { decodePicture } from '../picture/decode.node.js'
import { openPack, type PackContents, PackWriter, touchPack } from './pack.node.js'
import type { PictureFile } from './picture-files.node.js'

/** Pictures of one part of a set, to be decoded. */
export interface PackOrder {
  /** The folder of the set. */
  readonly root: string
  /** For example `train`. */
  readonly name: string
  /** The folder of its classes. */
  readonly top: string
  readonly files: readonly PictureFile[]
  readonly classes: readonly string[]
  /** Side of the decoded pictures in pixels. */
  readonly side: number
  /** The version of the decoder: see `decoderVersion`. */
  readonly decoder: string
}

export interface PackWork {
  /** Number of pictures decoded at the same time, at most four per processor; by default two. */
  readonly concurrency?: number | undefined
  /** Called after each picture. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** If more than this share of a part cannot be read, something is wrong. */
const MOST_UNREADABLE = 0.05

const REMEDY = 'name another folder for decoded pictures with --cache'

/** Files that may be removed here: packs, and remains of packs that were not finished. */
const PACK = /^(train|val|test)-[0-9a-f]{16}\.pack$/
const BROKEN_OFF = /^\.(train|val|test)-[0-9a-f]{16}\.pack\.[0-9a-f]{8}\.tmp$/

/** The path of an order's pack in a cache folder, whether it exists or not. */
export function packPath(folder: string, { name, files, side, decoder }: PackOrder): string {
  const hash = createHash('sha256').update(JSON.stringify({ decoder, side }))
  for (const { path, label, size, mtime } of files) hash.update(`\n${JSON.stringify([path, label, size, mtime])}`)
  return join(folder, `${name}-${hash.digest('hex').slice(0, 16)}.pack`)
}

/** The bytes of an order's pack if every picture can be read. */
export function packSize({ files, side }: PackOrder): number {
  return files.length * (3 * side * side + 6)
}

/** Opens a pack if it is there and complete, without checking its pixels. This makes it the youngest. */
export async function findPack(path: string): Promise<PackContents | undefined> {
  try {
    const contents = await openPack(path)
    if (contents) await touchPack(path).catch(() => {}) // a read-only folder works as well
    return contents
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw fileError(path, 'cannot be read', error, REMEDY)
  }
}

/**
 * Decodes pictures and puts them into place as a pack. Unreadable pictures are left out and listed.
 * @throws DataError if too many cannot be read, or the pack cannot be written
 */
export async function makePack(path: string, order: PackOrder, work: PackWork = {}): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`)
  try {
    await makeFolder(dirname(path))
    const writer = await PackWriter.create(temporary, order.side)
    try {
      await decodeAll(writer, order, work)
    } finally {
      await writer.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    if (error instanceof DataError || work.signal?.aborted || errorCode(error) === undefined) throw error
    throw fileError(path, 'cannot be written', error, REMEDY)
  }
}

async function decodeAll(writer: PackWriter, order: PackOrder, work: PackWork): Promise<void> {
  const { files, root, side } = order
  const { signal, onProgress } = work
  const processors = availableParallelism()
  const concurrency = Math.min(work.concurrency ?? 2 * processors, 4 * processors)
  const decode = (file: PictureFile) =>
    decodePicture(join(root, file.path), side).catch((error: unknown) => oneLine(error, join(root, file.path)))
  const pending: Promise<Uint8Array | string>[] = [] // results are written in this order
  const unreadable: Unreadable[] = []
  const good = new Uint32Array(order.classes.length)
  let next = 0
  try {
    for (const [done, file] of files.entries()) {
      signal?.throwIfAborted()
      while (next < files.length && pending.length < concurrency) pending.push(decode(files[next++]!))
      const result = await pending.shift()!
      if (typeof result === 'string') {
        unreadable.push({ file: file.path, reason: result })
        if (unreadable.length > Math.max(1, MOST_UNREADABLE * files.length)) throw tooMany(order, unreadable, done + 1)
      } else {
        good[file.label]! += 1
        await writer.add(result, file.label)
      }
      onProgress?.(done + 1, files.length)
    }
  } finally {
    await Promise.all(pending)
  }
  const lost = files.find(({ label }) => good[label] === 0)
  if (lost) {
    const own = unreadable.filter(({ file }) => files.find(({ path }) => path === file)?.label === lost.label)
    throw new DataError(
      `${join(order.top, order.classes[lost.label]!)}: none of its pictures can be read; ${example(own)}`,
    )
  }
  await writer.finish(unreadable)
}

function tooMany(order: PackOrder, unreadable: readonly Unreadable[], tried: number): DataError {
  return new DataError(
    `${order.top}: ${unreadable.length} of the first ${tried} pictures cannot be read (of ${order.files.length}; more than 5 % is no accident); ${example(unreadable)}`,
  )
}

function example(unreadable: readonly Unreadable[]): string {
  const { file, reason } = unreadable[0]!
  return `for example ${file}: ${reason}; mend or remove these files`
}

/** The reason why a picture cannot be read, without the file's name. */
function oneLine(error: unknown, file: string): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(`${file}: `, '').split('\n')[0]!
}

/**
 * Makes room for new packs in a cache folder. The oldest packs are removed first.
 * @param keep packs that must stay @param room bytes that are needed @param limit the most bytes in the folder
 * @throws DataError if even an otherwise empty folder would exceed its limit
 */
export async function makeRoom(folder: string, keep: readonly string[], room: number, limit: number): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return []
    throw fileError(folder, 'cannot be read', error)
  })
  const packs: { readonly path: string; readonly size: number; readonly mtime: number; readonly broken: boolean }[] = []
  for (const name of names.filter((name) => PACK.test(name) || BROKEN_OFF.test(name))) {
    const path = join(folder, name)
    const status = await stat(path).catch(() => undefined) // someone else may have removed it
    if (status) packs.push({ path, size: status.size, mtime: status.mtimeMs, broken: BROKEN_OFF.test(name) })
  }
  const kept = packs.filter(({ path }) => keep.includes(path))
  let total = kept.reduce((sum, { size }) => sum + size, room)
  if (total > limit)
    throw new DataError(
      `${folder}: the decoded pictures need ${gib(total)}, the limit is ${gib(limit)}; raise it with --cache-limit, or make the pictures smaller with --size`,
    )
  const newest = packs.reduce((last, { mtime }) => Math.max(last, mtime), 0)
  for (const pack of packs.sort((a, b) => b.mtime - a.mtime)) {
    if (kept.includes(pack)) continue
    const abandoned = pack.broken && newest - pack.mtime > 3_600_000 // an hour without a picture
    total += pack.broken ? 0 : pack.size
    if (abandoned || (!pack.broken && total > limit)) await rm(pack.path, { force: true })
  }
}

function gib(bytes: number): string {
  return `${(bytes / (1 << 30)).toPrecision(3)} GiB`
}
