/** Reads tables of numbers from CSV files: a row is an example, one column holds its class. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Budget } from '../util/budget.js'
import { csvRows, delimiterOf } from '../util/csv.js'
import { ConfigError, DataError } from '../util/errors.js'
import { expectKind, expectOptions, finite, name as nameKind, options as optionsKind, text } from '../util/expect.js'
import { strangeFile } from '../util/file-kind.js'
import { printable } from '../util/printable.js'
import { readWhole } from './arrays/read-whole.node.js'
import type { Dataset } from './dataset.js'
import { tableDataset } from './table-dataset.js'

/** How a table is read. */
export interface TableFileOptions {
  /** Name of the column of classes; by default the last one. */
  readonly label?: string | undefined
  /** Reads only the first rows of each part, up to these numbers. */
  readonly limit?: { readonly train?: number | undefined; readonly test?: number | undefined } | undefined
  /** Decides which rows are held out if there is no file to test on. Default 0. */
  readonly seed?: number | undefined
}

interface Table {
  readonly rows: number[][]
  readonly labels: string[]
}

/**
 * Reads a table with a header from a CSV file, of which a fifth of each class is held out to test on; or from a folder
 * with `train.csv` and `test.csv`. Classes are the values of the column of classes, sorted: numbers as numbers.
 * @throws DataError naming the line and the column of anything but a number; ConfigError if no column has the name `label`
 */
export async function csvDataset(path: string, options: TableFileOptions = {}): Promise<Dataset> {
  expectKind(path, 'csvDataset: path', nameKind)
  expectOptions(options, 'csvDataset: options', { label: text, limit: optionsKind, seed: finite })
  const { label, limit = {}, seed } = options
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const read = async (file: string, most: number | undefined) => parseTable(await readWhole(file), file, label, most)
  const train = await read(isFolder ? join(path, 'train.csv') : path, limit.train)
  const test = isFolder ? await read(join(path, 'test.csv'), limit.test) : undefined
  const classes = [...new Set([...train.labels, ...(test?.labels ?? [])])].sort(byValue)
  const numbers = new Map(classes.map((name, i) => [name, i]))
  const numbered = ({ rows, labels }: Table) => ({ rows, labels: labels.map((name) => numbers.get(name)!) })
  const { rows, labels } = numbered(train)
  return tableDataset(rows, labels, { name: 'csv', classes, seed, test: test && numbered(test) })
}

function byValue(a: string, b: string): number {
  const [first, second] = [Number(a), Number(b)]
  if (Number.isFinite(first) && Number.isFinite(second) && first !== second) return first - second
  return a < b ? -1 : a > b ? 1 : 0
}

/** @throws DataError or ConfigError as `csvDataset` does */
export function parseTable(bytes: Uint8Array, who: string, label?: string, most = Number.POSITIVE_INFINITY): Table {
  const strange = bytes.includes(0) ? (strangeFile(bytes)?.what ?? 'something else') : undefined
  if (strange !== undefined) throw new DataError(`${who}: expected a table of comma-separated values, got ${strange}`)
  const budget = new Budget(who, bytes.length)
  const content = new TextDecoder().decode(bytes)
  const rows: number[][] = []
  const labels: string[] = []
  let header: readonly string[] | undefined
  let place = -1
  for (const { fields, line } of csvRows(content, budget, delimiterOf(content))) {
    if (!header) {
      header = fields.map((name) => name.trim())
      if (header.length < 2) budget.fail('expected columns of numbers and one of classes, got one column')
      if (header.every((name) => name !== '' && Number.isFinite(Number(name))))
        budget.fail('expected a header with the names of the columns, got numbers; add one as the first line')
      place = label === undefined ? header.length - 1 : header.indexOf(label)
      if (place < 0)
        throw new ConfigError(
          `${who}: has no column ${printable(label!, 40)}; its columns are ${header
            .slice(0, 6)
            .map((name) => printable(name, 30))
            .join(', ')}${header.length > 6 ? ', …' : ''}`,
        )
      continue
    }
    if (rows.length >= most) break
    if (fields.length !== header.length)
      budget.fail(`line ${line}: expected ${header.length} fields, as the header has, got ${fields.length}`)
    const own = fields[place]!.trim()
    if (own === '') budget.fail(`line ${line}: has no class in column ${printable(header[place]!, 40)}`)
    const row: number[] = []
    fields.forEach((field, column) => {
      if (column === place) return
      const value = field.trim() === '' ? Number.NaN : Number(field)
      if (!Number.isFinite(value))
        budget.fail(
          `line ${line}, column ${printable(header![column]!, 40)}: expected a number, got ${JSON.stringify(printable(field, 40))}; fill gaps and encode texts as numbers first`,
        )
      row.push(value)
    })
    rows.push(row)
    labels.push(own)
  }
  if (rows.length === 0) budget.fail('holds no rows below its header')
  return { rows, labels }
}
