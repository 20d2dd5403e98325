/** Writes arrays in NumPy's format, version 1.0. `numpy.load(path)` reads them. */

import { ShapeError } from '../util/errors.js'
import { expectFloats, expectKind, listOf, whole } from '../util/expect.js'
import { elements, type Shape, shapeText } from '../util/shape.js'

/** The data begins at a multiple of this many bytes. */
const ALIGNMENT = 64
const MAGIC = '\x93NUMPY\x01\x00'

/**
 * Encodes a .npy file of little-endian 32-bit floats in row-major order.
 * @throws ShapeError if the numbers do not fill the shape
 */
export function encodeNpy(shape: Shape, data: Float32Array): Uint8Array<ArrayBuffer> {
  expectKind(shape, 'encodeNpy: shape', listOf(whole(0), 'a list of whole numbers'))
  expectFloats(data, 'encodeNpy: data')
  if (data.length !== elements(shape))
    throw new ShapeError(`encodeNpy: ${data.length} numbers do not fill ${shapeText(shape)}`)
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`
  const before = MAGIC.length + 2 // 2 bytes hold the header's length
  const length = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT - before
  const header = `${MAGIC}${String.fromCharCode(length & 255, length >> 8)}${text.padEnd(length - 1)}\n`
  const bytes = new Uint8Array(header.length + data.byteLength)
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < data.length; i++) view.setFloat32(header.length + 4 * i, data[i]!, true)
  return bytes
}
