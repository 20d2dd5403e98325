/**
 * Writes protocol buffers: the three kinds of fields that ONNX models use. Large byte arrays are passed on and copied
 * only once, at the end. [protobuf.dev/programming-guides/encoding]
 */

/** A part of a message, as pieces of bytes. */
export interface Encoded {
  readonly size: number
  readonly pieces: readonly Uint8Array[]
}

const VARINT = 0
const BYTES = 2
const FIXED32 = 5

/** A message from its fields in order. */
export function message(...fields: readonly Encoded[]): Encoded {
  return {
    size: fields.reduce((sum, { size }) => sum + size, 0),
    pieces: fields.flatMap(({ pieces }) => pieces),
  }
}

/** A whole number from 0, or the same field once for each of a list. */
export function integer(field: number, ...values: readonly number[]): Encoded {
  return piece(values.flatMap((value) => [...varint(field * 8 + VARINT), ...varint(value)]))
}

/** A 32-bit float. */
export function float(field: number, value: number): Encoded {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return piece([...varint(field * 8 + FIXED32), ...bytes])
}

/** A text, bytes, or a nested message; or several of them. */
export function part(field: number, ...values: readonly (string | Uint8Array | Encoded)[]): Encoded {
  return message(
    ...values.map((value) => {
      const inner = typeof value === 'string' ? whole(new TextEncoder().encode(value)) : value
      const encoded = inner instanceof Uint8Array ? whole(inner) : inner
      return message(piece([...varint(field * 8 + BYTES), ...varint(encoded.size)]), encoded)
    }),
  )
}

/** Joins all bytes of a message. */
export function joined({ size, pieces }: Encoded): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

function whole(bytes: Uint8Array): Encoded {
  return { size: bytes.length, pieces: [bytes] }
}

function piece(bytes: readonly number[]): Encoded {
  return whole(Uint8Array.from(bytes))
}

/** Encodes seven bits per byte, the lowest first. The highest bit of a byte says whether more follow. */
function varint(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`a whole number from 0 expected, got ${value}`)
  const bytes: number[] = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return [...bytes, value]
}
