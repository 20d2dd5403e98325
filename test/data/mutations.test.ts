/**
 * Damaged input: CIFAR files and archives are mutated, and must end in the right pictures or in a DataError, within a
 * second each. Seeds are fixed and printed; `FUZZ_SEED` takes another one.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { cifar10Layout, cifar100Layout, parseCifar, parseClassNames } from '../../src/data/cifar/cifar.js'
import { cifar10 } from '../../src/data/cifar/cifar.node.js'
import type { Pictures } from '../../src/data/dataset.js'
import { readTar } from '../../src/util/archive/tar.js'
import { DataError } from '../../src/util/errors.js'
import { records, tar, tinyCifar10 } from './cifar/make-cifar.js'
import { folderWith } from './folder/folders.js'

const seed = Number(process.env.FUZZ_SEED ?? 20151210)
beforeAll(() => console.log(`fast-check seed ${seed}`))

/** One change to a file. Places are fractions of its length, and most fall on headers and labels. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('set' as const), at: fc.constantFrom(0, 1e-9), value: fc.nat(255) }),
  fc.record({
    kind: fc.constant('cut' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.nat(700),
  }),
  fc.record({
    kind: fc.constant('remove' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.nat(700),
  }),
  fc.record({ kind: fc.constant('text' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(7) }),
)
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never

/** What may stand where a number is expected. */
const texts = ['77777777777', '00000000000', '-1', '99999999', '\u0000\u0000', 'ustar', '../../x', '1e9']

function mutate(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  let result = Buffer.from(bytes)
  for (const { kind, at, value } of changes) {
    const place = Math.min(Math.max(0, result.length - 1), Math.floor(at * result.length))
    if (kind === 'set' && result.length > 0) result[place] = value
    if (kind === 'cut') result = result.subarray(0, place)
    if (kind === 'insert')
      result = Buffer.concat([result.subarray(0, place), Buffer.alloc(value, 7), result.subarray(place)])
    if (kind === 'remove') result = Buffer.concat([result.subarray(0, place), result.subarray(place + value)])
    if (kind === 'text' && result.length > 0) result.write(texts[value]!, place, 'latin1')
  }
  return result
}

/** Changes at the fields of tar headers, with or without a check sum that fits again. */
const tarChange = fc.record({
  header: fc.nat(4),
  field: fc.constantFrom(0, 100, 124, 136, 148, 156, 257, 345),
  text: fc.constantFrom(...texts),
  sealed: fc.boolean(),
})

function seal(header: Buffer): void {
  header.write('        ', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}

/** Runs `work`; anything but a result or a DataError with a text is a failure, and so is more than a second. */
async function within<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  const began = process.cpuUsage()
  try {
    return await work()
  } catch (error) {
    expect(error).toBeInstanceOf(DataError)
    expect((error as Error).message.length).toBeGreaterThan(20)
    return undefined
  } finally {
    const { user, system } = process.cpuUsage(began)
    expect(user + system, 'microseconds of work').toBeLessThan(1_000_000)
  }
}

function expectSound({ count, pixels, labels }: Pictures, classes: number): void {
  expect((pixels as Uint8Array).length).toBe(count * 3072)
  expect(labels.length).toBe(count)
  expect(labels.every((label) => label < classes)).toBe(true)
}

const runs = { numRuns: 2000, seed }

test.each([cifar10Layout, cifar100Layout])('2,000 mutated files of $title', async (layout) => {
  const original = records(
    Array.from({ length: 3 }, (_, i) => Array.from({ length: layout.labelBytes }, () => i)),
    1,
  )
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (changes) => {
      const bytes = mutate(original, changes)
      const pictures = await within(() => parseCifar(layout, [{ source: 'x.bin', bytes }]))
      if (!pictures) return
      expect(bytes.length).toBe(pictures.count * (layout.labelBytes + 3072))
      expectSound(pictures, layout.classes.length)
      for (let i = 0; i < pictures.count; i++) {
        const at = i * (layout.labelBytes + 3072) + layout.labelBytes
        expect(pictures.labels[i]).toBe(bytes[at - 1])
        expect(Buffer.compare(pictures.pixels.subarray(i * 3072, (i + 1) * 3072), bytes.subarray(at, at + 3072))).toBe(
          0,
        )
      }
    }),
    runs,
  )
})

test('1,000 mutated lists of class names', async () => {
  const original = Buffer.from(cifar10Layout.classes.join('\n'))
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (changes) => {
      const text = new TextDecoder().decode(mutate(original, changes))
      const names = await within(() => parseClassNames(cifar10Layout, 'names.txt', text))
      if (names) expect(names).toHaveLength(10)
    }),
    { ...runs, numRuns: 1000 },
  )
})

test('2,000 mutated tar archives', async () => {
  const files = { 'a/': new Uint8Array(0), 'a/one': new Uint8Array(700).fill(1), 'a/two': new Uint8Array(512).fill(2) }
  const original = tar(files) // headers at 0, 512, 2048, and two blocks of zeros
  await fc.assert(
    fc.asyncProperty(
      fc.array(tarChange, { maxLength: 2 }),
      fc.array(mutation, { maxLength: 2 }),
      async (headers, changes) => {
        const bytes = Buffer.from(original)
        for (const { header, field, text, sealed } of headers) {
          const block = bytes.subarray(header * 512, header * 512 + 512)
          block.write(text, field, 'latin1')
          if (sealed) seal(block)
        }
        const mutated = mutate(bytes, changes)
        const found = await within(() => readTar(mutated, 'x.tar'))
        if (!found) return
        const total = found.reduce((sum, { bytes }) => sum + bytes.length, 0)
        expect(total).toBeLessThanOrEqual(mutated.length) // views of the archive, nothing made up
        expect(found.length).toBeLessThanOrEqual(mutated.length / 512)
        if (headers.length === 0 && changes.length === 0)
          expect(found.map(({ name }) => name)).toEqual(['a/one', 'a/two'])
      },
    ),
    runs,
  )
})

test('200 mutated archives from the disk', async () => {
  const small = Object.fromEntries(Object.entries(tinyCifar10).filter(([name]) => /_1|test/.test(name)))
  const original = tar(small)
  const packed = gzipSync(original, { level: 1 })
  const folder = await folderWith({})
  const path = join(folder, 'x.tar.gz')
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 2 }), fc.boolean(), async (changes, inside) => {
      await writeFile(path, inside ? gzipSync(mutate(original, changes), { level: 0 }) : mutate(packed, changes))
      const data = await within(() => cifar10(path))
      if (!data) return
      expectSound(data.train, 10)
      expectSound(data.test, 10)
    }),
    { ...runs, numRuns: 200 },
  )
})
