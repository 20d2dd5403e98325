/** Tables of comma-separated values: what RFC 4180 allows is read, and what it does not allow is named by its line. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Budget } from '../../src/util/budget.js'
import { csvRows, delimiterOf } from '../../src/util/csv.js'

const read = (text: string, delimiter?: string) =>
  [...csvRows(text, new Budget('x.csv', text.length), delimiter)].map(({ fields }) => fields)

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  ['\ufeffa,"b ""x"", c"\n', [['a', 'b "x", c']]],
  [
    '"a\nb",2\n\n3,\n',
    [
      ['a\nb', '2'],
      ['3', ''],
    ],
  ],
  ['a\n\n,\n""\n', [['a'], ['', '']]],
  ['', []],
])('%j', (text, rows) => {
  expect(read(text)).toEqual(rows)
})

test('rows know their lines', () => {
  const rows = [...csvRows('a\n"b\nc"\n\nd\n', new Budget('x'))]
  expect(rows.map(({ line }) => line)).toEqual([1, 2, 5])
})

test.each([
  ['a,b\n1,"2', 'x.csv: line 2: a quote is never closed; the file is damaged or cut short'],
  [
    '"a"b,c',
    'x.csv: line 1: a field in quotes ends, and more letters follow it; write a quote inside of it twice, as ""',
  ],
  ['a\nb"c"', 'x.csv: line 2: a quote stands inside of a field; put the whole field into quotes'],
])('%j is refused', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

test('the delimiter is told by the first line', () => {
  expect(['a;b;c,d', 'a\tb', 'a', '"a,b"\n;;;'].map(delimiterOf)).toEqual([';', '\t', ',', ','])
})

test('any table that is written is read again', () => {
  const quoted = (field: string) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') })
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
  fc.assert(
    fc.property(rows, (table) => {
      expect(read(table.map((row) => row.map(quoted).join(',')).join('\r\n'))).toEqual(table)
    }),
  )
})
