import { expect, test } from 'vitest'
import { printable, shown } from '../../src/util/printable.js'

test('a plain name stays as it is', () => {
  for (const name of ['', 'layer1.0.conv1.weight', 'Blümchen 花 🌼', 'a'.repeat(80)]) expect(printable(name)).toBe(name)
})

test('a character that steers a terminal is replaced', () => {
  expect(printable('a\x1b[31mred\x07')).toBe('a�[31mred�')
  expect(printable('two\r\nlines\tand\x7f \x9b5n')).toBe('two��lines�and� �5n')
  expect(printable('\u202egnp.exe\u2028\u2066x\u2069\ufeff')).toBe('�gnp.exe��x��')
  expect(printable('half \ud83c of a pair')).toBe('half � of a pair')
})

test('a long text is cut, and says so', () => {
  expect(printable('a'.repeat(81))).toBe(`${'a'.repeat(79)}…`)
  expect(printable('x'.repeat(50_000_000), 5)).toBe('xxxx…')
  expect(printable('🌼'.repeat(10), 10)).toBe('🌼'.repeat(10))
  expect(printable('🌼'.repeat(11), 10)).toBe(`${'🌼'.repeat(9)}…`)
  // A pair that the first cut takes apart is beyond the second.
  expect(printable(`a${'🌼'.repeat(100)}`, 3)).toBe('a🌼…')
})

test('any value can be shown, in few characters', () => {
  const circle: unknown[] = []
  circle.push(circle)
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown
  const rows: readonly (readonly [unknown, string])[] = [
    ['cat', '"cat"'],
    ['a"b', '"a\\"b"'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [-0, '0'],
    [undefined, 'nothing'],
    [null, 'null'],
    [true, 'true'],
    [12n, '12n'],
    [2n ** 1000n, 'a huge number'],
    [() => 0, 'a function'],
    [Symbol('s'), 'a symbol'],
    [[1, 'a', [null]], '[1,"a",[null]]'],
    [{ a: 1, 'b\u001b': {} }, '{"a":1,"b�":{}}'],
    [circle, '[[[[…]]]]'],
    [deep, '[[[[…]]]]'],
    [new Proxy({}, { ownKeys: () => Symbol() as never }), 'something that cannot be shown'],
  ]
  for (const [value, text] of rows) expect(shown(value)).toBe(text)
  expect(shown('x'.repeat(1e6), 5)).toBe('"xxx…')
  expect(shown(new Array(1e6).fill(7), 9)).toBe('[7,7,7,7…')
})
