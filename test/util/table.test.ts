// Text tables.
import { expect, test } from 'vitest'
import { textTable, withCommas } from '../../src/util/table.js'

test('columns are as wide as their widest cell and aligned', () => {
  const rows = [['name', 'n'], 'rule', ['a', '1,000'], ['longer', '']] as const
  expect(textTable(rows, ['left', 'right'])).toBe(
    ['name        n', '─────────────', 'a       1,000', 'longer'].join('\n'),
  )
})

test('commas separate thousands', () => {
  expect([0, 999, 1000, 25_557_032].map(withCommas)).toEqual(['0', '999', '1,000', '25,557,032'])
})
