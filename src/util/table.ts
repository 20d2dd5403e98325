/** Tables and numbers as plain text. */
import { expectKind, kind, list } from './expect.js'
import { printable } from './printable.js'

/** A row of cells, or a line across the table. */
export type Row = readonly string[] | 'rule'

const isCells = (row: unknown) =>
  Array.isArray(row) && row.every((cell) => typeof cell === 'string' || cell === undefined)
const rowsKind = kind('a list of rows of texts', (value) => {
  return Array.isArray(value) && value.every((row) => row === 'rule' || isCells(row))
})

/**
 * Columns are as wide as their widest cell, two spaces apart, each aligned to the left or to the right. No newline at
 * the end.
 */
export function textTable(given: readonly Row[], align: readonly ('left' | 'right')[]): string {
  expectKind(given, 'textTable: rows', rowsKind)
  expectKind(align, 'textTable: align', list)
  const rows = given.map((row) => (row === 'rule' ? row : row.map((cell) => printable(cell, Number.POSITIVE_INFINITY))))
  const widths = align.map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row === 'rule' ? 0 : (row[column] ?? '').length), 0),
  )
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return align[column] === 'left' ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('──')
  return rows.map((row) => (row === 'rule' ? rule : line(row))).join('\n')
}

/** A whole number with commas: `25,557,032`. */
export function withCommas(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}
