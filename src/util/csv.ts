/**
 * Reads tables of comma-separated values, as RFC 4180 describes them: fields in quotes may hold commas, line breaks and
 * doubled quotes. A quote in the wrong place is refused with its line, because all fields after it would shift.
 */
import type { Budget } from './budget.js'

/** A row of a table. */
export interface CsvRow {
  readonly fields: readonly string[]
  /** Number of the line on which it begins, from 1. */
  readonly line: number
}

const [QUOTE, RETURN, NEWLINE] = [0x22, 0x0d, 0x0a]
/** Bytes that a row and a field take in memory, about. */
const [ROW_BYTES, FIELD_BYTES] = [16, 8]

/**
 * Gives the rows of a table, one at a time; empty lines are skipped. A byte order mark at the beginning is no part of
 * the first field.
 * @param budget names the file in errors, and pays for the fields
 * @param delimiter one character, by default a comma
 * @throws DataError naming the line of a quote that stands in the wrong place or is never closed
 */
export function* csvRows(text: string, budget: Budget, delimiter = ','): Generator<CsvRow> {
  const comma = delimiter.charCodeAt(0)
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  for (let line = 1, count = 0; at < text.length; count++) {
    const fields: string[] = []
    const begin = line
    for (let more = true; more; ) {
      if (text.charCodeAt(at) === QUOTE) {
        const end = closing(text, at, line, budget)
        const field = text.slice(at + 1, end)
        fields.push(field.includes('"') ? field.replaceAll('""', '"') : field)
        for (let i = at; i < end; i++) if (text.charCodeAt(i) === NEWLINE) line++
        at = end + 1
        if (!(at >= text.length || isEnd(text.charCodeAt(at), comma)))
          budget.fail(
            `line ${line}: a field in quotes ends, and more letters follow it; write a quote inside of it twice, as ""`,
          )
      } else {
        const from = at
        for (let code = text.charCodeAt(at); at < text.length && !isEnd(code, comma); code = text.charCodeAt(++at))
          if (code === QUOTE)
            budget.fail(`line ${line}: a quote stands inside of a field; put the whole field into quotes`)
        fields.push(text.slice(from, at))
      }
      if (fields.length % 4096 === 0) budget.tick()
      more = text.charCodeAt(at) === comma
      if (more) at++
    }
    if (text.charCodeAt(at) === RETURN) at++
    if (text.charCodeAt(at) === NEWLINE) at++
    line++
    budget.bytes(ROW_BYTES + FIELD_BYTES * fields.length)
    if (count % 4096 === 0) budget.tick()
    if (fields.length > 1 || fields[0] !== '') yield { fields, line: begin }
  }
}

const isEnd = (code: number, comma: number) => code === comma || code === NEWLINE || code === RETURN

/** The place of the quote that closes the field which the quote at `at` opens. */
function closing(text: string, at: number, line: number, budget: Budget): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 2)) {
    if (end < 0) budget.fail(`line ${line}: a quote is never closed; the file is damaged or cut short`)
    if (text.charCodeAt(end + 1) !== QUOTE) return end
  }
}

/** The delimiter of a table: the one of comma, semicolon and tab that is most frequent in its first line. */
export function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/)
  const first = text.slice(0, Math.min(end < 0 ? text.length : end, 1 << 16))
  const counts = [',', ';', '\t'].map((sign) => ({ sign, count: first.split(sign).length }))
  return counts.reduce((most, other) => (other.count > most.count ? other : most)).sign
}
