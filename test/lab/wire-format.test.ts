/** Messages as bytes: whatever goes in comes out, and what is no message is refused. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode } from '../../lab/src/compute/wire-format.js'

test('numbers, texts, lists, records and arrays of numbers come out as they went in', () => {
  const leaf = fc.oneof(
    fc.double({ noNaN: true }).map((value) => value + 0),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.float32Array({ noNaN: true }),
    fc.int32Array(),
    fc.float64Array({ noNaN: true }),
  )
  const key = fc.string().filter((name) => !['__proto__', '$array', '$number'].includes(name))
  const message = fc.oneof(
    leaf,
    fc.array(leaf),
    fc.dictionary(key, fc.oneof(leaf, fc.array(leaf)), { noNullPrototype: true }),
  )
  fc.assert(
    fc.property(message, (value) => {
      expect(decode(encode(value))).toEqual(value)
    }),
  )
})

test('numbers that JSON lacks come out too', () => {
  const value = { loss: Number.NaN, most: Number.POSITIVE_INFINITY, least: [Number.NEGATIVE_INFINITY] }
  expect(decode(encode(value))).toEqual(value)
})

test('an array that is a view of a larger buffer goes alone', () => {
  const view = new Float32Array([1, 2, 3, 4]).subarray(1, 3)
  expect(decode(encode({ view }))).toEqual({ view: Float32Array.of(2, 3) })
})

test('what is no message is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).toSatisfy((thrown) => thrown instanceof SyntaxError || thrown instanceof RangeError)
      }
    }),
  )
})
