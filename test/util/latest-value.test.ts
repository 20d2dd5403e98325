/** The newest value for a slow reader. */
import { expect, test } from 'vitest'
import { LatestValue } from '../../src/util/latest-value.js'

test('a reader that was slow gets the newest value, and always the last', async () => {
  const latest = new LatestValue<number>()
  const reader = latest[Symbol.asyncIterator]()
  latest.push(1)
  expect((await reader.next()).value).toBe(1)
  latest.push(2)
  latest.push(3)
  expect((await reader.next()).value).toBe(3)
  const waiting = reader.next()
  latest.push(4)
  expect((await waiting).value).toBe(4)
  latest.push(5)
  latest.end()
  expect((await reader.next()).value).toBe(5)
  expect((await reader.next()).done).toBe(true)
})

test('an error comes after the last value', async () => {
  const latest = new LatestValue<number>()
  const reader = latest[Symbol.asyncIterator]()
  latest.push(1)
  latest.end({ error: new Error('no more') })
  expect((await reader.next()).value).toBe(1)
  await expect(reader.next()).rejects.toThrow('no more')
})
