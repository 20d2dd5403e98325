/**
 * The stack machine that reads pickles without running them. It knows the classes and functions that it is given; a
 * name that it does not know becomes an inert record. Every value counts against the budget of the file. It knows
 * nothing of tensors.
 */
import type { Budget } from '../../util/budget.js'
import { Inert } from './inert.js'

/** A function that a file may call. Our code makes the result, never the file. */
export class Callable {
  readonly name: string
  readonly call: (args: readonly unknown[]) => unknown

  constructor(name: string, call: (args: readonly unknown[]) => unknown) {
    this.name = name
    this.call = call
  }
}

/** Cost in values of a looked-up name. Honest files name each once and refer back to it. */
const NAME_COST = 50
/** Cost in values of a text, besides its instruction. A net of a thousand layers has some ten thousand texts. */
const TEXT_COST = 15
/** The most bytes of a whole number. Honest ones have ten. */
const MOST_DIGITS = 1024
/** The most bytes of a text that is decoded letter by letter. */
const SHORT = 24

/** The names that a file may refer to. */
export interface PickleWorld {
  /** Classes and functions by `module name`; those that a file may call are `Callable`. */
  readonly globals: ReadonlyMap<string, unknown>
  /** Returns the object of a persistent id. */
  readonly persistent: (id: unknown) => unknown
  /** How often the file would have called each class or function that is not known, by its name. */
  readonly notRun: Map<string, number>
  /** Names the file in errors, and counts all values that are made. */
  readonly budget: Budget
}

const MARK = Symbol('mark')

/** The state of one reading; `opcodes` of `pickle.ts` move it. */
export class Machine {
  at: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #world: PickleWorld
  readonly #stack: unknown[] = []
  readonly #memo = new Map<number, unknown>()
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  constructor(bytes: Uint8Array, start: number, world: PickleWorld) {
    this.at = start
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#world = world
  }

  fail(what: string): never {
    return this.#world.budget.fail(what)
  }

  push(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#world.budget.containers()
    this.#stack.push(value)
  }

