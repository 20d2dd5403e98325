/** The format byte for byte; NumPy itself is asked in test/cli/predict.test.ts. */
import { expect, test } from 'vitest'
import { encodeNpy } from '../../src/formats/npy.js'

test('a header that fills 64 bytes or a multiple, then the numbers', () => {
  const bytes = Buffer.from(encodeNpy([2, 1], Float32Array.of(1, -2)))
  expect(bytes.length).toBe(128 + 8)
  expect(bytes.subarray(0, 10)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]))
  expect(bytes.toString('latin1', 10, 128)).toBe(
    `${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }".padEnd(117)}\n`,
  )
  expect([bytes.readFloatLE(128), bytes.readFloatLE(132)]).toEqual([1, -2])
})

test('one dimension has a comma, as tuples of Python do', () => {
  expect(Buffer.from(encodeNpy([3], new Float32Array(3))).toString('latin1')).toContain("'shape': (3,), }")
})

test('numbers that do not fill the shape are refused', () => {
  expect(() => encodeNpy([2, 3], new Float32Array(5))).toThrow('encodeNpy: 5 numbers do not fill 2x3')
})
