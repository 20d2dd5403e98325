/** CRC-32 as in zip and PNG (polynomial 0xEDB88320). It finds damage in files, four bytes per step. */

/** Four tables of 256: the effect of a byte on the sum when 0, 1, 2 or 3 bytes follow. */
const tables = makeTables()

function makeTables(): Uint32Array {
  const table = new Uint32Array(4 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
    table[byte] = sum
  }
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256]! >>> 8) ^ table[table[i - 256]! & 0xff]!
  return table
}

/** @param start the sum of the bytes before these */
export function crc32(bytes: Uint8Array, start = 0): number {
  let sum = ~start
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    sum ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    sum =
      tables[768 + (sum & 0xff)]! ^
      tables[512 + ((sum >>> 8) & 0xff)]! ^
      tables[256 + ((sum >>> 16) & 0xff)]! ^
      tables[sum >>> 24]!
  }
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ tables[(sum ^ bytes[at]!) & 0xff]!
  return ~sum >>> 0
}
