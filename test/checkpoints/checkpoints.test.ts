/** Checkpoints and exports of the past load, answer, evaluate and train on to the bits that were recorded with them. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChosenEngine, type EngineName, openEngine } from '../../src/internal.node.js'
import { fixtures } from './fixtures.js'
import { outcomeOf } from './outcome.js'

const folder = new URL('fixtures/', import.meta.url)
const names = Object.keys(fixtures)

test('each has its file and its record, and is small', () => {
  const files = names.flatMap((name) => [`${name}.json`, `${name}.safetensors`])
  expect(readdirSync(folder).sort()).toEqual(files.sort())
  for (const name of names) expect(bytesOf(name).length).toBeLessThan(61440)
})

const bytesOf = (name: string) => Uint8Array.from(readFileSync(new URL(`${name}.safetensors`, folder)))
/** The figures of training steps as 32-bit floats. */
function asFloats(outcome: object): object {
  const rounded = JSON.stringify(outcome, (key, value) =>
    key === 'train'
      ? Object.fromEntries(Object.entries(value as object).map(([name, figure]) => [name, Math.fround(figure)]))
      : value,
  )
  return JSON.parse(rounded) as object
}

const recordOf = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))

describe.each<EngineName>(['reference', 'wasm-simd'])('%s', (name) => {
  let engine: ChosenEngine
  beforeAll(async () => {
    engine = await openEngine({ engine: name })
  })
  afterAll(() => engine.dispose())

  // Figures may be added to what is told, and none may be changed or taken away. Those of training steps come from the
  // engine, whose numbers are 32-bit floats.
  test.each(names)('%s', async (file) => {
    const outcome = await outcomeOf(bytesOf(file), fixtures[file]!.data, engine, file.startsWith('exported'))
    expect(asFloats(outcome)).toMatchObject(asFloats(recordOf(file)[name]))
  })
})
