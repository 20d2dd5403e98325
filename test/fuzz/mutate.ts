/** Changes to inputs: of any bytes, of JSON, of lists of parts. All chance comes from the stream that is given. */
import type { Random } from '../../src/util/random.js'

/** Inputs grow no further: what hides in more bytes hides in fewer too. */
const MOST_BYTES = 1 << 22
/** As many values fill those bytes: thousands of lists of thousands would fill the memory before they are cut. */
const MOST_VALUES = 1 << 20

export const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!

/** One, sometimes two, seldom up to eight. */
const few = (random: Random) => 1 + Math.min(7, Math.clz32(random.uint32() | 1))

/** Mostly one of the first list: what the second holds takes its time. */
const often = <T>(random: Random, usual: readonly T[], seldom: readonly T[]): T =>
  pick(random, random.below(12) === 0 ? seldom : usual)

/** Whole numbers at which something overflows, ends or turns round. */
export const numbers = [
  ...[0, 1, 2, -1, 3, 7, 64, 127, 128, 255, 256, 1000, 4096, 32767, 32768, 65535, 65536, 1e6, 2 ** 20, 2 ** 24],
  ...[2 ** 30 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 46, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e12],
] as const

/** Texts that stand for themselves and for what is nested, long or written to be misread. */
const texts = [
  ...[
    '',
    'x',
    '__proto__',
    'constructor',
    'toString',
    '../../x',
    '\u001b[2J\u001b]0;x\u0007',
    '\u202egnp',
    '\u0000',
    '\ud83c',
  ],
  ...['NaN', '1e999', '-0', '0x10', 'module.'.repeat(300), 'a'.repeat(5000), '花'.repeat(2000), '\n\r\u2028'],
] as const

type Change = (bytes: Buffer, random: Random, others: readonly Uint8Array[]) => Buffer

/** Most places lie near the ends, where headers and directories are. */
function place(bytes: Buffer, random: Random): number {
  const u = random.uniform()
  const share = pick(random, [u, u ** 4, u ** 8, 1 - u ** 4])
  return Math.max(0, Math.min(bytes.length - 1, Math.floor(share * bytes.length)))
}

function range(bytes: Buffer, random: Random): readonly [number, number] {
  const from = place(bytes, random)
  return [from, Math.min(bytes.length, from + 1 + random.below(pick(random, [4, 64, 1024, 65536])))]
}

const joined = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)

const changes: readonly Change[] = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[place(bytes, random)]! ^= 1 << random.below(8)
    return bytes
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[place(bytes, random)] = pick(random, [0, 1, 0x7f, 0x80, 0xff, random.below(256)])
    return bytes
  },
  (bytes, random) => {
    // A number of any width and order.
    const width = pick(random, [2, 4, 8])
    const at = place(bytes, random)
    if (at + width > bytes.length) return bytes
    const value = BigInt.asUintN(8 * width, BigInt(pick(random, numbers)))
    for (let i = 0; i < width; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n)
    if (random.below(3) === 0) bytes.subarray(at, at + width).reverse()
    return bytes
  },
  (bytes, random) => {
    // A number written in digits.
    const found = [
      ...bytes
        .toString('latin1')
        .slice(0, 1 << 16)
        .matchAll(/-?\d+(\.\d+)?/g),
    ]
    if (found.length === 0) return bytes
    const { index, 0: old } = pick(random, found)
    const by = pick(random, [...numbers.map(String), '1e999', '-1e-999', '9'.repeat(400), 'NaN', '', '0.5'])
    return joined(bytes.subarray(0, index), Buffer.from(by), bytes.subarray(index + old.length))
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return joined(bytes.subarray(0, from), bytes.subarray(to))
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    const length = Math.max(1, to - from)
    const times = Math.min(often(random, [2, 2, 3, 100], [10_000]), Math.ceil(MOST_BYTES / length))
    const part = bytes.subarray(from, to)
    return joined(bytes.subarray(0, from), ...Array.from({ length: times }, () => part), bytes.subarray(to))
  },
  (bytes, random, others) => {
    const other = pick(random, others)
    const from = random.below(other.length + 1)
    const part = other.subarray(from, from + 1 + random.below(2000))
    const at = place(bytes, random)
    const over = random.below(2) * part.length
    return joined(bytes.subarray(0, at), part, bytes.subarray(at + over))
  },
  (bytes, random) => {
    const at = place(bytes, random)
    const more = Uint8Array.from({ length: 1 + random.below(40) }, () => random.below(256))
    return joined(bytes.subarray(0, at), more, bytes.subarray(at))
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    bytes.fill(pick(random, [0, 0xff, 0x20, 0x5b, 0x7d]), from, to)
    return bytes
  },
  (bytes, random) => {
    const at = place(bytes, random)
    return joined(bytes.subarray(0, at), Buffer.from(pick(random, texts)), bytes.subarray(at))
  },
]

/** One of the seeds with a few changes. */
export function mutatedBytes(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  let bytes: Buffer = Buffer.from(pick(random, seeds))
  for (let n = few(random); n > 0; n--) bytes = Buffer.from(pick(random, changes)(bytes, random, seeds))
  return bytes.subarray(0, MOST_BYTES)
}

