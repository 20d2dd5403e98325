/** Values as errors speak of them, and what is taken for what, of any realm. */
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  described,
  expectBytes,
  expectFields,
  expectFloats,
  expectKind,
  expectOptions,
  isBlob,
  isUrl,
  listOf,
  name,
  oneOf,
  optional,
  text,
  whole,
} from '../../src/util/expect.js'

const message = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('a value is called', () => {
  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [Number.NaN, 'NaN'],
    [3n, '3'],
    [Symbol('x'), 'Symbol(x)'],
    ['cat.jpg', '"cat.jpg"'],
    ['x'.repeat(60), `"${'x'.repeat(40)}…"`],
    ['a\u001b[31m\u009b\u202e', '"a\\u001b[31m??"'],
    [[], 'an empty list'],
    [[1, 2], 'a list of 2'],
    [() => {}, 'a function'],
    [new Uint8Array(3), 'a Uint8Array of 3'],
    [new DataView(new ArrayBuffer(2)), 'a DataView of 2'],
    [new ArrayBuffer(2), 'an ArrayBuffer'],
    [Promise.resolve(), 'a Promise (await it first)'],
    [new Map(), 'a Map'],
    [new Blob([]), 'a Blob'],
    [{}, 'an object without fields'],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, 'an object with a, b, c, d …'],
    [{ 'a b\n': 1 }, 'an object with "a b\\n"'],
  ])('%s', (value, called) => {
    expect(described(value)).toBe(called)
  })
})

test('errors name the argument, what was expected and what was got', () => {
  expect(message(() => expectKind(3, 'f: path', name))).toBe('f: path: expected a text that is not empty, got 3')
  expect(message(() => expectKind(9, 'f: n', whole(1, 8)))).toBe('f: n: expected a whole number from 1 to 8, got 9')
  expect(message(() => expectKind([1], 'f: names', listOf(text, 'a list of texts')))).toBe(
    'f: names: expected a list of texts, got a list of 1',
  )
  expect(message(() => expectKind('c', 'f: x', oneOf(['a', 'b'])))).toBe('f: x: expected one of a, b, got "c"')
  const fields = { width: whole(1), name: optional(text) }
  expect(message(() => expectFields('x', 'f: size', 'a size', fields))).toBe('f: size: expected a size, got "x"')
  expect(message(() => expectFields({ height: 2 }, 'f: size', 'a size', fields))).toBe(
    'f: size: expected a size, got an object with height',
  )
  expect(message(() => expectFields({ width: '2' }, 'f: size', 'a size', fields))).toBe(
    'f: size.width: expected a whole number of at least 1, got "2"',
  )
  expect(message(() => expectFields({ width: 2, name: 2 }, 'f: size', 'a size', fields))).toBe(
    'f: size.name: expected a text, got 2',
  )
  for (const wrong of [null, 'x', 3, [], () => {}, new Uint8Array(1), new Blob([]), new Map()])
    expect(message(() => expectOptions(wrong, 'f: options'))).toMatch(
      /^f: options: expected an object of options, got /,
    )
  expect(message(() => expectOptions({ n: 'x' }, 'f: options', { n: whole(1) }))).toBe(
    'f: options.n: expected a whole number of at least 1, got "x"',
  )
  expect(() => expectOptions({ n: undefined }, 'f: options', { n: whole(1) })).not.toThrow()
  expect(message(() => expectBytes('x', 'f: file', 'read it first'))).toBe(
    'f: file: expected bytes (a Uint8Array), got "x"; read it first',
  )
})

test('bytes, floats, files and addresses of another realm are what they are', () => {
  const foreign = (code: string) => runInNewContext(code) as never
  expect([...bytesOf(foreign('Uint8Array.of(1, 2, 3).subarray(1)'))!]).toEqual([2, 3])
  expect([...bytesOf(foreign('Uint8Array.of(4).buffer'))!]).toEqual([4])
  expect(bytesOf(foreign('[1, 2]'))).toBeUndefined()
  const floats = expectFloats(foreign('Float32Array.of(0, 1.5).subarray(1)'), 'f: batch')
  expect([floats instanceof Float32Array, ...floats]).toEqual([true, 1.5])
  expect(message(() => expectFloats(new Float64Array(1), 'f: batch'))).toBe(
    'f: batch: expected a Float32Array, got a Float64Array of 1',
  )
  expect([isBlob(new File([], 'x')), isBlob({}), isUrl(new URL('file:///x')), isUrl('file:///x')]).toEqual([
    true,
    false,
    true,
    false,
  ])
})
