/** State in the address: whatever is written is read again, and nonsense is left out. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { raceFields } from '../../lab/src/pages/race-fields.js'
import { pageOf } from '../../lab/src/state/address.js'
import { choice, type Fields, file, list, number, readFields, writeFields } from '../../lab/src/state/fields.js'

interface State {
  readonly depth: number
  readonly seed: number
  readonly gone: readonly string[]
}

const fields: Fields<State> = { depth: choice<number>(20, [8, 20, 56]), seed: number(0, 0, 99), gone: list([], 40) }
const read = (text: string) => readFields(fields, new URLSearchParams(text))

test('what is written is read again', () => {
  const state = fc.record({
    depth: fc.constantFrom(8, 20, 56),
    seed: fc.integer({ min: 0, max: 99 }),
    gone: fc.array(fc.stringMatching(/^stage[1-3]\.block[1-9]$/), { maxLength: 40 }),
  })
  fc.assert(
    fc.property(state, (state) => {
      const text = writeFields<State>(fields, state)
      expect(read(text)).toEqual(state)
      expect(text.length).toBeLessThan(2000)
    }),
  )
})

test('initial values are not written', () => {
  expect(writeFields<State>(fields, { depth: 20, seed: 0, gone: [] })).toBe('')
  expect(writeFields<State>(fields, { depth: 20, seed: 7, gone: ['stage1.block2'] })).toBe('seed=7&gone=stage1.block2')
})

test('nonsense is left out, whatever stands there', () => {
  for (const text of ['depth=21', 'seed=-1', 'seed=x', 'seed=', 'gone=<script>', `gone=${'a~'.repeat(99)}`, 'foo=1'])
    expect(read(text)).toEqual({ depth: 20, seed: 0, gone: [] })
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { depth, seed, gone } = read(text)
      expect([8, 20, 56]).toContain(depth)
      expect(seed).toBeGreaterThanOrEqual(0)
      expect(gone.length).toBeLessThanOrEqual(40)
    }),
  )
})

test('a file is named by its hash, and by the end of its name', () => {
  const files = { net: file }
  const readFile = (text: string) => readFields(files, new URLSearchParams(text)).net
  const hash = '0123456789abcdef'.repeat(4)
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
      const text = writeFields<{ net: { hash: string; name: string } | undefined }>(files, { net: { hash, name } })
      expect(text.length).toBeLessThan(200)
      const found = readFile(text)
      expect(found?.hash).toBe(hash)
      if (/^[\w.-]{1,100}$/.test(name)) expect(found?.name).toBe(name)
    }),
  )
  for (const text of [
    'net=',
    'net=abc-x',
    `net=${hash}`,
    `net=${hash}-`,
    `net=${hash.toUpperCase()}-x`,
    `net=${hash}-a/b`,
  ])
    expect(readFile(text)).toBeUndefined()
})

test('the page is the first word of the address', () => {
  expect(pageOf('#/race?depth=20')).toBe('race')
  for (const hash of ['', '#', '#/', '#/nowhere', '#/__proto__', '#/race2']) expect(pageOf(hash)).toBe('race')
})

test('a race can be written down', () => {
  const state = readFields(raceFields, new URLSearchParams('depth=56&seed=3'))
  expect(state).toMatchObject({ depth: 56, seed: 3, lr: 0.05 })
  expect(writeFields(raceFields, state)).toBe('depth=56&seed=3')
})
