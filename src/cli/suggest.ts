/** Did you mean …? */

/** The legal value nearest to what was typed, if it is near: at most a third of its letters differ. */
export function nearest(typed: string, legal: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const value of legal) {
    const distance = editDistance(typed.toLowerCase(), value.toLowerCase())
    if (distance < least) [best, least] = [value, distance]
  }
  return best !== undefined && least <= Math.ceil(best.length / 3) ? best : undefined
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
