/** Parses idx files, the format of MNIST: a type, the sizes, and the bytes. Only unsigned bytes are read. */
import { Budget } from '../../util/budget.js'
import { strangeFile } from '../../util/file-kind.js'

/** Bytes with their sizes, the first of which counts pictures or labels. */
export interface ByteArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

const UNSIGNED_BYTES = 8

/** @throws DataError naming the file if it is another one, or its sizes do not fit its length */
export function parseIdx(bytes: Uint8Array, who: string): ByteArray {
  const budget = new Budget(who, bytes.length)
  const dimensions = bytes[3] ?? 0
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || dimensions < 1 || dimensions > 4)
    budget.fail(`expected an idx file, got ${strangeFile(bytes)?.what ?? 'something else'}; download it again`)
  if (bytes[2] !== UNSIGNED_BYTES)
    budget.fail(`holds numbers of type ${bytes[2]}, expected unsigned bytes (type ${UNSIGNED_BYTES})`)
  const begin = 4 + 4 * dimensions
  if (bytes.length < begin) budget.fail('the idx file is cut short, in its sizes; download it again')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i))
  const size = shape.reduce((product, length) => product * length, 1)
  if (begin + size !== bytes.length)
    budget.fail(
      `expected ${size} bytes behind the sizes ${shape.join('x')}, got ${bytes.length - begin}; download it again`,
    )
  return { shape, data: bytes.subarray(begin) }
}
