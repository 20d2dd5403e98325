/**
 * Reads pickles without running them. Python's pickles are programs for a stack machine. The machine here knows the
 * opcodes that build plain data. Calls are never made: see `machine.ts`.
 */
import { Machine, type PickleWorld } from './machine.js'

const LATEST_PROTOCOL = 5

/**
 * Reads the pickle that begins at byte `start`; returns its value and the byte after it. Dictionaries become maps,
 * lists, tuples and sets arrays, None null, bytes byte arrays. Whole numbers that floats cannot hold become bigints,
 * objects of unknown classes inert records.
 */
export function unpickle(bytes: Uint8Array, start: number, world: PickleWorld): { value: unknown; end: number } {
  const machine = new Machine(bytes, start, world)
  for (;;) {
    world.budget.values()
    const place = machine.at
    const code = machine.byte()
    if (code === STOP) return { value: machine.pop(), end: machine.at }
    const opcode = opcodes.get(code)
    if (!opcode) return machine.fail(`the pickle has the opcode ${opcodeName(code)} at byte ${place}, which is refused`)
    opcode(machine)
  }
}

/** A number of the oldest protocol, in decimal digits; 00 and 01 are false and true. */
function decimal(machine: Machine): number | bigint | boolean {
  const line = machine.line()
  if (line === '00' || line === '01') return line === '01'
  const number = Number(line.replace(/L$/, ''))
  if (!/^[+-]?\d{1,400}L?$/.test(line)) machine.fail('damaged: the pickle has a number that is none')
  return Number.isSafeInteger(number) ? number : BigInt(line.replace(/^\+|L$/g, ''))
}

const STOP = 0x2e

/** Names of opcodes that are refused: their values stand outside the file. */
const refused = new Map([
  ['P', 'PERSID'],
  ['\x82', 'EXT1'],
  ['\x83', 'EXT2'],
  ['\x84', 'EXT4'],
  ['\x97', 'NEXT_BUFFER'],
])

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
    '1': (m) => void m.popToMark(),
    '2': (m) => m.push(m.top()),
    I: (m) => m.push(decimal(m)),
    L: (m) => m.push(decimal(m)),
    F: (m) => m.push(Number(m.line())),
    S: (m) => m.push(m.line().replace(/^(['"])(.*)\1$/s, '$2')),
    V: (m) => m.push(m.line()),
    p: (m) => m.put(Number(m.line())),
    g: (m) => m.get(Number(m.line())),
    N: (m) => m.push(null),
    '\x88': (m) => m.push(true),
    '\x89': (m) => m.push(false),
    J: (m) => m.push(m.int()),
    K: (m) => m.push(m.byte()),
    M: (m) => m.push(m.short()),
    '\x8a': (m) => m.push(m.bigInt(m.byte())),
    '\x8b': (m) => m.push(m.bigInt(m.unsigned())),
    G: (m) => m.push(m.double()),
    X: (m) => m.push(m.text(m.unsigned())),
    '\x8c': (m) => m.push(m.text(m.byte())),
    '\x8d': (m) => m.push(m.text(m.long())),
    T: (m) => m.push(m.text(m.unsigned())), // texts of Python 2
    U: (m) => m.push(m.text(m.byte())),
    B: (m) => m.push(m.take(m.unsigned()).slice()),
    C: (m) => m.push(m.take(m.byte()).slice()),
    '\x8e': (m) => m.push(m.take(m.long()).slice()),
    '\x96': (m) => m.push(m.take(m.long()).slice()),
    '}': (m) => m.push(new Map()),
    ']': (m) => m.push([]),
    '\x8f': (m) => m.push([]), // sets are lists here
    '\x90': (m) => m.append(m.popToMark()),
    '\x91': (m) => m.push(m.popToMark()),
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
    R: (m) => m.call(m.pop()),
    '\x81': (m) => m.call(m.pop()), // NEWOBJ
    '\x92': (m) => {
      const named = m.pop()
      const args = m.pop()
      m.call([args, named]) // NEWOBJ_EX
    },
    o: (m) => {
      const [callee, ...args] = m.popToMark()
      m.push(callee)
      m.call(args)
    },
    i: (m) => {
      const args = m.popToMark()
      const module = m.line()
      m.global(module, m.line())
      m.call(args)
    },
    b: (m) => m.build(),
    Q: (m) => m.persistent(),
  }).map(([letter, work]) => [letter.charCodeAt(0), work]),
)