  pop(): unknown {
    if (this.#stack.length === 0) this.fail('damaged: the pickle takes a value that is not there')
    const value = this.#stack.pop()
    if (value === MARK) this.fail('damaged: the pickle takes a value that is not there')
    return value
  }

  top(): unknown {
    const value = this.pop()
    this.#stack.push(value)
    return value
  }

  mark(): void {
    this.#stack.push(MARK)
  }

  /** Takes all values above the last mark, and the mark. */
  popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark < 0) this.fail('damaged: the pickle has no mark where one is needed')
    const values = this.#stack.slice(mark + 1)
    this.#stack.length = mark
    this.#world.budget.values(values.length)
    return values
  }

  put(index: number): void {
    this.#memo.set(index, this.top())
  }

  memoize(): void {
    this.put(this.#memo.size)
  }

  get(index: number): void {
    if (!this.#memo.has(index)) this.fail(`damaged: the pickle refers to value ${index}, which it has not stored`)
    this.#stack.push(this.#memo.get(index))
  }

  /** Takes the bytes of an argument. */
  take(count: number): Uint8Array {
    if (!(count >= 0 && this.at + count <= this.#bytes.length))
      this.fail('cut short: the pickle ends in the middle; copy or download it again')
    this.at += count
    return this.#bytes.subarray(this.at - count, this.at)
  }

  byte(): number {
    return this.take(1)[0]!
  }

  short(): number {
    const at = this.at
    this.take(2)
    return this.#view.getUint16(at, true)
  }

  int(): number {
    const at = this.at
    this.take(4)
    return this.#view.getInt32(at, true)
  }

  unsigned(): number {
    return this.int() >>> 0
  }

  /** Takes a 64-bit length. */
  long(): number {
    const at = this.at
    this.take(8)
    return Number(this.#view.getBigUint64(at, true))
  }

  double(): number {
    const at = this.at
    this.take(8)
    return this.#view.getFloat64(at)
  }

  /** Takes the rest of the line, with its end. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at)
    if (end < 0) this.fail('cut short: the pickle ends in the middle; copy or download it again')
    const text = this.text(end - this.at)
    this.at = end + 1
    return text
  }

  text(count: number): string {
    this.#world.budget.values(TEXT_COST)
    if (count <= SHORT) {
      const short = this.#ascii(count)
      if (short !== undefined) return short
    }
    const bytes = this.take(count)
    try {
      return this.#utf8.decode(bytes)
    } catch {
      return this.fail('damaged: the pickle has a text that is no UTF-8')
    }
  }

  /**
   * Decodes a short text itself, because starting the decoder would take longer; undefined for letters beyond ASCII.
   */
  #ascii(count: number): string | undefined {
    if (!(count >= 0 && this.at + count <= this.#bytes.length)) return undefined
    let text = ''
    for (let i = this.at; i < this.at + count; i++) {
      const code = this.#bytes[i]!
      if (code >= 0x80) return undefined
      text += String.fromCharCode(code)
    }
    this.at += count
    return text
  }

  /** Takes a little-endian whole number of any length, in two's complement. */
  bigInt(count: number): number | bigint {
    if (count > MOST_DIGITS) this.fail(`refused: the pickle has a number of ${count} bytes, more than ${MOST_DIGITS}`)
    const bytes = this.take(count)
    let digits = '0x0'
    for (let i = count - 1; i >= 0; i--) digits += bytes[i]!.toString(16).padStart(2, '0')
    const value = BigInt.asIntN(8 * count, BigInt(digits))
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  /** Names a class or function. */
  global(module: unknown, name: unknown): void {
    const { budget, globals } = this.#world
    budget.values(NAME_COST)
    if (typeof module !== 'string' || typeof name !== 'string')
      this.fail('damaged: the pickle names a class by something that is no text')
    const full = `${module} ${name}`
    const known = globals.get(full)
    if (known !== undefined) {
      this.#stack.push(known)
      return
    }
    budget.name(full, 'a class')
    this.push(new Inert(`${module}.${name}`))
  }

  /** Takes a class or function and its arguments. One that is known makes a value; any other is only written down. */
  call(args: unknown): void {
    const callee = this.pop()
    if (callee instanceof Callable) {
      if (!Array.isArray(args)) this.fail(`damaged: ${callee.name} is called without a list of arguments`)
      this.push(callee.call(args))
      return
    }
    if (!(callee instanceof Inert)) this.fail('refused: it calls something that is no function')
    const { notRun, budget } = this.#world
    const { name } = callee
    notRun.set(name, (notRun.get(name) ?? 0) + 1)
    budget.containers() // its state
    this.push(new Inert(name, Array.isArray(args) ? args : [args]))
  }

  /**
   * Gives an object its state. Inert records keep it. Those that are known are whole without: the state of a dictionary
   * holds versions of PyTorch.
   */
  build(): void {
    const state = this.pop()
    const target = this.top()
    if (target instanceof Inert) this.#keep(target, state)
    else if (typeof target !== 'object' || target === null || Array.isArray(target))
      this.fail('refused: it sets the state of something that is no object')
  }

  /** A state is a dictionary, or a pair of one and of the slots, or anything else. */
  #keep(target: Inert, state: unknown): void {
    const parts = Array.isArray(state) && state.length === 2 ? state : [state]
    for (const part of parts) {
      if (!(part instanceof Map)) {
        if (part !== null) target.state.set('state', part)
        continue
      }
      this.#world.budget.values(part.size)
      for (const [key, value] of part) target.state.set(key, value)
    }
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top()
    if (items.length % 2 === 1) this.fail('damaged: the pickle sets a key without a value')
    const map = target instanceof Inert ? target.state : target
    if (!(map instanceof Map)) this.fail('damaged: the pickle sets items of something that is no dictionary')
    else for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
  }

  append(items: readonly unknown[]): void {
    const target = this.top()
    if (target instanceof Inert) for (const item of items) target.state.set(target.state.size, item)
    else if (!Array.isArray(target)) this.fail('damaged: the pickle appends to something that is no list')
    else for (const item of items) target.push(item)
  }

  persistent(): void {
    this.push(this.#world.persistent(this.pop()))
  }
}
