/**
 * Random bits by place instead of by order: the number that belongs to (seed, step, row, element) is the hash of that
 * list, so that any part of it can be computed alone, by anybody, in any order. 32-bit whole numbers only.
 */

/** Mixes the bits of a 32-bit number, each into all: a permutation without visible pattern. */
function mix(word: number): number {
  let z = (word + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

/** The hash of a key, itself a hash or a seed, with one more whole number: in [0, 2^32). Both count modulo 2^32. */
export function hash32(key: number, word: number): number {
  return mix(key ^ mix(word))
}
