/** Pictures held out: each class its share, by chance, the same for the same seed. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pictureBytes } from '../../src/data/dataset.js'
import { holdOut } from '../../src/data/hold-out.js'
import { ConfigError } from '../../src/util/errors.js'

/** One pixel a picture, which says its number. */
function pictures(labels: readonly number[]) {
  const pixels = Uint8Array.from(labels, (_, i) => i)
  return { count: labels.length, channels: 1, height: 1, width: 1, pixels, labels: Uint8Array.from(labels) }
}
const numbersIn = (part: ReturnType<typeof holdOut>['test']) =>
  Array.from({ length: part.count }, (_, i) => pictureBytes(part, i)[0]!)

test('each class gives its share and keeps a picture', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (labels, share, seed) => {
        const sizes = [0, 1, 2, 3, 4].map((k) => labels.filter((label) => label === k).length)
        const most = sizes.reduce((sum, size) => sum + Math.max(0, size - 1), 0)
        fc.pre(most > 0)
        const count = Math.max(1, Math.min(most, Math.round(share * labels.length)))
        const { train, test } = holdOut(pictures(labels), count, seed)
        expect(test.count).toBe(count)
        expect([...numbersIn(train), ...numbersIn(test)].sort((a, b) => a - b)).toEqual([...labels.keys()])
        const held = sizes.map((_, k) => [...test.labels].filter((label) => label === k).length)
        held.forEach((number, k) => {
          if (sizes[k]! > 0) expect(number).toBeLessThan(sizes[k]!)
        })
        if (Math.min(...sizes.filter((size) => size > 0)) > count / labels.length + 2 && count < most / 2)
          held.forEach((number, k) => {
            expect(Math.abs(number - (sizes[k]! * count) / labels.length)).toBeLessThanOrEqual(1)
          })
      },
    ),
    { seed: 5 },
  )
})

test('the seed decides which', () => {
  const labels = Array.from({ length: 100 }, (_, i) => i % 3)
  const held = (seed: number) => numbersIn(holdOut(pictures(labels), 20, seed).test)
  expect(held(1)).toEqual(held(1))
  expect(held(1)).not.toEqual(held(2))
})

test('no class is emptied', () => {
  expect(() => holdOut(pictures([0, 0, 1]), 2, 0)).toThrow(
    new ConfigError(
      'held-out pictures: got 2, expected a whole number from 1 to 1, so that each class keeps a picture to learn from',
    ),
  )
  expect(() => holdOut(pictures([0, 1]), 1, 0)).toThrow(ConfigError)
})
