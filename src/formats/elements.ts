/** Decodes little-endian numbers from files to the floats that networks compute with. */

/** Bytes per number, by type. */
export const elementBytes = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
} as const

export type ElementType = keyof typeof elementBytes

/** Whether a type holds floats, of any width. */
export function isFloat(type: ElementType): boolean {
  return type.includes('f')
}

/** @param bytes a whole number of floats, of any alignment; they are copied */
export function decodeFloats(type: ElementType, bytes: Uint8Array): Float32Array {
  const { buffer } = new Uint8Array(bytes) // a Buffer's slice would not copy
  switch (type) {
    case 'f32':
      return new Float32Array(buffer)
    case 'f64':
      return new Float32Array(new Float64Array(buffer))
    case 'f16':
      return widened(new Uint16Array(buffer), halfToFloat)
    case 'bf16':
      return widened(new Uint16Array(buffer), (half) => half << 16)
    default:
      throw new TypeError(`${type} holds no floats`)
  }
}

/** @param bytes a whole number of integers, of any alignment; they are copied. 64 bits keep the low 32. */
export function decodeIntegers(type: ElementType, bytes: Uint8Array): Int32Array | Uint8Array {
  const copy = new Uint8Array(bytes)
  const { buffer } = copy
  switch (type) {
    case 'i64':
      return lowHalves(new Int32Array(buffer))
    case 'i32':
      return new Int32Array(buffer)
    case 'i16':
      return new Int32Array(new Int16Array(buffer))
    case 'i8':
      return new Int32Array(new Int8Array(buffer))
    default:
      return copy
  }
}

function lowHalves(words: Int32Array): Int32Array {
  const numbers = new Int32Array(words.length / 2)
  for (let i = 0; i < numbers.length; i++) numbers[i] = words[2 * i]!
  return numbers
}

/** Converts 16-bit to 32-bit floats by a rule on their bits. A plain loop, fast enough for files of half a gigabyte. */
function widened(halves: Uint16Array, bits: (half: number) => number): Float32Array {
  const words = new Int32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = bits(halves[i]!)
  return new Float32Array(words.buffer)
}

/**
 * Converts IEEE 754 binary16 (1 sign bit, 5 exponent bits with bias 15, 10 fraction bits) to binary32 (8 exponent bits,
 * bias 127).
 */
function halfToFloat(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  const places = Math.clz32(fraction) - 21 // moves its first bit to the place before the point
  return sign | ((113 - places) << 23) | (((fraction << places) & 0x3ff) << 13)
}
