/**
 * Places buffers with known lifetimes in one arena. Buffers that live for ever lie at the bottom, side by side. The
 * others are placed largest first, each at the lowest offset where it overlaps no buffer that lives at the same time.
 * (Finding the smallest arena is NP-hard; on residual networks this comes within a few percent of the peak of live
 * bytes.)
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
  const offsets = new Array<number>(intervals.length).fill(0)
  let bottom = 0
  const order: number[] = []
  intervals.forEach(({ bytes, from, to }, i) => {
    if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) {
      offsets[i] = bottom
      bottom += bytes
    } else order.push(i)
  })
  order.sort((a, b) => intervals[b]!.bytes - intervals[a]!.bytes || intervals[a]!.from - intervals[b]!.from || a - b)
  const placed = new PlacedIntervals(order.length)
  let total = bottom
  for (const i of order) {
    offsets[i] = bottom + placed.place(intervals[i]!)
    total = Math.max(total, offsets[i]! + intervals[i]!.bytes)
  }
  return { offsets, bytes: total }
}

/**
 * The intervals that have been placed, by rising offset. Each new interval is compared with most of the others, so a
 * deep network takes hundreds of millions of comparisons. Therefore each field is an array of its own, read from start
 * to end.
 */
class PlacedIntervals {
  readonly #from: Float64Array
  readonly #to: Float64Array
  readonly #offset: Float64Array
  readonly #end: Float64Array
  #count = 0

  constructor(capacity: number) {
    this.#from = new Float64Array(capacity)
    this.#to = new Float64Array(capacity)
    this.#offset = new Float64Array(capacity)
    this.#end = new Float64Array(capacity)
  }

  /** Places an interval; returns its offset. */
  place({ bytes, from, to }: Interval): number {
    const [froms, tos, starts, ends, count] = [this.#from, this.#to, this.#offset, this.#end, this.#count]
    let offset = 0
    for (let j = 0; j < count; j++) {
      if (tos[j]! < from || froms[j]! > to) continue
      if (starts[j]! - offset >= bytes) break
      if (ends[j]! > offset) offset = ends[j]!
    }
    this.#insert(offset, bytes, from, to)
    return offset
  }

  #insert(offset: number, bytes: number, from: number, to: number): void {
    const at = lowerBound(this.#offset, this.#count, offset)
    for (const [fields, value] of [
      [this.#from, from],
      [this.#to, to],
      [this.#offset, offset],
      [this.#end, offset + bytes],
    ] as const) {
      fields.copyWithin(at + 1, at, this.#count)
      fields[at] = value
    }
    this.#count++
  }
}

/** Index of the first of `count` rising numbers that is at least `value`; `count` if there is none. */
function lowerBound(numbers: Float64Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
