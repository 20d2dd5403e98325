/** The contents of a saved file for people: its entries, and the calls that it asks for and that nobody makes. */
import { printable } from '../../util/printable.js'
import { shapeText } from '../../util/shape.js'
import { entriesOf } from './entries.js'
import { Inert, isUsual } from './inert.js'
import type { SavedFile } from './saved-file.js'
import { StridedTensor } from './strided-tensor.js'

/** An entry of a file, and its value in words. */
export interface ContentRow {
  /** Keys that lead to it, joined by slashes. */
  readonly path: string
  readonly value: string
}

/** A file opened for a look: nothing of it is run. */
export interface Contents {
  /** For example `PyTorch, zip form`. */
  readonly form: string
  readonly entries: readonly ContentRow[]
  /** The callables that loading it in Python would run, those that are not known here, and how often. */
  readonly calls: readonly { readonly name: string; readonly count: number }[]
}

/** Rows of a list. Honest files have fewer besides their tensors. */
const MOST_ROWS = 200
const MOST_NAMED = 4

/** Lists the top of a file and all of its dictionaries of tensors. */
export function contentsOf({ form, value, notRun, budget }: SavedFile): Contents {
  const rows: ContentRow[] = entriesOf(value, budget).map(({ path, tensors, made }) => ({
    path: printable(path === '' ? '/' : path, 200),
    value: `${tensors.size} tensors${made === undefined ? '' : `, a module of the class ${printable(made, 100)}`}`,
  }))
  const listed = new Set(rows.map(({ path }) => path))
  const top = value instanceof Inert ? value.state : value
  const isModule = rows.some(({ path }) => path === '/') && value instanceof Inert // its fields are PyTorch's own
  if (top instanceof Map && !isModule)
    for (const [key, inner] of top) {
      const path = printable(String(typeof key === 'object' ? '?' : key), 200)
      if (!listed.has(path) && !(inner instanceof StridedTensor)) rows.push({ path, value: inWords(inner) })
    }
  return {
    form,
    entries: rows.slice(0, MOST_ROWS),
    calls: [...notRun].map(([name, count]) => ({ name: printable(name, 200), count })),
  }
}

/** A value in a few words. */
export function inWords(value: unknown): string {
  if (value instanceof StridedTensor) return `a tensor of ${shapeText(value.shape)}`
  if (value instanceof Inert) return `${printable(value.name, 100)}, not made`
  if (value instanceof Map) return `a dictionary of ${value.size}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'string' ? JSON.stringify(printable(value, 80)) : String(value)
}

/** A sentence about the callables that were not run, without those that every training program uses. */
export function notRunText(notRun: SavedFile['notRun']): string | undefined {
  const names = [...notRun.keys()].filter((name) => !isUsual(name))
  if (names.length === 0) return undefined
  const few = names.slice(0, MOST_NAMED).map((name) => printable(name, 80))
  const more = names.length > few.length ? ` and ${names.length - few.length} more` : ''
  return `its pickle calls ${few.join(', ')}${more}; nothing of it was run`
}
