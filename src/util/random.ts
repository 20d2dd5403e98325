/**
 * Seeded random numbers: xoshiro128** seeded through splitmix32, in 32-bit integer arithmetic, so that a seed gives the
 * same numbers everywhere. A list of whole numbers, for example (seed, epoch, index), names a stream. Each user of
 * random numbers has its own stream, so no numbers depend on who asked first.
 */
import { ln } from './math.js'

function splitmix32(state: number): number {
  let z = (state + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

export class Random {
  #a: number
  #b: number
  #c: number
  #d: number
  #spare: number | undefined

  /** Makes the stream named by whole numbers. Equal lists give equal streams, others unrelated ones. */
  constructor(...key: readonly number[]) {
    let state = 0x6a09e667
    for (const part of key) {
      state = splitmix32(state ^ (part >>> 0))
      state = splitmix32(state ^ (Math.floor(part / 4294967296) >>> 0))
    }
    const next = () => {
      state = (state + 0x9e3779b9) | 0
      return splitmix32(state)
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next() | 1 // never all zero
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const s1 = this.#b
    let result = Math.imul(s1, 5)
    result = Math.imul((result << 7) | (result >>> 25), 9) >>> 0
    const t = s1 << 9
    this.#c ^= this.#a
    this.#d ^= s1
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result
  }

  /** A number in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.uint32() / 4294967296
  }

  /** A whole number in [0, n), without bias; 1 <= n <= 2^32. */
  below(n: number): number {
    const limit = 4294967296 - (4294967296 % n)
    for (;;) {
      const value = this.uint32()
      if (value < limit) return value % n
    }
  }

  /** A whole number in [low, high], both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** A normal deviate, mean 0, standard deviation 1 (Marsaglia's polar method). */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare
      this.#spare = undefined
      return value
    }
    for (;;) {
      const u = 2 * this.uniform() - 1
      const v = 2 * this.uniform() - 1
      const s = u * u + v * v
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * ln(s)) / s)
        this.#spare = v * factor
        return u * factor
      }
    }
  }

  /** Shuffles in place (Fisher-Yates). */
  shuffle<T extends { length: number; [index: number]: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = items[i]!
      items[i] = items[j]!
      items[j] = held
    }
    return items
  }
}
