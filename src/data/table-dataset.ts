/** Makes data sets of tables of numbers: a row is a picture of one pixel, with one channel per column. */

import { DataError } from '../util/errors.js'
import {
  expectFields,
  expectKind,
  expectOptions,
  finite,
  kind,
  list,
  listOf,
  name as nameKind,
  numbers,
  object,
  text,
} from '../util/expect.js'
import type { Dataset, Features, Normalisation, PictureReader, Pictures } from './dataset.js'
import { holdOut } from './hold-out.js'

/** The numbers of one row of a table, one per column. */
export type TableRow = readonly number[] | Float32Array | Float64Array

/** Rows and their classes. */
export interface TableRows {
  /** Rows of one length. */
  readonly rows: readonly TableRow[]
  /** Class numbers from 0, one per row. */
  readonly labels: ArrayLike<number>
}

/** Options of a table besides its rows. */
export interface TableOptions {
  /** Its name in errors and checkpoints. Default `table`. */
  readonly name?: string | undefined
  /** Class names by class number. Default: the numbers up to the largest label. */
  readonly classes?: readonly string[] | undefined
  /** Rows to test on. By default some rows are held out for it. */
  readonly test?: TableRows | undefined
  /** Rows to hold out if `test` is left out: a whole number, or a fraction between 0 and 1. Default 0.2. */
  readonly holdOut?: number | undefined
  /** Decides which rows of each class are held out. Default 0. */
  readonly seed?: number | undefined
}

/** Label arrays hold 16 bits. */
const MOST_CLASSES = 65536

/**
 * Makes a data set of a table, for networks that read one pixel with a channel per column: `fullyConnected({ inputs:
 * columns, ... })`. Rows are copied. Columns are standardised by the mean and deviation of the training rows. This
 * normalisation is stored with the weights, and `Network.classify` and `Network.prepare` apply it to raw rows. A column
 * of one value becomes zeros.
 * @param labels class numbers from 0, one per row
 * @throws DataError for rows of different lengths, for anything but finite numbers, and for invalid labels; ConfigError
 * if there are too few rows to hold out
 */
export function tableDataset(
  rows: readonly TableRow[],
  labels: ArrayLike<number>,
  options: TableOptions = {},
): Dataset<PictureReader | Features> {
  expectTable({ rows, labels }, 'tableDataset')
  expectOptions(options, 'tableDataset: options', optionFields)
  const { name = 'table', test, seed = 0, holdOut: part = 0.2 } = options
  if (test !== undefined) expectTable(test, 'tableDataset: options.test')
  const columns = rows[0]?.length ?? 0
  const classes = options.classes ?? numberedClasses(labels, test?.labels ?? [])
  const all = picturesOf({ rows, labels }, columns, classes.length, name)
  const count = part > 0 && part < 1 ? Math.max(1, Math.round(part * all.count)) : part
  const parts = test
    ? { train: all, test: picturesOf(test, columns, classes.length, `${name}, test`) }
    : holdOut(all, count, seed)
  return { name, classes, ...parts, normalisation: standardisation(parts.train) }
}

const optionFields = {
  name: nameKind,
  classes: listOf(text, 'a list of texts'),
  test: object,
  holdOut: finite,
  seed: finite,
}

/** @throws ConfigError unless there are rows and labels */
function expectTable(table: TableRows, who: string): void {
  expectFields(table, who, 'rows and labels, { rows, labels }', { rows: list, labels: numbers })
  table.rows.forEach((row, i) => {
    expectKind(row, `${who}: row ${i + 1}`, rowKind)
  })
}

/** Checks only the container. The numbers are checked later. */
const rowKind = kind('a list of numbers', (value) => Array.isArray(value) || ArrayBuffer.isView(value))

/** @throws DataError unless a row has so many columns, all of them finite numbers */
export function expectRow(row: TableRow, columns: number, who: string): void {
  if (row.length !== columns) throw new DataError(`${who}: expected ${columns} numbers, got ${row.length}`)
  for (let column = 0; column < columns; column++) {
    const value: unknown = row[column]
    if (Number.isFinite(value)) continue
    const got = typeof value === 'string' ? JSON.stringify(value) : String(value)
    throw new DataError(
      `${who}, column ${column + 1}: expected a finite number, got ${got}; fill gaps and encode texts as numbers first`,
    )
  }
}

function picturesOf({ rows, labels }: TableRows, columns: number, classes: number, who: string): Pictures<Features> {
  if (rows.length === 0 || columns === 0)
    throw new DataError(`${who}: expected rows of at least one number, got ${rows.length} rows of ${columns}`)
  if (labels.length !== rows.length)
    throw new DataError(`${who}: expected a label for each of its ${rows.length} rows, got ${labels.length} labels`)
  const values = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    expectRow(row, columns, `${who}, row ${i + 1}`)
    expectLabel(labels[i]!, classes, `${who}, label of row ${i + 1}`)
    values.set(row, i * columns)
  })
  return {
    count: rows.length,
    channels: columns,
    height: 1,
    width: 1,
    pixels: { views: [values] },
    labels: Uint16Array.from(labels),
  }
}

function expectLabel(label: number, classes: number, who: string): void {
  const last = Math.min(classes, MOST_CLASSES) - 1
  if (!(Number.isSafeInteger(label) && label >= 0 && label <= last))
    throw new DataError(`${who}: expected a class number from 0 to ${last}, got ${String(label)}`)
}

/** Numbers up to the largest label. Invalid labels are reported elsewhere. */
function numberedClasses(...lists: readonly ArrayLike<number>[]): string[] {
  let most = 0
  for (const labels of lists)
    for (let i = 0; i < labels.length; i++) if (labels[i]! < MOST_CLASSES) most = Math.max(most, Math.floor(labels[i]!))
  return Array.from({ length: most + 1 }, (_, label) => String(label))
}

/**
 * Mean and deviation of each column. Values are taken relative to the first one, so that the values of a constant
 * column differ by exactly 0; its deviation is set to 1.
 */
function standardisation({ count, channels, pixels }: Pictures<PictureReader | Features>): Normalisation {
  const [values] = (pixels as Features).views as [Float64Array]
  const columns = Array.from({ length: channels }, (_, column) => {
    const value = (row: number) => values[row * channels + column]! - values[column]!
    let sum = 0
    for (let row = 0; row < count; row++) sum += value(row)
    const mean = sum / count
    let squares = 0
    for (let row = 0; row < count; row++) squares += (value(row) - mean) * (value(row) - mean)
    const deviation = Math.sqrt(squares / count)
    return { mean: values[column]! + mean, std: deviation > 0 ? deviation : 1 }
  })
  return { mean: columns.map(({ mean }) => mean), std: columns.map(({ std }) => std) }
}
