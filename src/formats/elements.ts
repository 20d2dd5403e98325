/** Numbers as files hold them, little-endian, decoded to the floats that networks compute with. */

/** Bytes of a number, by its type. */
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
  const { buffer } = new Uint8Array(bytes) // a Buffer's slice would be no copy
  switch (type) {
    case 'f32':
      return new Float32Array(buffer)
    case 'f64':
      return Float32Array.from(new Float64Array(buffer))
    case 'f16':
      return Float32Array.from(new Uint16Array(buffer), halfToFloat)
    case 'bf16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half * 65536).buffer)
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
      return Int32Array.from(new BigInt64Array(buffer), Number)
    case 'i32':
      return new Int32Array(buffer)
    case 'i16':
      return Int32Array.from(new Int16Array(buffer))
    case 'i8':
      return Int32Array.from(new Int8Array(buffer))
    default:
      return copy
  }
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
