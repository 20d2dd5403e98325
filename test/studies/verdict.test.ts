import { expect, test } from 'vitest'
import { all, always, atLeast, atMost, deviation, mean, notRun } from '../../src/studies/verdict.js'

test('mean and deviation, by hand', () => {
  expect(mean([1, 2, 6])).toBe(3)
  expect(deviation([1, 2, 6])).toBeCloseTo(Math.sqrt((4 + 1 + 9) / 2), 12)
})

// 4, 5, 6: mean 5, deviation 1, two standard errors 1.1547
test.each([
  [3.8, 'holds', 'does-not-hold'],
  [3.9, 'inconclusive', 'inconclusive'],
  [6.1, 'inconclusive', 'inconclusive'],
  [6.2, 'does-not-hold', 'holds'],
])('against a margin of %d', (margin, least, most) => {
  expect(atLeast('gain', [4, 5, 6], margin, 'points')).toEqual({
    measured: 5,
    spread: 1,
    unit: 'points',
    verdict: least,
    rule: `gain: at least ${margin} points`,
  })
  expect(atMost('gain', [4, 5, 6], margin, 'points').verdict).toBe(most)
})

test('fewer than three seeds are inconclusive, however large the effect', () => {
  expect(atLeast('gain', [90, 91], 1, '%')).toMatchObject({ measured: 90.5, verdict: 'inconclusive' })
  expect(atLeast('gain', [90], 1, '%')).toMatchObject({ measured: 90, spread: null, verdict: 'inconclusive' })
  expect(atLeast('gain', [], 1, '%')).toMatchObject({ measured: null, verdict: 'inconclusive' })
  expect(atLeast('gain', [1, Number.NaN, 3], 1, '%').measured).toBeNull()
})

test('what must be so exactly', () => {
  expect(always('equal', [true, true])).toMatchObject({ measured: 100, verdict: 'holds' })
  expect(always('equal', [true, false])).toMatchObject({ measured: 50, verdict: 'does-not-hold' })
  expect(always('equal', []).verdict).toBe('inconclusive')
})

test('several findings about one claim', () => {
  const [yes, no, open] = [always('a', [true]), always('b', [false]), notRun('c', '%')]
  expect(all(yes, yes).verdict).toBe('holds')
  expect(all(yes, open, no)).toMatchObject({ verdict: 'does-not-hold', measured: 0 })
  expect(all(yes, open)).toMatchObject({ verdict: 'inconclusive', measured: null })
  expect(all(yes, open).rule).toBe('a: each time; and c (not run)')
})
