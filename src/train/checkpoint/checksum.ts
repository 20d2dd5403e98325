/** The checksum of a checkpoint. It finds any byte that a disk, a download or an editor changed. */
import type { SafetensorsFile } from '../../formats/safetensors.js'
import { crc32 } from '../../util/crc32.js'
import { DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'

/** Replaces the checksum in files that were changed on purpose. */
const UNCHECKED = 'unchecked'

/**
 * CRC-32 over all metadata except `checksum`, and over name, shape and bytes of each tensor. Both are ordered by name.
 */
export function checksum({ tensors, metadata }: SafetensorsFile): string {
  const encoder = new TextEncoder()
  let sum = 0
  for (const key of Object.keys(metadata).sort())
    if (key !== 'checksum') sum = crc32(encoder.encode(`${key}\0${metadata[key]}\0`), sum)
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name)!
    sum = crc32(encoder.encode(`${name}\0${shape.join('x')}\0`), sum)
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum)
  }
  return sum.toString(16).padStart(8, '0')
}

/** @throws DataError if the file is not as it was written */
export function expectChecksum(file: SafetensorsFile, name: string): void {
  const stated = file.metadata.checksum
  if (stated === UNCHECKED) return
  const found = checksum(file)
  if (stated !== found)
    throw new DataError(
      `${name}: damaged: its checksum is ${found}, expected ${stated === undefined ? 'one in its metadata, got none' : printable(stated, 20)}; copy or ` +
        `download it again (if you changed it on purpose, write "${UNCHECKED}" as checksum in its metadata)`,
    )
}
