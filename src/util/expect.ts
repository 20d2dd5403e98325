/**
 * Checks the arguments of public functions before use. The error names the argument and says what was expected, what
 * was found, and the remedy. The realm does not matter: bytes from another window or from a test's own context count as
 * bytes.
 */
import { ConfigError } from './errors.js'
import { nameHere } from './other-names.js'

/** A kind of value, and its name after "expected". */
export interface Kind<T = unknown> {
  readonly what: string
  fits(value: unknown): value is T
}

export function kind<T>(what: string, fits: (value: unknown) => boolean): Kind<T> {
  return { what, fits: fits as Kind<T>['fits'] }
}

export const text = kind<string>('a text', (value) => typeof value === 'string')
export const name = kind<string>('a text that is not empty', (value) => typeof value === 'string' && value !== '')
export const flag = kind<boolean>('true or false', (value) => typeof value === 'boolean')
export const callback = kind<(...args: never[]) => unknown>('a function', (value) => typeof value === 'function')
export const object = kind<object>('an object', isRecord)
/** An object of plain fields, such as options: no typed arrays, buffers or promises. */
export const options = kind<object>('an object of options', isPlain)
/** Any number. Other checks decide whether it is valid. */
export const number = kind<number>('a number', (value) => typeof value === 'number')
export const list = kind<readonly unknown[]>('a list', Array.isArray)
export const finite = kind<number>('a finite number', Number.isFinite)
export const map = kind<ReadonlyMap<string, unknown>>(
  'a Map',
  (value) =>
    isRecord(value) && [value.get, value.keys, value[Symbol.iterator]].every((one) => typeof one === 'function'),
)
export const signal = kind<AbortSignal>(
  'the signal of an AbortController',
  (value) => isRecord(value) && typeof value.aborted === 'boolean' && typeof value.throwIfAborted === 'function',
)

/** A whole number of at least `least`, and at most `most` if given. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  return kind(
    `a whole number ${range}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  )
}

/** A list whose entries all have one kind, for example `a list of texts`. */
export function listOf<T>(entry: Kind<T>, what: string): Kind<readonly T[]> {
  return kind(what, (value) => Array.isArray(value) && value.every((one) => entry.fits(one)))
}

/** One of some texts. */
export function oneOf<T extends string>(legal: readonly T[]): Kind<T> {
  return kind(`one of ${legal.join(', ')}`, (value) => legal.includes(value as T))
}

/** A list or typed array of numbers. */
export const numbers = kind<ArrayLike<number>>('a list of numbers', (value) => {
  if (isView(value)) return !/^(Data|Big)/.test(tagOf(value))
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
})

/** 32-bit floats of any realm. */
export const floats = kind<Float32Array>('a Float32Array', (value) => tagOf(value) === 'Float32Array')

/** Whole numbers of 32 bits, of any realm. */
export const integers = kind<Int32Array>('an Int32Array', (value) => tagOf(value) === 'Int32Array')

/** Kinds of fields by name. Fields of `optional` kinds may be left out. */
export type Fields = Readonly<Record<string, Kind>>

const mayBeLeftOut = new WeakSet<Kind>()

/** The same kind, or undefined. */
export function optional<T>(wanted: Kind<T>): Kind<T | undefined> {
  const either = kind<T | undefined>(wanted.what, (value) => value === undefined || wanted.fits(value))
  mayBeLeftOut.add(either)
  return either
}

/**
 * @param who the function and its argument, for example `classify: picture`
 * @throws ConfigError if the value is not of the kind
 */
export function expectKind<T>(value: unknown, who: string, wanted: Kind<T>): asserts value is T {
  if (!wanted.fits(value)) throw new ConfigError(`${who}: expected ${wanted.what}, got ${described(value)}`)
}

/**
 * Checks an object and its fields.
 * @param what name of the object and its source, for values of another kind
 * @throws ConfigError naming the argument, or the wrong field
 */
export function expectFields(value: unknown, who: string, what: string, fields: Fields): void {
  const wanted = Object.entries(fields)
  if (!isRecord(value) || wanted.some(([field, own]) => !mayBeLeftOut.has(own) && value[field] === undefined))
    throw new ConfigError(`${who}: expected ${what}, got ${described(value)}`)
  for (const [field, own] of wanted) expectKind(value[field], `${who}.${field}`, own)
}

/** Checks options of a function: an object whose fields may all be left out. */
export function expectOptions(value: unknown, who: string, fields: Fields = {}): void {
  expectKind(value, who, options)
  for (const field of Object.keys(value)) {
    const own = Object.hasOwn(fields, field) ? undefined : nameHere(field)
    if (own !== undefined) throw new ConfigError(`${who}.${shortName(field)}: unknown; the name here is ${own}`)
  }
  for (const [field, own] of Object.entries(fields))
    expectKind((value as Record<string, unknown>)[field], `${who}.${field}`, optional(own))
}

/**
 * Returns the bytes of a typed array, a view or an ArrayBuffer as bytes of this realm, without copying.
 * @throws ConfigError for anything else, with the remedy
 */
export function expectBytes(value: unknown, who: string, remedy: string): Uint8Array {
  const bytes = bytesOf(value)
  if (!bytes) throw new ConfigError(`${who}: expected bytes (a Uint8Array), got ${described(value)}; ${remedy}`)
  return bytes
}

/** Undefined for anything that holds no bytes. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  const isBuffer = /^(Shared)?ArrayBuffer$/.test(tagOf(value))
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : undefined
}

/** Returns floats of this realm, without copying. @throws ConfigError for anything else */
export function expectFloats(value: unknown, who: string): Float32Array {
  expectKind(value, who, floats)
  const given: Float32Array = value
  return given instanceof Float32Array ? given : floatsAt(given)
}

const floatsAt = ({ buffer, byteOffset, length }: Float32Array) => new Float32Array(buffer, byteOffset, length)

/** Whether a value has fields and is neither a list nor a function. */
export function isRecord(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A Blob or a File, of any realm. */
export function isBlob(value: unknown): value is Blob {
  return /^(Blob|File)$/.test(tagOf(value)) && typeof (value as Blob).arrayBuffer === 'function'
}

/** An address, of any realm. */
export function isUrl(value: unknown): value is URL {
  return tagOf(value) === 'URL' && typeof (value as URL).href === 'string'
}

const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value)

function isPlain(value: unknown): boolean {
  if (!isRecord(value) || bytesOf(value) || isBlob(value)) return false
  return typeof value.then !== 'function' && typeof value[Symbol.iterator] !== 'function'
}

/** The class name that a value states, which is the same in every realm. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Numbers of characters of a text, and of fields of an object, that are shown. */
const [LETTERS, NAMED] = [40, 4]

/** A description of a value after "got": short, in one line, with a remedy if there is one. */
export function described(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return shortText(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  const tag = tagOf(value)
  if (isView(value)) return `a ${tag} of ${'length' in value ? value.length : value.byteLength}`
  if (typeof (value as { then?: unknown }).then === 'function') return 'a Promise (await it first)'
  if (tag !== 'Object') return `${/^[AEIOU]/.test(tag) ? 'an' : 'a'} ${tag}`
  const fields = Object.keys(value)
  if (fields.length === 0) return 'an object without fields'
  return `an object with ${fields.slice(0, NAMED).map(shortName).join(', ')}${fields.length > NAMED ? ' …' : ''}`
}

function shortText(value: string): string {
  const safe = JSON.stringify(value.length > LETTERS ? `${value.slice(0, LETTERS)}…` : value)
  return safe.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '?')
}

const shortName = (field: string) => (/^\w{1,40}$/.test(field) ? field : shortText(field))
