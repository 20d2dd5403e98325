/**
 * Parses the Python version of the CIFAR sets: pickles of a dictionary with an array of bytes and a list of labels. A
 * machine of the few opcodes that such files need makes plain data, and nothing in a file is run. Weights have a reader
 * of their own, which knows tensors and no texts of Python 2 that are bytes.
 */
import { Budget } from '../../util/budget.js'
import { DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import type { Pictures } from '../dataset.js'
import type { CifarLayout, NamedBytes } from './cifar.js'

const PIXELS = 3072

/** An array of NumPy: only its type and its bytes are kept. */
class ByteArray {
  type = ''
  data: Uint8Array = new Uint8Array(0)
}

/** A function or class of Python that these files name. */
class Name {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const MARK = Symbol('mark')
const known = new Map<string, string>([
  ['numpy.core.multiarray _reconstruct', 'reconstruct'],
  ['numpy._core.multiarray _reconstruct', 'reconstruct'],
  ['numpy.core.numeric _frombuffer', 'frombuffer'],
  ['numpy._core.numeric _frombuffer', 'frombuffer'],
  ['numpy ndarray', 'ndarray'],
  ['numpy dtype', 'dtype'],
  ['_codecs encode', 'encode'],
])

class Machine {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #budget: Budget
  readonly #stack: unknown[] = []
  readonly #memo = new Map<number, unknown>()
  #at = 0

  constructor(bytes: Uint8Array, budget: Budget) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#budget = budget
  }

  run(): unknown {
    for (;;) {
      this.#budget.values()
      const code = String.fromCharCode(this.#take(1)[0]!)
      if (code === '.') return this.#pop()
      this.#step(code)
    }
  }

  #fail(): never {
    return this.#budget.fail('the pickle is damaged, or not one of CIFAR; download it again')
  }

  #take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) this.#budget.fail('the pickle is cut short; download it again')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  #number(bytes: 1 | 2 | 4 | 8): number {
    const at = this.#at
    this.#take(bytes)
    if (bytes === 1) return this.#view.getUint8(at)
    if (bytes === 2) return this.#view.getUint16(at, true)
    return bytes === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true))
  }

  /** Bytes become a text, letter by letter, if they are short and printable; else they stay bytes. */
  #string(count: number): string | Uint8Array {
    const bytes = this.#take(count)
    return count <= 256 && bytes.every((byte) => byte >= 32 && byte < 127) ? String.fromCharCode(...bytes) : bytes
  }

  #utf8(count: number): string {
    return new TextDecoder().decode(this.#take(count))
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at)
    if (end < 0 || end - this.#at > 200) this.#fail()
    const line = this.#utf8(end - this.#at)
    this.#at = end + 1
    return line
  }

  #push(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#budget.containers()
    this.#stack.push(value)
  }

  #pop(): unknown {
    const value = this.#stack.length === 0 ? MARK : this.#stack.pop()
    return value === MARK ? this.#fail() : value
  }

  #top(): unknown {
    const value = this.#pop()
    this.#stack.push(value)
    return value
  }

  #toMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark < 0) this.#fail()
    const values = this.#stack.splice(mark + 1)
    this.#stack.pop()
    this.#budget.values(values.length)
    return values
  }

  #tuple(count: number): void {
    const values: unknown[] = []
    for (let i = 0; i < count; i++) values.unshift(this.#pop())
    this.#push(values)
  }

  #global(module: unknown, name: unknown): void {
    const text = `${String(module)} ${String(name)}`
    const found = known.get(text)
    if (found === undefined)
      this.#budget.fail(
        `refused: it asks for ${printable(text.replace(' ', '.'))}, which no file of CIFAR needs; code is never run`,
      )
    this.#push(new Name(found!))
  }

  #items(values: readonly unknown[]): void {
    const target = this.#top()
    if (!(target instanceof Map) || values.length % 2 === 1) this.#fail()
    for (let i = 0; i < values.length; i += 2) (target as Map<unknown, unknown>).set(values[i], values[i + 1])
  }

  #append(values: readonly unknown[]): void {
    const target = this.#top()
    if (!Array.isArray(target)) this.#fail()
    for (const value of values) (target as unknown[]).push(value)
  }

  #call(): void {
    const args = this.#pop()
    const callee = this.#pop()
    if (!(callee instanceof Name) || !Array.isArray(args)) this.#fail()
    const [first, second] = args as unknown[]
    const { text } = callee as Name
    if (text === 'reconstruct') this.#push(new ByteArray())
    else if (text === 'dtype') this.#push(new Name(`dtype ${String(first).slice(0, 8)}`))
    else if (text === 'encode' && typeof first === 'string') {
      this.#budget.bytes(first.length)
      this.#push(Uint8Array.from(first, (letter) => letter.charCodeAt(0)))
    } else if (text === 'frombuffer' && first instanceof Uint8Array) this.#push(arrayOf(second, first))
    else this.#fail()
  }

  /** The state of an array is (version, shape, type, order, bytes); that of a type is passed over. */
  #build(): void {
    const state = this.#pop()
    const target = this.#top()
    if (target instanceof ByteArray && Array.isArray(state)) {
      const [, , type, , data] = state as unknown[]
      const made = arrayOf(type, data instanceof Uint8Array ? data : new Uint8Array(0))
      target.type = made.type
      target.data = made.data
    } else if (!(target instanceof Name)) this.#fail()
  }

  #step(code: string): void {
    const memo = (index: number) => void this.#memo.set(index, this.#top())
    const get = (index: number) => {
      if (!this.#memo.has(index)) this.#fail()
      this.#stack.push(this.#memo.get(index))
    }
    const push = (value: unknown) => this.#push(value)
    const steps: Readonly<Record<string, () => void>> = {
      '\x80': () => void this.#take(1),
      '\x95': () => void this.#take(8),
      '(': () => void this.#stack.push(MARK),
      N: () => push(null),
      '\x88': () => push(true),
      '\x89': () => push(false),
      K: () => push(this.#number(1)),
      M: () => push(this.#number(2)),
      J: () => push(this.#number(4) | 0),
      '\x8a': () => push(this.#take(this.#number(1))[0] ?? 0),
      U: () => push(this.#string(this.#number(1))),
      T: () => push(this.#string(this.#number(4))),
      C: () => push(this.#string(this.#number(1))),
      B: () => push(this.#string(this.#number(4))),
      '\x8e': () => push(this.#string(this.#number(8))),
      '\x96': () => push(this.#string(this.#number(8))),
      X: () => push(this.#utf8(this.#number(4))),
      '\x8c': () => push(this.#utf8(this.#number(1))),
      '\x8d': () => push(this.#utf8(this.#number(8))),
      '}': () => push(new Map()),
      ']': () => push([]),
      ')': () => push([]),
      t: () => push(this.#toMark()),
      '\x85': () => this.#tuple(1),
      '\x86': () => this.#tuple(2),
      '\x87': () => this.#tuple(3),
      s: () => {
        const value = this.#pop()
        this.#items([this.#pop(), value])
      },
      u: () => this.#items(this.#toMark()),
      a: () => this.#append([this.#pop()]),
      e: () => this.#append(this.#toMark()),
      q: () => memo(this.#number(1)),
      r: () => memo(this.#number(4)),
      '\x94': () => memo(this.#memo.size),
      h: () => get(this.#number(1)),
      j: () => get(this.#number(4)),
      c: () => {
        const module = this.#line()
        this.#global(module, this.#line())
      },
      '\x93': () => {
        const name = this.#pop()
        this.#global(this.#pop(), name)
      },
      R: () => this.#call(),
      b: () => this.#build(),
    }
    const step = Object.hasOwn(steps, code) ? steps[code] : undefined
    if (!step)
      this.#budget.fail(
        `refused: the pickle has the opcode 0x${code.charCodeAt(0).toString(16)}, which no file of CIFAR needs`,
      )
    step!()
  }
}

function arrayOf(type: unknown, data: Uint8Array): ByteArray {
  const made = new ByteArray()
  made.type = type instanceof Name ? type.text : ''
  made.data = data
  return made
}

/**
 * Parses the pictures of one or more files, in order, or the first `limit` of them.
 * @throws DataError for a file that is damaged, asks for code, or holds no pictures of the set
 */
export function parseCifarPython(
  layout: CifarLayout,
  files: readonly NamedBytes[],
  limit = Number.POSITIVE_INFINITY,
): Pictures<Uint8Array> {
  const parts = files.map(({ source, bytes }) => partOf(layout, source, bytes))
  const count = Math.min(
    limit,
    parts.reduce((sum, { labels }) => sum + labels.length, 0),
  )
  const pixels = new Uint8Array(count * PIXELS)
  const labels = new Uint8Array(count)
  let at = 0
  for (const part of parts) {
    const taken = Math.min(part.labels.length, count - at)
    pixels.set(part.data.subarray(0, taken * PIXELS), at * PIXELS)
    labels.set(part.labels.slice(0, taken), at)
    at += taken
  }
  return { count, channels: 3, height: 32, width: 32, pixels, labels }
}

function partOf({ title, classes, labelBytes }: CifarLayout, source: string, bytes: Uint8Array) {
  const value = new Machine(bytes, new Budget(source, bytes.length)).run()
  const key = labelBytes === 1 ? 'labels' : 'fine_labels'
  const [array, labels] = value instanceof Map ? [value.get('data'), value.get(key)] : []
  const wrong = (what: string) =>
    new DataError(`${source}: ${what}; expected a file of ${title} in its Python version, with data and ${key}`)
  if (!(array instanceof ByteArray) || !Array.isArray(labels)) throw wrong('holds no pictures with labels')
  if (!/u1|uint8|B/.test(array.type) || array.data.length !== labels.length * PIXELS || labels.length === 0)
    throw wrong(`has ${array.data.length} bytes of pixels for ${labels.length} labels`)
  labels.forEach((label: unknown, i) => {
    if (!(typeof label === 'number' && label >= 0 && label < classes.length))
      throw wrong(`picture ${i} has the label ${typeof label === 'number' ? label : 'of another kind'}`)
  })
  return { data: array.data, labels: labels as number[] }
}
