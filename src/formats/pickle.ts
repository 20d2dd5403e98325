/**
 * Reads pickles without running them. Python's pickles are programs for a stack machine. This machine knows only the
 * opcodes that build plain data, and only the classes and functions that it is given. Any other opcode or name ends the
 * reading with an error that names it. Every value counts against the budget of the file. It knows nothing of tensors.
 */
import type { Budget } from '../util/budget.js'
import { printable } from '../util/printable.js'

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
/** Cost in values of a text, besides its instruction. */
const TEXT_COST = 4
/** The most bytes of a text that is decoded letter by letter. */
const SHORT = 24

/** The names that a file may refer to. */
export interface PickleWorld {
  /** Classes and functions by `module name`; those that a file may call are `Callable`. */
  readonly globals: ReadonlyMap<string, unknown>
  /** Returns the object of a persistent id. */
  readonly persistent: (id: unknown) => unknown
  /** Names the file in errors, and counts all values that are made. */
  readonly budget: Budget
}

/**
 * Reads the pickle that begins at byte `start`; returns its value and the byte after it. Dictionaries become maps,
 * lists and tuples arrays, None null, bytes byte arrays. Whole numbers that floats cannot hold become bigints.
 */
export function unpickle(bytes: Uint8Array, start: number, world: PickleWorld): { value: unknown; end: number } {
  const machine = new Machine(bytes, start, world)
  const value = machine.run()
  return { value, end: machine.at }
}

const MARK = Symbol('mark')
const LATEST_PROTOCOL = 5

class Machine {
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

  /** Runs up to the opcode that ends the pickle. */
  run(): unknown {
    for (;;) {
      this.#world.budget.values()
      const place = this.at
      const code = this.byte()
      if (code === STOP) return this.pop()
      const opcode = opcodes.get(code)
      if (!opcode) this.fail(`the pickle has the opcode ${opcodeName(code)} at byte ${place}, which is refused`)
      opcode(this)
    }
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
    const bytes = this.take(count)
    let digits = '0x0'
    for (let i = count - 1; i >= 0; i--) digits += bytes[i]!.toString(16).padStart(2, '0')
    const value = BigInt.asIntN(8 * count, BigInt(digits))
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  global(module: unknown, name: unknown): void {
    this.#world.budget.values(NAME_COST)
    const full = `${text(module)} ${text(name)}`
    if (!this.#world.globals.has(full))
      this.fail(
        `refused: it asks for ${printable(full.replace(' ', '.'), 100)}, but only tensors and plain containers are read, ` +
          'and code is never run; save the weights alone, in PyTorch: torch.save(model.state_dict(), path)',
      )
    this.#stack.push(this.#world.globals.get(full))
  }

  reduce(): void {
    const args = this.pop()
    const callee = this.pop()
    if (!(callee instanceof Callable)) this.fail('refused: it calls something that is no function')
    if (!Array.isArray(args)) this.fail(`damaged: ${callee.name} is called without a list of arguments`)
    this.push(callee.call(args))
  }

  /** Ignores the state of an object: only its contents are needed here. */
  build(): void {
    this.pop()
    if (!(this.top() instanceof Map)) this.fail('refused: it sets the state of something that is no dictionary')
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top()
    if (items.length % 2 === 1) this.fail('damaged: the pickle sets a key without a value')
    if (!(target instanceof Map)) this.fail('damaged: the pickle sets items of something that is no dictionary')
    else for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1])
  }

  append(items: readonly unknown[]): void {
    const target = this.top()
    if (!Array.isArray(target)) this.fail('damaged: the pickle appends to something that is no list')
    else for (const item of items) target.push(item)
  }

  persistent(): void {
    this.push(this.#world.persistent(this.pop()))
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'something without a name'
}

const STOP = 0x2e

/** Names of opcodes that are often refused, for errors. */
const refused = new Map(
  Object.entries({ i: 'INST', o: 'OBJ', P: 'PERSID', '\x81': 'NEWOBJ', '\x92': 'NEWOBJ_EX' }).concat([
    ['\x82', 'EXT1'],
    ['\x83', 'EXT2'],
    ['\x84', 'EXT4'],
    ['\x97', 'NEXT_BUFFER'],
  ]),
)

function opcodeName(code: number): string {
  const hex = `0x${code.toString(16).padStart(2, '0')}`
  const name = refused.get(String.fromCharCode(code))
  return name ? `${name} (${hex})` : hex
}

/** The known opcodes, by their byte. [Python's Lib/pickletools.py describes them] */
const opcodes: ReadonlyMap<number, (machine: Machine) => void> = new Map(
  Object.entries<(m: Machine) => void>({
    '\x80': (m) => {
      const protocol = m.byte()
      if (protocol > LATEST_PROTOCOL) m.fail(`the pickle has protocol ${protocol}, expected at most ${LATEST_PROTOCOL}`)
    },
    '\x95': (m) => void m.take(8), // FRAME: the number of bytes that follow, for readers of streams
    '(': (m) => m.mark(),
    '0': (m) => void m.pop(),
    N: (m) => m.push(null),
    '\x88': (m) => m.push(true),
    '\x89': (m) => m.push(false),
    J: (m) => m.push(m.int()),
    K: (m) => m.push(m.byte()),
    M: (m) => m.push(m.short()),
    '\x8a': (m) => m.push(m.bigInt(m.byte())),
    G: (m) => m.push(m.double()),
    X: (m) => m.push(m.text(m.unsigned())),
    '\x8c': (m) => m.push(m.text(m.byte())),
    '\x8d': (m) => m.push(m.text(m.long())),
    T: (m) => m.push(m.text(m.unsigned())), // texts of Python 2
    U: (m) => m.push(m.text(m.byte())),
    B: (m) => m.push(m.take(m.unsigned()).slice()),
    C: (m) => m.push(m.take(m.byte()).slice()),
    '}': (m) => m.push(new Map()),
    ']': (m) => m.push([]),
    ')': (m) => m.push([]),
    t: (m) => m.push(m.popToMark()),
    l: (m) => m.push(m.popToMark()),
    d: (m) => {
      const items = m.popToMark()
      m.push(new Map())
      m.setItems(items)
    },
    '\x85': (m) => m.push([m.pop()]),
    '\x86': (m) => {
      const second = m.pop()
      m.push([m.pop(), second])
    },
    '\x87': (m) => {
      const third = m.pop()
      const second = m.pop()
      m.push([m.pop(), second, third])
    },
    s: (m) => {
      const value = m.pop()
      const key = m.pop()
      m.setItems([key, value])
    },
    u: (m) => m.setItems(m.popToMark()),
    a: (m) => m.append([m.pop()]),
    e: (m) => m.append(m.popToMark()),
    q: (m) => m.put(m.byte()),
    r: (m) => m.put(m.unsigned()),
    '\x94': (m) => m.memoize(),
    h: (m) => m.get(m.byte()),
    j: (m) => m.get(m.unsigned()),
    c: (m) => {
      const module = m.line()
      m.global(module, m.line())
    },
    '\x93': (m) => {
      const name = m.pop()
      m.global(m.pop(), name)
    },
    R: (m) => m.reduce(),
    b: (m) => m.build(),
    Q: (m) => m.persistent(),
  }).map(([letter, work]) => [letter.charCodeAt(0), work]),
)
