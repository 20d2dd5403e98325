/** Parses arrays of NumPy (.npy, versions 1 to 3): whole numbers of any width and bytes, in the order of C. */
import { Budget } from '../../util/budget.js'
import { printable } from '../../util/printable.js'

/** Whole numbers with their sizes. */
export interface NumberArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array | Float64Array
}

const MAGIC = '\x93NUMPY'
const MOST_HEADER = 1 << 16

/** @throws DataError naming the array if it is damaged, or holds anything but whole numbers or truth values */
export function parseNpy(bytes: Uint8Array, who: string): NumberArray {
  const budget = new Budget(who, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = String.fromCharCode(...bytes.subarray(0, MAGIC.length))
  if (start !== MAGIC || bytes.length < 12) budget.fail('expected an array of NumPy (.npy), got something else')
  const isLong = bytes[6]! > 1
  const begin = isLong ? 12 : 10
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true)
  if (length > MOST_HEADER || begin + length > bytes.length) budget.fail('the header of the array is damaged')
  const header = new TextDecoder('latin1').decode(bytes.subarray(begin, begin + length))
  const type = /'descr':\s*'([^']{1,20})'/.exec(header)?.[1]
  const sizes = /'shape':\s*\(([\d,\s]{0,200})\)/.exec(header)?.[1]
  if (sizes === undefined) budget.fail('the header of the array is damaged: it tells no shape')
  const [, order, kind, width] = /^([<>|=]?)([ubi])([1248])$/.exec(type ?? '') ?? []
  if (kind === undefined)
    budget.fail(
      `holds ${type === undefined ? 'records' : `values of type ${printable(type, 20)}`}, expected whole numbers, such as uint8; convert it: array.astype("uint8")`,
    )
  if (/'fortran_order':\s*True/.test(header))
    budget.fail('lies in the order of Fortran; save it in that of C: numpy.ascontiguousarray(array)')
  const shape = sizes!
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number)
  const count = shape.reduce((product, size) => product * size, 1)
  const step = Number(width)
  const at = begin + length
  if (!Number.isSafeInteger(count) || at + count * step !== bytes.length)
    budget.fail(`expected ${count} values of ${step} bytes, got ${bytes.length - at} bytes; save it again`)
  if (step === 1 && kind !== 'i') return { shape, data: bytes.subarray(at) }
  budget.bytes(8 * count)
  const little = order !== '>'
  const read: (place: number) => number =
    step === 1
      ? (place) => view.getInt8(place)
      : step === 2
        ? (place) => (kind === 'i' ? view.getInt16(place, little) : view.getUint16(place, little))
        : step === 4
          ? (place) => (kind === 'i' ? view.getInt32(place, little) : view.getUint32(place, little))
          : (place) => Number(kind === 'i' ? view.getBigInt64(place, little) : view.getBigUint64(place, little))
  return { shape, data: Float64Array.from({ length: count }, (_, i) => read(at + i * step)) }
}
