import { expect, test } from 'vitest'
import { builds, outcome, Sheet } from './harness.js'

test.each(builds)('%s: each part does as many multiply-adds as it is told', async (_, open) => {
  const sheet = new Sheet()
  const y = sheet.put(3 * 16)
  const count = 192 * 5
  sheet.call('multiply_adds', { y, factor: 1, addend: 1, count, parts: 2 })
  const { sums } = await outcome(open, sheet, { sums: [y, 3 * 16] })
  // Each multiply-add adds 1 to one of the lanes; of twelve sums in a lane, sum k starts at k.
  const lanes = sums.indexOf(9)
  expect([4, 8, 16]).toContain(lanes % 16 || 16)
  for (const part of [0, 1]) {
    const written = sums.slice(16 * part, 16 * (part + 1)).filter((sum) => sum !== 9)
    expect(written.reduce((a, b) => a + b)).toBe(count + written.length * 66)
  }
  expect([...sums.slice(32)]).toEqual(Array(16).fill(9))
})
