/** Rows of numbers as NumPy stores them: `numpy.load(path)` gives them back. Version 1.0 of the format. */

import { ShapeError } from '../util/errors.js'
import { expectFloats, expectKind, listOf, whole } from '../util/expect.js'
import { elements, type Shape, shapeText } from '../util/shape.js'

/** The header, and all before it, fill a multiple of so many bytes. */
const ALIGNMENT = 64
const MAGIC = '\x93NUMPY\x01\x00'

/**
 * The bytes of a .npy file of 32-bit floats, little-endian, the last dimension running fastest.
 * @throws ShapeError when the numbers do not fill the shape
 */
export function encodeNpy(shape: Shape, data: Float32Array): Uint8Array<ArrayBuffer> {
  expectKind(shape, 'encodeNpy: shape', listOf(whole(0), 'a list of whole numbers'))
  expectFloats(data, 'encodeNpy: data')
  if (data.length !== elements(shape))
    throw new ShapeError(`encodeNpy: ${data.length} numbers do not fill ${shapeText(shape)}`)
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`
  const before = MAGIC.length + 2 // the length of what follows
  const length = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT - before
  const header = `${MAGIC}${String.fromCharCode(length & 255, length >> 8)}${text.padEnd(length - 1)}\n`
  const bytes = new Uint8Array(header.length + data.byteLength)
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < data.length; i++) view.setFloat32(header.length + 4 * i, data[i]!, true)
  return bytes
}
