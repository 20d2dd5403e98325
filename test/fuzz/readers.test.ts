/** A fixed sample of what `npm run fuzz` reads by the hundred thousand. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { DataError } from '../../src/util/errors.js'
import { type Reader, readers } from './readers.js'
import * as seeds from './seeds.js'
import { faultOf, inputOf, watchGroup } from './watch.js'

/** Inputs of a reader that is quick; at least three of others. */
const COUNT = 20

describe('damaged and hostile inputs end in a value or in an error for people', () => {
  test.each(readers)('$name', async (reader) => {
    const count = Math.max(3, Math.round(COUNT * (reader.share ?? 1)))
    for (let index = 0; index < count; index++)
      expect([index, await faultOf(reader, await inputOf(reader, 2015, index))]).toEqual([index, undefined])
  })
})

const named = (name: string) => readers.find((reader) => reader.name === name)!

test('the honest inputs that all others are made of can be read', async () => {
  const pictures = await seeds.pictures()
  const opcodes = Buffer.concat(seeds.stateDictOpcodes())
  const honest: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['safetensors', seeds.safetensorsFiles],
    ['checkpoint', [seeds.checkpointFile]],
    ['pickle', [seeds.inZip(opcodes), seeds.inZip(opcodes, true)]],
    ['pth-legacy', [seeds.inLegacy(seeds.stateDictOpcodes(true))]],
    ['zip', seeds.archives],
    ['tar', seeds.tars],
    ['cifar-archive', seeds.cifarArchives.slice(1)],
    ['picture', pictures.slice(0, -1)],
    ['spec', seeds.specs.map((spec) => Buffer.from(JSON.stringify(spec)))],
    ['recipe', [Buffer.from(JSON.stringify(seeds.recipe))]],
    ['preprocessing', [Buffer.from(JSON.stringify(seeds.preprocessing))]],
    ['hub-settings', [Buffer.from(JSON.stringify(seeds.hubConfig))]],
  ]
  for (const [name, inputs] of honest) for (const bytes of inputs) await named(name).read(bytes)
})

test('an input is the same whenever its number is asked for', async () => {
  for (const name of ['pickle', 'checkpoint-fields', 'hostile-spec'])
    expect(await inputOf(named(name), 3, 17)).toEqual(await inputOf(named(name), 3, 17))
  expect(await inputOf(named('pickle'), 3, 17)).not.toEqual(await inputOf(named('pickle'), 4, 17))
})

test('faults are found', async () => {
  const ending = (error: unknown): Reader => ({
    name: 'made up',
    make: () => new Uint8Array(0),
    read: () => {
      throw error
    },
  })
  const fault = (error: unknown) => faultOf(ending(error), new Uint8Array(0))
  expect(await fault(new DataError('x: is damaged'))).toBeUndefined()
  expect(await fault(new TypeError('x of undefined'))).toContain('a raw error: TypeError: x of undefined')
  expect(await fault(new DataError('x'.repeat(5000)))).toContain('a message of 5000 characters')
  expect(await fault(new DataError('x: \u001b[2J'))).toContain('a message with "\\u001b" in it')
})

test('of inputs that are watched together the one that takes too much memory is named', async () => {
  setFlagsFromString('--expose-gc') // as `scripts/trials/fuzz.mjs` starts its processes
  vi.stubGlobal('gc', runInNewContext('gc'))
  onTestFinished(() => void vi.unstubAllGlobals())
  const kept: Uint8Array[] = []
  const reader: Reader = {
    name: 'made up',
    make: () => new Uint8Array(0),
    read: (bytes) => {
      kept.length = 0
      if (bytes[0] === 2) kept.push(new Uint8Array(400e6).fill(1))
      if (bytes[0] === 3) throw new TypeError('x of undefined')
    },
  }
  const begun: number[] = []
  const faults: [number, string][] = []
  await watchGroup(
    reader,
    [0, 1, 2, 3].map((kind) => Uint8Array.of(kind)),
    { begins: (place) => begun.push(place), fails: (place, fault) => faults.push([place, fault]) },
  )
  expect(begun.slice(0, 4)).toEqual([0, 1, 2, 3])
  expect(faults).toEqual([
    [3, expect.stringContaining('a raw error: TypeError: x of undefined')],
    [2, expect.stringMatching(/^\d+ MB of memory, more than 300/)],
  ])
})
