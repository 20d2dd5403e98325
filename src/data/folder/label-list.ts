/**
 * Lists that say the class of each picture: tables with a column of files and one of classes, text files with a name and
 * a class on each line, and lines of JSON. The column of files is the one whose values are pictures of the folder.
 */
import { Budget } from '../../util/budget.js'
import { csvRows, delimiterOf } from '../../util/csv.js'
import { parseJson } from '../../util/json.js'
import { printable } from '../../util/printable.js'
import { isPictureName } from '../picture/name.js'
import { listed } from './walk.js'

/** Rows of a list: the name of a file and its class. */
export interface LabelList {
  readonly rows: readonly (readonly [file: string, label: string])[]
}

interface Table {
  readonly header: readonly string[] | undefined
  readonly rows: readonly (readonly string[])[]
}

/** Endings of files that may be lists. */
export const listEndings = /\.(csv|tsv|txt|jsonl|ndjson)$/i

/** Names of the column of classes, in lower case without signs. */
const labelNames =
  'label labels class classes classname classlabel category breed species target diagnosis dx predictionstring'.split(
    ' ',
  )
/** Rows that are looked at to find the column of files. */
const LOOKED_AT = 200
/** Share of these that must be pictures of the folder. */
const LEAST_KNOWN = 0.5

/**
 * @param who the path of the list, at the start of errors
 * @param isPicture whether a text names a picture of the folder
 * @returns undefined if the file is no list of these pictures
 * @throws DataError if it is one, but damaged, or its column of classes cannot be told
 */
export function readLabelList(
  bytes: Uint8Array,
  who: string,
  isPicture: (text: string) => boolean,
): LabelList | undefined {
  const budget = new Budget(who, bytes.length)
  const text = new TextDecoder().decode(bytes)
  const { header, rows } = /\.(jsonl|ndjson)$/i.test(who) ? jsonTable(text, budget) : textTable(text, who, budget)
  const step = Math.max(1, Math.floor(rows.length / LOOKED_AT))
  const sample = rows.filter((_, i) => i % step === 0)
  const known = (column: number) => sample.filter((row) => isPicture(row[column] ?? '')).length
  const width = Math.min(64, Math.max(0, ...sample.map(({ length }) => length)))
  const counts = Array.from({ length: width }, (_, column) => known(column))
  const most = Math.max(0, ...counts)
  if (most === 0 || most < LEAST_KNOWN * (sample.length - 1)) return undefined
  const files = counts.indexOf(most)
  const first = rows[0]!
  const names = header ?? (isPicture(first[files] ?? '') || isPictureName(first[files] ?? '') ? undefined : first)
  const body = names === first ? rows.slice(1) : rows
  const labels = names === undefined ? undefined : labelColumn(names, files, body, budget)
  const found: (readonly [string, string])[] = []
  for (const row of body) {
    const file = row[files]?.trim()
    const label = typeof labels === 'function' ? labels(row) : row[labels ?? nextTo(files, row)]?.trim()
    if (!file || !label) continue
    budget.name(label, 'a class')
    const isPrediction =
      names !== undefined && typeof labels === 'number' && bare(names[labels]!) === 'predictionstring'
    found.push([file, isPrediction ? label.split(/\s+/)[0]! : label])
  }
  return { rows: found }
}

/** Without a header the class stands behind the file; in front of it where the file stands last of two. */
const nextTo = (files: number, row: readonly string[]) => (files === 1 && row.length === 2 ? 0 : files + 1)

const bare = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/** The column of classes, or a function that finds the class among columns of zeros with a one. */
function labelColumn(
  names: readonly string[],
  files: number,
  rows: readonly (readonly string[])[],
  budget: Budget,
): number | ((row: readonly string[]) => string | undefined) {
  const others = names.map((_, column) => column).filter((column) => column !== files)
  const named = others.filter((column) => labelNames.includes(bare(names[column]!)))
  if (named.length > 0) return named.sort((a, b) => rank(names[a]!) - rank(names[b]!))[0]!
  if (others.length === 1) return others[0]!
  const isOneHot = rows
    .slice(0, LOOKED_AT)
    .every(
      (row) =>
        others.filter((column) => Number(row[column]) === 1).length === 1 &&
        others.every((column) => isBit(row[column])),
    )
  if (others.length > 1 && rows.length > 0 && isOneHot)
    return (row) => names[others.find((column) => Number(row[column]) === 1) ?? -1]
  return budget.fail(
    `names pictures, but which of its columns holds their classes cannot be told (${listed(others.map((column) => printable(names[column]!, 30))) || 'there is no other'}); name that column label`,
  )
}

const rank = (name: string) => labelNames.indexOf(bare(name))
const isBit = (value: string | undefined) => value !== undefined && /^[01](\.0*)?$/.test(value.trim())

function textTable(text: string, who: string, budget: Budget): Table {
  const lines = /\.txt$/i.test(who) && !/[,;\t]/.test(text.slice(0, Math.max(0, text.search(/[\r\n]/))))
  const rows: (readonly string[])[] = []
  if (lines)
    for (const line of text.split(/\r?\n/)) {
      if (rows.length % 4096 === 0) budget.tick()
      budget.bytes(24)
      const words = lastWord(line.slice(0, MOST_LINE).trim())
      if (words.length > 0) rows.push(words)
    }
  else for (const { fields } of csvRows(text, budget, delimiterOf(text))) rows.push(fields)
  return { header: undefined, rows }
}

/** The letters of a line that are read. */
const MOST_LINE = 4096

/** A name, which may hold blanks, and the class behind it, which does not. */
function lastWord(line: string): string[] {
  for (let at = line.length - 1; at > 0; at--)
    if (line[at] === ' ' || line[at] === '\t') return [line.slice(0, at).trimEnd(), line.slice(at + 1)]
  return line === '' ? [] : [line]
}

/** Objects of one row each; their keys become the header. */
function jsonTable(text: string, budget: Budget): Table {
  const header: string[] = []
  const rows: string[][] = []
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '') return
    const value = parseJson(line, budget, (reason) => budget.fail(`line ${i + 1} is no JSON (${reason})`))
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      budget.fail(`line ${i + 1}: expected an object such as {"file": "1.jpg", "label": "cat"}`)
    const row: string[] = []
    for (const [key, own] of Object.entries(value as object)) {
      if (typeof own !== 'string' && typeof own !== 'number') continue
      if (!header.includes(key) && header.length < 64) header.push(key)
      const column = header.indexOf(key)
      if (column >= 0) row[column] = String(own)
    }
    rows.push(Array.from(row, (cell) => cell ?? ''))
  })
  return { header, rows }
}
