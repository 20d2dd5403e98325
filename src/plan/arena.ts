/**
 * Offsets in one arena for buffers with known lifetimes: largest first, each at the lowest offset where it meets no
 * buffer that lives at the same time. (Finding the least arena is NP-hard; this comes within a few percent of the
 * peak of live bytes on residual networks.)
 */

export interface Interval {
  readonly bytes: number
  /** First and last step at which the buffer is in use, both included. */
  readonly from: number
  readonly to: number
}

export interface Placement {
  /** Offset of each interval, in the order given. */
  readonly offsets: readonly number[]
  /** Size of the arena. */
  readonly bytes: number
}

export function placeIntervals(intervals: readonly Interval[]): Placement {
  const order = intervals.map((_, i) => i)
  order.sort((a, b) => intervals[b]!.bytes - intervals[a]!.bytes || intervals[a]!.from - intervals[b]!.from || a - b)
  const offsets = new Array<number>(intervals.length).fill(0)
  const placed: number[] = [] // by rising offset
  let total = 0
  for (const i of order) {
    const { bytes, from, to } = intervals[i]!
    let offset = 0
    for (const j of placed) {
      const other = intervals[j]!
      if (other.to < from || other.from > to) continue
      if (offsets[j]! - offset >= bytes) break
      offset = Math.max(offset, offsets[j]! + other.bytes)
    }
    offsets[i] = offset
    total = Math.max(total, offset + bytes)
    placed.splice(lowerBound(placed, offsets, offset), 0, i)
  }
  return { offsets, bytes: total }
}

/** First place in `placed` whose offset is at least `offset`. */
function lowerBound(placed: readonly number[], offsets: readonly number[], offset: number): number {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[placed[middle]!]! < offset) low = middle + 1
    else high = middle
  }
  return low
}
