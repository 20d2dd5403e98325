/**
 * Writes a file whole or not at all. This is the only way in which this package writes files of the user. Even if the
 * disk is full or the power fails, the old or the new file is there, never half of one.
 */
import { randomBytes } from 'node:crypto'
import { write } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { DataError } from '../errors.js'
import { bytesOf, callback, expectFields, expectKind, kind, name as nameKind } from '../expect.js'
import { errorCode, fileError } from './error.js'
import { disk, type FileSystem, type Place } from './system.node.js'

/** Bytes of a name that the temporary name repeats. With its additions it must stay below the 255 of file systems. */
const REPEATED = 100

const content = kind('a text or bytes (a Uint8Array)', (value) => typeof value === 'string' || !!bytesOf(value))
/** The file operations that are needed here. */
const operations = { look: callback, open: callback, rename: callback, remove: callback, syncFolder: callback }

/**
 * Replaces a file whole: writes it beside the target, flushes it to disk, and moves it over the target. It follows
 * links, and a replaced file keeps its permissions. It writes directly to devices and pipes, such as /dev/stdout.
 * @throws DataError if it cannot be written (the file is then unchanged), ConfigError for an invalid path and for
 * anything but a text or bytes
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string, files = disk): Promise<void> {
  expectKind(path, 'writeAtomically: path', nameKind)
  expectKind(bytes, 'writeAtomically: bytes', content)
  expectFields(files, 'writeAtomically: files', 'a file system', operations)
  const whole = bytesOf(bytes) ?? bytes // of this realm
  let temporary: string | undefined
  try {
    const place = await files.look(path)
    if (place.is === 'other') return await writeThrough(place, whole, files)
    temporary = temporaryBeside(place.path)
    const file = await files.open(temporary, 'wx', place)
    try {
      await file.write(whole)
      await file.sync()
    } finally {
      await file.close()
    }
    await files.rename(temporary, place.path)
    await files.syncFolder(dirname(place.path))
  } catch (error) {
    if (temporary !== undefined) await files.remove(temporary).catch(() => {}) // the first error says more
    throw cannotBeWritten(path, error)
  }
}

/** The error of a file that could not be written. It says so if the folder is missing. */
export function cannotBeWritten(path: string, error: unknown): DataError {
  if (errorCode(error) === 'ENOENT')
    return new DataError(`${path}: cannot be written: its folder does not exist`, { cause: error })
  return fileError(path, 'cannot be written', error)
}

/**
 * A name that no other writer uses, in this process or another. It starts with a dot, which hides it on some systems.
 */
export function temporaryBeside(path: string): string {
  const name = Buffer.from(basename(path)).subarray(0, REPEATED).toString().replaceAll('\ufffd', '')
  return join(dirname(path), `.${name}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`)
}

async function writeThrough({ path, descriptor }: Place, bytes: Uint8Array | string, files: FileSystem): Promise<void> {
  if (descriptor !== undefined) return writeOn(descriptor, Buffer.from(bytes as Uint8Array))
  const file = await files.open(path, 'w')
  try {
    await file.write(bytes)
  } finally {
    await file.close()
  }
}

/** Continues at the position of the open file, so that earlier output is not overwritten. */
async function writeOn(descriptor: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await promisify(write)(descriptor, bytes, at, bytes.length - at, null)).bytesWritten
}
