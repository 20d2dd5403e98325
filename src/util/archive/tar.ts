/** Reads tar archives (ustar and its older form): the plain files in them, by name. Skips links and other entries. */
import { Budget } from '../budget.js'
import { DataError } from '../errors.js'
import { printable } from '../printable.js'

/** A file of an archive. Its content is a view of the archive's bytes, not a copy. */
export interface TarFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const BLOCK = 512

/**
 * Lists the files of an archive, in its order. `source` names the archive in errors.
 * @throws DataError if a header's check sum is wrong (not a tar archive, or damaged) or the archive ends in the middle
 * of a file
 */
export function readTar(archive: Uint8Array, source: string): TarFile[] {
  const files: TarFile[] = []
  const budget = new Budget(source, archive.length)
  for (let at = 0; at < archive.length; ) {
    budget.containers()
    const header = archive.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) return files // a block of zeros ends the archive
    if (header.length < BLOCK || octal(header, 148, 8) !== checkSum(header))
      throw new DataError(
        `${source}: expected a tar header with a matching check sum at byte ${at}, got something else; the file is damaged or not a tar archive: download it again`,
      )
    const size = octal(header, 124, 12)
    const start = at + BLOCK
    const name = fullName(header)
    if (Number.isNaN(size))
      budget.fail(
        `the tar header of ${printable(name)} at byte ${at} has no size that can be read; the file is damaged: download it again`,
      )
    if (start + size > archive.length)
      throw new DataError(
        `${source}: ${printable(name)} should have ${size} bytes, but the archive ends after ${archive.length - start} of them; the file is truncated: download it again`,
      )
    const kind = header[156]!
    if (kind === 0 || kind === 0x30) files.push({ name, bytes: archive.subarray(start, start + size) }) // '0', or 0 in the older form
    at = start + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

/** ustar keeps the beginning of a long name in a field of its own. */
function fullName(header: Uint8Array): string {
  const ustar = text(header, 257, 6) === 'ustar' // GNU's variant, 'ustar ', uses that field in another way
  const prefix = ustar ? text(header, 345, 155) : ''
  const name = text(header, 0, 100)
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Sums the header's bytes. The bytes of the sum itself count as blanks. */
function checkSum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)
}

/** Parses an octal field; NaN if it is not octal. */
function octal(header: Uint8Array, at: number, length: number): number {
  const digits = text(header, at, length).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** Reads a field up to its first zero byte. */
function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length)
  const end = field.indexOf(0)
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end))
}
