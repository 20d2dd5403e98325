/** Small idx files, arrays of NumPy and pickles of CIFAR, made by the tests that read them. */
import { zip } from '../../formats/make-pickle.js'

export function idx(shape: readonly number[], values: readonly number[], type = 8): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * shape.length + values.length)
  bytes[2] = type
  bytes[3] = shape.length
  shape.forEach((size, i) => {
    bytes.writeUInt32BE(size, 4 + 4 * i)
  })
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

export function npy(shape: readonly number[], values: ArrayLike<number>, descr = '|u1', order = 'False'): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const header = Buffer.from(`\x93NUMPY\x01\0\0\0${text}`.padEnd(127).concat('\n'), 'latin1')
  header.writeUInt16LE(118, 8)
  const wide = descr === '<i8' ? BigInt64Array.from(values as number[], BigInt) : Uint8Array.from(values)
  return Buffer.concat([header, new Uint8Array(wide.buffer)])
}

export const npz = (arrays: Readonly<Record<string, Uint8Array>>, deflate = false) =>
  zip(Object.entries(arrays).map(([name, data]) => ({ name: `${name}.npy`, data, deflate })))

/** `count` values from 0 to 255. */
export const ramp = (count: number, step = 7) => Array.from({ length: count }, (_, i) => (i * step) % 256)

const latin = (text: string) => Buffer.from(text, 'latin1')
const length32 = (count: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(count)
  return bytes
}

/** A file of CIFAR's Python version as Python 2 pickled it: texts and pixels are strings of bytes. */
export function cifarPython(labels: readonly number[], pixels: Uint8Array, key = 'labels'): Uint8Array {
  const text = (value: string) => latin(`U${String.fromCharCode(value.length)}${value}`)
  return Buffer.concat([
    latin('\x80\x02}q\x01('),
    text('batch_label'),
    text('training batch 1 of 5'),
    text(key),
    latin(']q\x02('),
    ...labels.map((label) => latin(`K${String.fromCharCode(label)}`)),
    latin('e'),
    text('data'),
    latin('cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\0\x85U\x01b\x87Rq\x05(K\x01K'),
    latin(
      `${String.fromCharCode(labels.length)}M\0\x0c\x86cnumpy\ndtype\nq\x06U\x02u1K\0K\x01\x87Rq\x07(K\x03U\x01|NNNJ`,
    ),
    latin('\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89T'),
    length32(pixels.length),
    pixels,
    latin('tbu.'),
  ])
}
