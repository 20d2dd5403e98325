/** 2,000 damaged checkpoints: each is refused with a clear error, or gives exactly what was saved. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openReference } from '../../../src/engine/reference/engine.js'
import { readSafetensors, writeSafetensors } from '../../../src/formats/safetensors.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/train/checkpoint/checkpoint.js'
import { checksum } from '../../../src/train/checkpoint/checksum.js'
import { weightHash } from '../../../src/train/checkpoint/weight-hash.js'
import { Trainer } from '../../../src/train/trainer.js'
import { DataError } from '../../../src/util/errors.js'
import { tinyData, tinyRecipe, tinySpec } from '../tiny.js'

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
console.log(`mutated checkpoints: seed ${seed} (set FUZZ_SEED to repeat)`)

async function someBytes(): Promise<Uint8Array> {
  await using trainer = await Trainer.open(openReference(), tinySpec, tinyData(), tinyRecipe())
  for await (const _ of trainer.steps(3));
  await trainer.evaluate()
  return encodeCheckpoint(await trainer.checkpoint())
}
const good = await someBytes()
const headerBytes = 8 + Number(new DataView(good.buffer).getBigUint64(0, true))
const fields = (bytes: Uint8Array) => {
  const { weights, optimizer, ...rest } = decodeCheckpoint(bytes, 'x')
  return JSON.stringify([rest, weightHash(weights), weightHash(optimizer)])
}
const expected = fields(good)

/** A place in the file: half of them in its header, which is what decides. */
const place = fc.oneof(fc.nat(good.length - 1), fc.nat(headerBytes - 1), fc.nat(7))
const byte = fc.nat(255)
type Mutation = (bytes: Uint8Array) => Uint8Array

const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, byte).map(
    ([at, value]): Mutation =>
      (bytes) => {
        const changed = bytes.slice()
        if (at < changed.length) changed[at] = value
        return changed
      },
  ),
  fc.tuple(place, fc.nat(7)).map(
    ([at, bit]): Mutation =>
      (bytes) => {
        const changed = bytes.slice()
        if (at < changed.length) changed[at]! ^= 1 << bit
        return changed
      },
  ),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.slice(0, at),
  ),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.slice(at),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 40 })).map(
    ([at, more]): Mutation =>
      (bytes) =>
        joined(bytes.subarray(0, at), more, bytes.subarray(at)),
  ),
  fc.tuple(place, fc.nat(200)).map(
    ([at, count]): Mutation =>
      (bytes) =>
        joined(bytes.subarray(0, at), bytes.subarray(at + count)),
  ),
  fc.tuple(place, fc.nat(5000)).map(
    ([at, count]): Mutation =>
      (bytes) =>
        bytes.slice().fill(0, at, at + count),
  ),
)

/** Reads a file; fails the test where it takes more than a second or gives anything but a result or a DataError. */
function outcome(bytes: Uint8Array): string | DataError {
  const began = process.cpuUsage() // of this process alone: the machine is shared
  const before = process.memoryUsage().rss
  let result: string | DataError
  try {
    result = fields(bytes)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    if (!error.message.startsWith('x: ')) throw new Error(`names no file: ${error.message}`)
    if (error.message.length > 1000) throw new Error(`a long message: ${error.message.slice(0, 200)}`)
    result = error
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6)
  const { user, system } = process.cpuUsage(began)
  expect(user + system, 'microseconds of work').toBeLessThan(1_000_000)
  return result
}

test('bytes changed, cut, added: an error or the very same checkpoint', () => {
  let refused = 0
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const result = outcome(mutations.reduce((bytes, mutate) => mutate(bytes), good))
      if (typeof result === 'string') expect(result).toBe(expected)
      else refused++
    }),
    { seed, numRuns: 1200 },
  )
  expect(refused).toBeGreaterThan(1000)
})

/** Every value inside a JSON text, by its path. */
function paths(value: unknown, at: readonly string[] = []): string[][] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [[...at], ...inside.flatMap(([key, child]) => paths(child, [...at, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) }
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

const file = readSafetensors(good)
const parts = ['spec', 'recipe', 'preprocessing', 'data', 'progress'] as const
const changes = parts.flatMap((part) => paths(JSON.parse(file.metadata[part]!)).map((path) => ({ part, path })))
const value = fc.oneof(
  fc.constantFrom<unknown>(null, -1, 0, 0.5, 1e9, 2 ** 31, 1e300, '', 'x', [], {}, [[]], true),
  fc.jsonValue({ maxDepth: 2 }),
)

test('well-formed files that say something else: an error, or a checkpoint that fits its own spec', () => {
  fc.assert(
    fc.property(fc.constantFrom(...changes), value, ({ part, path }, by) => {
      const text = JSON.stringify(replaced(JSON.parse(file.metadata[part]!), path, by))
      const metadata: Record<string, string> = { ...file.metadata, [part]: text }
      metadata.checksum = checksum({ tensors: file.tensors, metadata })
      outcome(writeSafetensors({ tensors: file.tensors, metadata }))
    }),
    { seed, numRuns: 800 },
  )
})

test('a header nested without end is refused', () => {
  const deep = `{"x":{"dtype":"F32","shape":${'['.repeat(1e5)}${']'.repeat(1e5)},"data_offsets":[0,4]}}`
  const text = new TextEncoder().encode(deep)
  const bytes = new Uint8Array(8 + text.length + 4)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  expect(outcome(bytes)).toBeInstanceOf(DataError)
})
