/** Medians with their spread. */

/** The median of several values, with the smallest and the largest. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The median of an even number of values is the mean of the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** Maps a summary by a function that turns times into rates or back. A falling function exchanges least and most. */
export function mapSpread({ median, min, max }: Spread, f: (value: number) => number): Spread {
  const ends = [f(min), f(max)]
  return { median: f(median), min: Math.min(...ends), max: Math.max(...ends) }
}
