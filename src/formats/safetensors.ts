/**
 * Reads and writes safetensors files: eight bytes of header length, a JSON header with dtype, shape and place of each
 * tensor, then the data. It makes all checks of the format's reference implementation, so that a damaged file is
 * refused with a reason instead of being read as noise. It knows nothing of networks.
 */
import { Budget } from '../util/budget.js'
import { DataError } from '../util/errors.js'
import { expectBytes, expectFields, expectKind, listOf, map, numbers, object, text, whole } from '../util/expect.js'
import { parseJson } from '../util/json.js'
import { printable, shown } from '../util/printable.js'
import { elements, type Shape, shapeText } from '../util/shape.js'
import { decodeFloats, decodeIntegers, type ElementType, elementBytes, isFloat } from './elements.js'

export type SafetensorsDType = Uppercase<ElementType>

/** Element types that can be read. */
const types = new Map(
  Object.keys(elementBytes).map((type) => [type.toUpperCase() as SafetensorsDType, type as ElementType]),
)

export type TensorData = Float32Array | Int32Array | Uint8Array

/** A tensor in memory. Halves and doubles are read as 32-bit floats, I8, I16 and I64 as 32-bit integers, BOOL as bytes. */
export interface SafetensorsTensor {
  readonly shape: Shape
  readonly data: TensorData
}

/** The content of a safetensors file. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>
  /** Strings by name: the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

const LENGTH_BYTES = 8
const READ_FIRST = 'read the file first, for example with readFile(path)'
/** Ten times the header of a network of a thousand layers with its optimizer's state. */
const MAX_HEADER_BYTES = 1 << 25
/** The most dimensions of a tensor. */
const MAX_DIMENSIONS = 64

/**
 * Writes a file. Tensors come in the order of the map. The header is padded so that data begins at a multiple of 8
 * bytes.
 */
export function writeSafetensors(file: SafetensorsFile): Uint8Array {
  expectFile(file)
  const { tensors, metadata } = file
  const header: Record<string, unknown> = {}
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata
  let offset = 0
  for (const [name, { shape, data }] of tensors) {
    if (elements(shape) !== data.length)
      throw new DataError(`tensor ${name}: shape ${shapeText(shape)} does not hold ${data.length} elements`)
    const end = offset + data.byteLength
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, end] }
    offset = end
  }
  const encoded = new TextEncoder().encode(JSON.stringify(header))
  const headerBytes = Math.ceil(encoded.length / 8) * 8
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + offset)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true)
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes)
  bytes.set(encoded, LENGTH_BYTES)
  let at = LENGTH_BYTES + headerBytes
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** @throws ConfigError for anything but tensors and texts by name */
function expectFile(file: unknown): void {
  const what = 'a safetensors file, { tensors, metadata }'
  expectFields(file, 'writeSafetensors: file', what, { tensors: map, metadata: object })
  const { tensors, metadata } = file as SafetensorsFile
  const fields = { shape: listOf(whole(0), 'a list of whole numbers'), data: numbers }
  for (const [name, tensor] of tensors)
    expectFields(tensor, `writeSafetensors: tensor ${name}`, '{ shape, data }', fields)
  for (const [name, value] of Object.entries(metadata)) expectKind(value, `writeSafetensors: metadata.${name}`, text)
}

function dtypeOf(data: TensorData): SafetensorsDType {
  if (data instanceof Float32Array) return 'F32'
  return data instanceof Int32Array ? 'I32' : 'U8'
}

/**
 * Reads a file. `name` starts every error.
 * @throws DataError if the file is not a safetensors file, is cut short, or its header contradicts itself
 */
export function readSafetensors(file: Uint8Array, name = 'safetensors'): SafetensorsFile {
  const given = expectBytes(file, 'readSafetensors: file', READ_FIRST)
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength) // a Buffer's slice would not copy
  const budget = new Budget(name, bytes.length)
  const fail: Fail = (what) => budget.fail(what)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < LENGTH_BYTES) fail(`not a safetensors file: expected at least 8 bytes, got ${bytes.length}`)
  const declared = view.getBigUint64(0, true)
  if (declared > MAX_HEADER_BYTES)
    fail(
      `not a safetensors file: its first 8 bytes say that the header has ${declared} bytes, more than ${MAX_HEADER_BYTES}`,
    )
  const headerBytes = Number(declared)
  if (LENGTH_BYTES + headerBytes > bytes.length)
    fail(`cut short: the header has ${headerBytes} bytes, the file only ${bytes.length}; copy or download it again`)
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes), budget)
  const body = bytes.subarray(LENGTH_BYTES + headerBytes)

  const entries: [string, Entry][] = []
  let metadata: Record<string, string> = {}
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') metadata = metadataOf(value, fail)
    else {
      budget.name(key, 'a tensor')
      entries.push([key, entryOf(key, value, fail)])
    }
  }
  budget.tensors(entries.length)
  checkPlaces(entries, body.length, fail)
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [key, { type, shape, begin, end }] of entries) {
    const data = (isFloat(type) ? decodeFloats : decodeIntegers)(type, body.subarray(begin, end))
    tensors.set(key, { shape, data })
  }
  return { tensors, metadata }
}

type Fail = (what: string) => never

interface Entry {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function parseHeader(bytes: Uint8Array, budget: Budget): Record<string, unknown> {
  const noJson = (reason: string) => budget.fail(`not a safetensors file: its header is no JSON (${reason})`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return noJson('it is no UTF-8')
  }
  const header = parseJson(text, budget, noJson)
  return isRecord(header) ? header : budget.fail('not a safetensors file: its header is no JSON object')
}

function metadataOf(value: unknown, fail: Fail): Record<string, string> {
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== 'string'))
    fail('__metadata__ must hold strings by name')
  return value as Record<string, string>
}

function entryOf(name: string, value: unknown, fail: Fail): Entry {
  const who = `tensor ${printable(name)}`
  if (!isRecord(value)) return fail(`${who}: expected dtype, shape and data_offsets`)
  const { dtype, shape, data_offsets: offsets } = value
  const type = types.get(dtype as SafetensorsDType)
  if (!type) return fail(`${who}: dtype must be one of ${[...types.keys()].join(', ')}; got ${shown(dtype)}`)
  if (Array.isArray(shape) && shape.length > MAX_DIMENSIONS)
    return fail(`${who}: its shape has ${shape.length} dimensions, more than ${MAX_DIMENSIONS}`)
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fail(`${who}: shape must be a list of whole numbers, got ${shown(shape)}`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return fail(`${who}: data_offsets must be two whole numbers, got ${shown(offsets)}`)
  const [begin, end] = offsets as [number, number]
  const expected = elements(shape) * elementBytes[type]
  if (end - begin !== expected)
    fail(`${who}: ${dtype} of shape ${shapeText(shape)} takes ${expected} bytes, its data_offsets give ${end - begin}`)
  return { type, shape, begin, end }
}

/** Tensors must cover the data without holes and without overlap. */
function checkPlaces(entries: readonly [string, Entry][], bodyBytes: number, fail: Fail): void {
  let at = 0
  for (const [name, { begin, end }] of entries.toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) fail(`tensor ${printable(name)}: its data begins at byte ${begin}, expected ${at}`)
    at = end
  }
  if (at > bodyBytes)
    fail(`cut short: the tensors take ${at} bytes, the file holds ${bodyBytes}; copy or download it again`)
  if (at < bodyBytes) fail(`${bodyBytes - at} bytes follow the last tensor; the file is damaged`)
}
