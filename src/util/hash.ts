/**
 * Random bits by place instead of by order. The number of (seed, step, row, element) is the hash of that list, so any
 * part can be computed alone, on any machine, in any order. It uses 32-bit whole numbers only.
 */

/** Mixes each bit of a 32-bit number into all others: a permutation without visible pattern. */
function mix(word: number): number {
  let z = (word + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

/** The hash of a key, itself a hash or a seed, and one more whole number: in [0, 2^32). Both are taken modulo 2^32. */
export function hash32(key: number, word: number): number {
  return mix(key ^ mix(word))
}
