/** Safetensors: what is written is read back, and damaged files are refused by name. */
import { describe, expect, test } from 'vitest'
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../../src/formats/safetensors.js'
import { DataError } from '../../src/util/errors.js'

/** A file from a header and the bytes of its data. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const one = (dtype: string, shape: number[], data: Uint8Array) =>
  readSafetensors(file({ x: { dtype, shape, data_offsets: [0, data.length] } }, data)).tensors.get('x')!

describe('round trip', () => {
  const tensors = new Map<string, SafetensorsTensor>([
    [
      'conv.weight',
      { shape: [2, 1, 1, 3], data: Float32Array.of(1, -0, 2.5, Number.NaN, Number.NEGATIVE_INFINITY, 1e-45) },
    ],
    ['labels', { shape: [2], data: Int32Array.of(-1, 2147483647) }],
    ['bytes', { shape: [3], data: Uint8Array.of(0, 128, 255) }],
    ['scalar', { shape: [], data: Float32Array.of(7) }],
    ['empty', { shape: [0, 4], data: new Float32Array(0) }],
  ])

  test('keeps tensors, their order and the metadata', () => {
    const bytes = writeSafetensors({ tensors, metadata: { format: '1', note: 'ä "quoted"' } })
    const read = readSafetensors(bytes)
    expect(read.metadata).toEqual({ format: '1', note: 'ä "quoted"' })
    expect([...read.tensors.keys()]).toEqual([...tensors.keys()])
    for (const [name, { shape, data }] of tensors) {
      expect(read.tensors.get(name)!.shape).toEqual(shape)
      expect(read.tensors.get(name)!.data).toEqual(data)
    }
    expect(writeSafetensors(read)).toEqual(bytes)
  })

  test('data begins at a multiple of 8 bytes', () => {
    const bytes = writeSafetensors({ tensors, metadata: {} })
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
  })

  test('reads from the middle of a larger buffer, and from a Buffer of Node, at any alignment', () => {
    const bytes = writeSafetensors({ tensors, metadata: {} })
    for (const offset of [0, 1, 3]) {
      const larger = Buffer.alloc(bytes.length + 8)
      larger.set(bytes, offset)
      const part = larger.subarray(offset, offset + bytes.length)
      expect(readSafetensors(part).tensors.get('labels')!.data).toEqual(Int32Array.of(-1, 2147483647))
    }
  })

  test('what is read does not share memory with the file', () => {
    const bytes = writeSafetensors({ tensors, metadata: {} })
    const { data } = readSafetensors(bytes).tensors.get('bytes')!
    bytes.fill(0)
    expect(data).toEqual(Uint8Array.of(0, 128, 255))
  })

  test('a shape that does not hold the data is refused', () => {
    expect(() =>
      writeSafetensors({ tensors: new Map([['x', { shape: [3], data: Float32Array.of(1) }]]), metadata: {} }),
    ).toThrow('tensor x: shape 3 does not hold 1 elements')
  })
})

describe('other element types', () => {
  const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

  test('halves', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0x3555)
    const { data } = one('F16', [10], bytesOf(halves))
    expect(data).toEqual(
      Float32Array.of(1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -Infinity, -0, 0.333251953125),
    )
    expect(one('F16', [1], bytesOf(Uint16Array.of(0x7e00))).data[0]).toBeNaN()
  })

  test('brain floats, doubles and integers', () => {
    expect(one('BF16', [3], bytesOf(Uint16Array.of(0x3f80, 0xc000, 0x7f80))).data).toEqual(
      Float32Array.of(1, -2, Infinity),
    )
    expect(one('F64', [2], bytesOf(Float64Array.of(0.1, -3))).data).toEqual(Float32Array.of(0.1, -3))
    expect(one('I64', [2], bytesOf(BigInt64Array.of(-5n, 7n))).data).toEqual(Int32Array.of(-5, 7))
    expect(one('I16', [2], bytesOf(Int16Array.of(-5, 7))).data).toEqual(Int32Array.of(-5, 7))
    expect(one('I8', [2], bytesOf(Int8Array.of(-5, 7))).data).toEqual(Int32Array.of(-5, 7))
    expect(one('BOOL', [2], Uint8Array.of(0, 1)).data).toEqual(Uint8Array.of(0, 1))
  })
})

describe('damaged files', () => {
  const x = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
  const data = new Uint8Array(8)
  const huge = new Uint8Array(8).fill(255)

  test.each<[string, Uint8Array, string]>([
    ['too short', new Uint8Array(5), 'not a safetensors file: expected at least 8 bytes, got 5'],
    ['a header of many bytes', huge, 'its first 8 bytes say that the header has 18446744073709551615 bytes'],
    [
      'a header cut short',
      file({ x }).subarray(0, 20),
      'cut short: the header has 54 bytes, the file only 20; copy or download it again',
    ],
    ['no JSON', file('{"x":'), 'not a safetensors file: its header is no JSON ('],
    ['no object', file('[1]'), 'not a safetensors file: its header is no JSON object'],
    ['a tensor without facts', file({ x: 3 }), 'tensor x: expected dtype, shape and data_offsets'],
    [
      'an unknown dtype',
      file({ x: { ...x, dtype: 'F8' } }, data),
      'tensor x: dtype must be one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL; got "F8"',
    ],
    ['a prototype as dtype', file({ x: { ...x, dtype: 'toString' } }, data), 'tensor x: dtype must be one of'],
    [
      'a negative shape',
      file({ x: { ...x, shape: [-2] } }, data),
      'tensor x: shape must be a list of whole numbers, got [-2]',
    ],
    [
      'a shape that is none',
      file({ x: { ...x, shape: '2' } }, data),
      'tensor x: shape must be a list of whole numbers, got "2"',
    ],
    [
      'three offsets',
      file({ x: { ...x, data_offsets: [0, 4, 8] } }, data),
      'tensor x: data_offsets must be two whole numbers, got [0,4,8]',
    ],
    [
      'offsets of another size',
      file({ x: { ...x, data_offsets: [0, 4] } }, data),
      'tensor x: F32 of shape 2 takes 8 bytes, its data_offsets give 4',
    ],
    [
      'a hole',
      file({ x: { ...x, data_offsets: [4, 12] } }, new Uint8Array(12)),
      'tensor x: its data begins at byte 4, expected 0',
    ],
    [
      'an overlap',
      file({ x, y: { ...x, data_offsets: [4, 12] } }, new Uint8Array(12)),
      'tensor y: its data begins at byte 4, expected 8',
    ],
    [
      'data cut short',
      file({ x }, new Uint8Array(7)),
      'cut short: the tensors take 8 bytes, the file holds 7; copy or download it again',
    ],
    ['data too long', file({ x }, new Uint8Array(9)), '1 bytes follow the last tensor; the file is damaged'],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), '__metadata__ must hold strings by name'],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'net.safetensors')).toThrow(DataError)
    expect(() => readSafetensors(bytes, 'net.safetensors')).toThrow(`net.safetensors: `)
    expect(() => readSafetensors(bytes, 'net.safetensors')).toThrow(message)
  })
})
