/**
 * Reads zip archives: stored and deflated entries, found by the directory at the end of the file. It refuses entries
 * that unpack to far more than the file's size, whether they say so or not. [PKWARE's APPNOTE describes the format]
 */
import { Budget } from '../budget.js'
import { crc32 } from '../crc32.js'
import { printable } from '../printable.js'

export interface ZipEntry {
  readonly name: string
  /** Unpacked size in bytes. */
  readonly size: number
  /** Returns the checked bytes; views of the archive if the entry is stored. */
  read(): Promise<Uint8Array>
}

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_ENTRY = 0x04034b50
const LOCAL_BYTES = 30
const END_BYTES = 22
const MOST_COMMENT = 0xffff
const STORED = 0
const DEFLATED = 8
const utf8 = new TextDecoder()

/** Whether bytes begin like a zip archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5)
}

/**
 * Lists the entries of an archive by name, without unpacking any.
 * @param who the file's name, at the start of every error
 * @throws DataError if it is damaged, encrypted, or unpacks to more than it honestly can
 */
export function readZip(
  file: Uint8Array,
  who: string,
  budget = new Budget(who, file.length),
): ReadonlyMap<string, ZipEntry> {
  const fail: Fail = (what) => budget.fail(what)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const end = endOfDirectory(view)
  if (end === undefined)
    return fail('cut short: the zip archive has no directory at its end; copy or download it again')
  const count = view.getUint16(end + 10, true)
  let at = view.getUint32(end + 16, true)
  const entries = new Map<string, ZipEntry>()
  const places: Place[] = []
  let unpacked = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY)
      fail(`damaged: entry ${i + 1} of ${count} is not where the directory of the zip archive says`)
    const entry = {
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      sum: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    }
    const next = at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    if (next > end) fail(`damaged: entry ${i + 1} of ${count} reaches beyond the directory of the zip archive`)
    const name = utf8.decode(file.subarray(at + 46, at + 46 + view.getUint16(at + 28, true)))
    budget.name(name, 'an entry of the zip archive')
    budget.containers()
    if (entries.has(name)) fail(`damaged: the zip archive has two entries named ${shown(name)}`)
    unpacked += entry.size
    places.push({ name, begin: entry.offset, end: entry.offset + LOCAL_BYTES + entry.packed })
    entries.set(name, { name, size: entry.size, read: () => readEntry(file, { ...entry, name }, fail) })
    at = next
  }
  expectApart(places, fail)
  const most = budget.mostBytes
  if (unpacked > most)
    fail(
      `refused: it says that it unpacks to ${unpacked} bytes, more than ${most}, too many for a file of ${file.length} bytes`,
    )
  return entries
}

type Fail = (what: string) => never

/** The range of bytes that an entry takes in the file, at least. */
interface Place {
  readonly name: string
  readonly begin: number
  readonly end: number
}

/** Small archives that unpack to large ones have entries that share their bytes. */
function expectApart(places: Place[], fail: Fail): void {
  let before: Place | undefined
  for (const place of places.sort((a, b) => a.begin - b.begin)) {
    if (before && before.end > place.begin)
      fail(`refused: the entries ${shown(before.name)} and ${shown(place.name)} of the zip archive share their bytes`)
    before = place
  }
}

interface Entry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly sum: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

/** The last place that looks like the end of the directory and whose comment fits into the file. */
function endOfDirectory(view: DataView): number | undefined {
  const last = view.byteLength - END_BYTES
  for (let at = last; at >= Math.max(0, last - MOST_COMMENT); at--)
    if (
      view.getUint32(at, true) === END_OF_DIRECTORY &&
      at + END_BYTES + view.getUint16(at + 20, true) <= view.byteLength
    )
      return at
  return undefined
}

async function readEntry(file: Uint8Array, entry: Entry, fail: Fail): Promise<Uint8Array> {
  const { name, flags, method, sum, packed, size, offset } = entry
  const who = `entry ${shown(name)}`
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (flags & 1) fail(`${who} is encrypted, which is not supported; save it without a password`)
  if (offset + LOCAL_BYTES > file.length || view.getUint32(offset, true) !== LOCAL_ENTRY)
    fail(`damaged: ${who} is not where the directory of the zip archive says`)
  const begin = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  if (begin + packed > file.length) fail(`cut short: ${who} reaches beyond the end of the file; download it again`)
  const data = file.subarray(begin, begin + packed)
  if (method === STORED && packed !== size)
    fail(`damaged: ${who} is stored in ${packed} bytes, but is said to have ${size}`)
  if (method !== STORED && method !== DEFLATED)
    fail(`${who} is packed by method ${method}, expected stored (0) or deflated (8); pack it again`)
  const bytes = method === STORED ? data : await inflate(data, size, who, fail)
  // Some writers leave the checksum out to save time, and write 0.
  if (sum !== 0 && crc32(bytes) !== sum)
    fail(`damaged: ${who} does not have the checksum that the zip archive names; copy or download it again`)
  return bytes
}

/** @param size the stated size; larger data is refused before it is unpacked */
async function inflate(data: Uint8Array, size: number, who: string, fail: Fail): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let at = 0
  const packed = new Blob([data as Uint8Array<ArrayBuffer>]).stream()
  const reader = packed.pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (at + value.length > size) {
        at += value.length
        break
      }
      bytes.set(value, at)
      at += value.length
    }
  } catch (error) {
    fail(`damaged: ${who} cannot be unpacked (${printable(String((error as Error).message))})`)
  } finally {
    await reader.cancel().catch(() => {})
  }
  if (at > size) fail(`refused: ${who} unpacks to more than the ${size} bytes that it says`)
  if (at < size) fail(`damaged: ${who} unpacks to ${at} bytes, expected ${size}`)
  return bytes
}

/** A name for an error, kept short whatever a damaged directory holds. */
function shown(name: string): string {
  return JSON.stringify(printable(name, 60))
}