/** Some parts left out, doubled, moved, repeated many times, or others put in; one part may be changed inside. */
export function mutatedParts(
  random: Random,
  parts: readonly Uint8Array[],
  more: readonly Uint8Array[],
): readonly Uint8Array[] {
  let list = [...parts]
  for (let n = few(random); n > 0; n--) {
    const at = random.below(list.length + 1)
    const part = list[Math.min(at, list.length - 1)] ?? more[0]!
    const kind = random.below(7)
    if (kind === 0) list.splice(at, 1 + random.below(3))
    else if (kind === 1) list.splice(at, 0, pick(random, more))
    else if (kind === 2) list.splice(at, 0, part)
    else if (kind === 3) list.splice(at, 0, pick(random, list.length > 0 ? list : more))
    else if (kind === 4) list.splice(at, 1, mutatedBytes(random, [part]))
    else {
      // One part, or a few in a row, many times.
      const run = kind === 5 ? [part] : list.slice(at, at + 1 + random.below(6))
      const length = run.reduce((sum, { length }) => sum + length, 0)
      const times = Math.min(often(random, [2, 10, 1000], [100_000, 2_000_000]), Math.floor(MOST_BYTES / (length + 1)))
      const whole = Buffer.concat(run)
      const many = Buffer.alloc(whole.length * times)
      for (let i = 0; i < times; i++) many.set(whole, i * whole.length)
      list = [...list.slice(0, at), many, ...list.slice(at)]
    }
  }
  return list
}

/** Stands in a JSON text for what no value can be written as. */
const raw = (name: string) => `@@${name}@@`
const rawTexts: Readonly<Record<string, (random: Random) => string>> = {
  [raw('deep')]: (random) => {
    const depth = often(random, [10, 100, 5000], [200_000])
    const [open, close] = pick(random, [['[', ']'] as const, ['{"a":', '}'] as const])
    return `${open.repeat(depth)}${open === '[' ? '' : '0'}${close.repeat(random.below(8) === 0 ? 0 : depth)}`
  },
  [raw('many')]: (random) =>
    `[${pick(random, ['0,', '{},', '[],', '"a",', 'null,', '[0],']).repeat(often(random, [100, 10_000], [700_000]))}0]`,
  [raw('huge')]: (random) => pick(random, ['1e999', '-1e999', '9'.repeat(1000), '1e-999', '-0', '0.1e1']),
  [raw('twice')]: () => '{"a":1,"a":2,"__proto__":{"kernel":1}}',
}

/** A value with a few changes, as JSON; now and then as JSON that no writer writes. */
export function mutatedJson(random: Random, value: unknown): string {
  let changed: unknown = structuredClone(value)
  for (let n = few(random); n > 0; n--) {
    const paths = pathsIn(changed)
    const next = changedAt(changed, pick(random, paths), random)
    if (valuesIn(next) <= MOST_VALUES) changed = next
  }
  let text = JSON.stringify(changed) ?? 'null'
  for (const [name, write] of Object.entries(rawTexts))
    if (text.includes(name)) text = text.replace(`"${name}"`, () => write(random)).replaceAll(`"${name}"`, '0')
  return text.slice(0, MOST_BYTES)
}

/**
 * About how many values a text would hold; four letters count as one. A list may hold one object thousands of times:
 * each object is looked into once only.
 */
function valuesIn(value: unknown, known = new Map<object, number>()): number {
  if (typeof value === 'string') return 1 + value.length / 4
  if (typeof value !== 'object' || value === null) return 1
  const before = known.get(value)
  if (before !== undefined) return before
  const count = Object.values(value).reduce<number>((sum, part) => sum + valuesIn(part, known), 1)
  known.set(value, count)
  return count
}

type Path = readonly (string | number)[]

function pathsIn(value: unknown, at: Path = [], found: Path[] = []): readonly Path[] {
  found.push(at)
  if (found.length > 2000 || typeof value !== 'object' || value === null) return found
  for (const key of Object.keys(value)) pathsIn((value as Record<string, unknown>)[key], [...at, key], found)
  return found
}

function changedAt(value: unknown, path: Path, random: Random): unknown {
  const [key, ...rest] = path
  if (key === undefined) return other(value, random)
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  if (rest.length === 0 && random.below(8) === 0) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1)
    else delete copy[key]
  } else copy[key] = changedAt(copy[key], rest, random)
  return copy
}

function other(value: unknown, random: Random): unknown {
  const kind = random.below(10)
  if (kind < 4) return pick(random, [...numbers, 0.5, -0.5, 1e300, 1e-300, Number.MIN_VALUE])
  if (kind === 4) return pick(random, texts)
  if (kind === 5) return pick(random, [null, true, false, [], {}, [[]], [value], { value }, [value, value]])
  if (kind === 6) return pick(random, Object.keys(rawTexts))
  if (Array.isArray(value) && value.length > 0) {
    if (kind === 7) return Array.from({ length: pick(random, [2, 100, 5000]) }, () => value[0])
    return [...value, ...value].slice(random.below(value.length + 1))
  }
  if (typeof value === 'number') return pick(random, [value + 1, value - 1, -value, value * 2, value / 2, value ** 3])
  if (typeof value === 'object' && value !== null) return { ...value, [pick(random, texts)]: pick(random, numbers) }
  return typeof value === 'string' ? value.repeat(pick(random, [0, 2, 300])) : value
}
