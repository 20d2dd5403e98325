/** Suggests the legal values nearest to a wrong one, for messages. */
import { expectKind, listOf, text, whole } from './expect.js'

/**
 * At most `count` legal values, nearest first, that differ from the written one in at most a third of their letters.
 * @throws ConfigError for anything but a text, a list of texts and a number
 */
export function nearest(written: string, legal: readonly string[], count = 1): readonly string[] {
  expectNames('nearest', written, legal, count)
  return legal
    .map((value) => ({ value, distance: editDistance(written.toLowerCase(), value.toLowerCase()) }))
    .filter(({ value, distance }) => distance <= Math.ceil(value.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ value }) => value)
}

/** `did you mean a, b or c?` with the nearest values; empty if none is near. @throws as `nearest` does */
export function guess(written: string, legal: readonly string[], count = 1): string {
  expectNames('guess', written, legal, count)
  const near = nearest(written, legal, count)
  return near.length === 0 ? '' : `did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?`
}

function expectNames(who: string, written: unknown, legal: unknown, count: unknown): void {
  expectKind(written, `${who}: written`, text)
  expectKind(legal, `${who}: legal`, listOf(text, 'a list of texts'))
  expectKind(count, `${who}: count`, whole(1))
}

/** Letters to insert, delete or replace to get from `a` to `b` [Levenshtein 1966]. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
