/**
 * Messages as bytes, for wires that carry no objects: the length of a JSON text, the text, and the numbers of its typed
 * arrays, each aligned to 8 bytes. Numbers that JSON lacks, such as NaN, are words in it.
 */

type Numbers = Uint8Array | Float32Array | Int32Array | Float64Array
const kinds = { Uint8Array, Float32Array, Int32Array, Float64Array } as const
type Kind = keyof typeof kinds

/** The mark of an array in the text. */
interface Reference {
  readonly $array: Kind
  readonly at: number
  readonly length: number
}

/** The mark of a number that is not finite. */
interface Word {
  readonly $number: string
}

const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8
const kindOf = (value: unknown): Kind | undefined =>
  (Object.keys(kinds) as Kind[]).find((kind) => value instanceof kinds[kind])

export function encode(message: unknown): Uint8Array {
  const arrays: { readonly at: number; readonly data: Numbers }[] = []
  let end = 0
  const text = JSON.stringify(message, (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) } satisfies Word
    const kind = kindOf(value)
    if (!kind) return value
    const data = value as Numbers
    const reference: Reference = { $array: kind, at: end, length: data.length }
    arrays.push({ at: end, data })
    end += aligned(data.byteLength)
    return reference
  })
  const json = new TextEncoder().encode(text)
  const start = aligned(4 + json.length)
  const bytes = new Uint8Array(start + end)
  new DataView(bytes.buffer).setUint32(0, json.length, true)
  bytes.set(json, 4)
  for (const { at, data } of arrays)
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + at)
  return bytes
}

/** @throws RangeError or SyntaxError if the bytes are not a message */
export function decode(message: Uint8Array): unknown {
  const bytes = new Uint8Array(message) // a copy, because views need it at the start of its buffer
  const length = new DataView(bytes.buffer).getUint32(0, true)
  const start = aligned(4 + length)
  const text = new TextDecoder().decode(bytes.subarray(4, 4 + length))
  return JSON.parse(text, (_, value: unknown) => {
    if (isWord(value)) return Number(value.$number)
    if (!isReference(value)) return value
    const Numbers = kinds[value.$array]
    return new Numbers(
      bytes.buffer.slice(start + value.at, start + value.at + value.length * Numbers.BYTES_PER_ELEMENT),
    )
  })
}

const isWord = (value: unknown): value is Word => typeof value === 'object' && value !== null && '$number' in value

function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && value !== null && '$array' in value && Object.hasOwn(kinds, String(value.$array))
}
