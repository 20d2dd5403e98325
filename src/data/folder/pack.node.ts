/**
 * A pack: decoded pictures of one size in one file, written once and read whole or picture by picture. It holds, in
 * order: 16 bytes that identify it; the pixels of all pictures; a two-byte label and a four-byte check sum (CRC-32) for
 * each; a JSON text; its length in four bytes; and the check sum of everything after the pixels. Check sums detect a
 * pack that was cut short or changed.
 */
import { closeSync, openSync, readSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { DataError } from '../../util/errors.js'
import { fileError } from '../../util/files/error.js'
import type { PictureReader, Unreadable } from '../dataset.js'

const MAGIC = Buffer.from('resnet pack 1\n\0\0')

/** The facts in a pack besides its pixels. Pictures are [3][side][side] bytes. */
export interface PackContents {
  readonly side: number
  readonly labels: Uint16Array
  /** Check sum of each picture's pixels. */
  readonly sums: Uint32Array
  readonly unreadable: readonly Unreadable[]
}

/** A pack that is being written: pictures in order, then `finish`. */
export class PackWriter {
  readonly #file: FileHandle
  readonly #side: number
  readonly #labels: number[] = []
  readonly #sums: number[] = []

  private constructor(file: FileHandle, side: number) {
    this.#file = file
    this.#side = side
  }

  static async create(path: string, side: number): Promise<PackWriter> {
    const file = await open(path, 'w')
    await file.writeFile(MAGIC)
    return new PackWriter(file, side)
  }

  async add(pixels: Uint8Array, label: number): Promise<void> {
    await this.#file.writeFile(pixels)
    this.#labels.push(label)
    this.#sums.push(crc32(pixels))
  }

  /** Writes everything to disk. */
  async finish(unreadable: readonly Unreadable[]): Promise<void> {
    const text = Buffer.from(JSON.stringify({ side: this.#side, count: this.#labels.length, unreadable }))
    const end = Buffer.concat([
      new Uint8Array(Uint16Array.from(this.#labels).buffer),
      new Uint8Array(Uint32Array.from(this.#sums).buffer),
      text,
      new Uint8Array(Uint32Array.of(text.length).buffer),
    ])
    await this.#file.writeFile(Buffer.concat([end, new Uint8Array(Uint32Array.of(crc32(end)).buffer)]))
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** Reads everything but the pixels; undefined if the file is damaged. */
export async function openPack(path: string): Promise<PackContents | undefined> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const piece = async (from: number, length: number) => {
      const bytes = Buffer.alloc(Math.max(0, length))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, Math.max(0, from))
      return bytes.subarray(0, bytesRead)
    }
    if (size < MAGIC.length + 8 || !(await piece(0, MAGIC.length)).equals(MAGIC)) return undefined
    const length = (await piece(size - 8, 8)).readUInt32LE(0)
    if (length > size - MAGIC.length - 8) return undefined
    const text = (await piece(size - 8 - length, length)).toString()
    const parsed = parseEnd(text)
    if (!parsed) return undefined
    const { side, count, unreadable } = parsed
    const tables = size - 8 - length - 6 * count
    if (tables !== MAGIC.length + count * 3 * side * side) return undefined
    const end = await piece(tables, size - tables)
    if (end.readUInt32LE(end.length - 4) !== crc32(end.subarray(0, -4))) return undefined
    const aligned = Uint8Array.from(end).buffer
    return {
      side,
      labels: new Uint16Array(aligned.slice(0, 2 * count)),
      sums: new Uint32Array(aligned.slice(2 * count, 6 * count)),
      unreadable,
    }
  } finally {
    await file.close()
  }
}

/** Makes a pack the youngest by writing its first byte again. */
export async function touchPack(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(MAGIC, 0, 1, 0)
  } finally {
    await file.close()
  }
}

interface End {
  readonly side: number
  readonly count: number
  readonly unreadable: readonly Unreadable[]
}

function parseEnd(text: string): End | undefined {
  try {
    const { side, count, unreadable } = JSON.parse(text) as Partial<End>
    const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
    return whole(side) && whole(count) && Array.isArray(unreadable) ? { side, count, unreadable } : undefined
  } catch {
    return undefined
  }
}

/** All pixels, [count][3][side][side]; undefined if they are damaged. */
export async function readPixels(path: string, { side, sums }: PackContents): Promise<Uint8Array | undefined> {
  const size = 3 * side * side
  const pixels = new Uint8Array(sums.length * size)
  const file = await open(path)
  try {
    for (let at = 0; at < pixels.length; ) {
      const { bytesRead } = await file.read(pixels, at, Math.min(1 << 26, pixels.length - at), MAGIC.length + at)
      if (bytesRead === 0) return undefined
      at += bytesRead
    }
  } finally {
    await file.close()
  }
  for (let i = 0; i < sums.length; i++)
    if (crc32(pixels.subarray(i * size, (i + 1) * size)) !== sums[i]) return undefined
  return pixels
}

/**
 * Reads pictures from a pack on demand. It opens the file for each picture, so that nothing needs closing and many data
 * sets do not use up file handles. Compared with reading, opening costs next to nothing.
 */
export function packReader(path: string, { side, sums }: PackContents): PictureReader {
  const bytes = new Uint8Array(3 * side * side)
  const remedy = 'load the data set again: the pictures are then decoded anew'
  return {
    read: (index) => {
      let file: number | undefined
      try {
        file = openSync(path, 'r')
        for (let at = 0; at < bytes.length; ) {
          const count = readSync(file, bytes, at, bytes.length - at, MAGIC.length + index * bytes.length + at)
          if (count === 0) break // cut short: the check sum will tell
          at += count
        }
      } catch (error) {
        throw fileError(path, 'cannot be read', error, remedy)
      } finally {
        if (file !== undefined) closeSync(file)
      }
      if (crc32(bytes) !== sums[index]) {
        rmSync(path, { force: true })
        throw new DataError(`${path}: picture ${index} is damaged, so the file was removed; ${remedy}`)
      }
      return bytes
    },
  }
}
