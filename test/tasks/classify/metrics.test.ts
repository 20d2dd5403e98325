/** Loss and error of logits. */
import { expect, test } from 'vitest'
import { countCorrect, crossEntropySum, percent } from '../../../src/tasks/classify/metrics.js'

const logits = Float32Array.of(2, 1, 0, 5, 5, 1, -1, -3, -2, 0, 0, 9)

test('counts rows whose largest value, the first of equals, is at the label', () => {
  expect(countCorrect(logits, Int32Array.of(0, 0, 0, 2), 3, 4)).toBe(4)
  expect(countCorrect(logits, Int32Array.of(1, 1, 2, 0), 3, 4)).toBe(0)
  expect(countCorrect(logits, Int32Array.of(0, 1, 2, 2), 3, 4)).toBe(2)
  expect(countCorrect(logits, Int32Array.of(0, 1, 2, 2), 3, 1)).toBe(1)
})

test('sums −ln softmax at the label, without overflow', () => {
  const softmax = Math.exp(1) / (Math.exp(2) + Math.exp(1) + Math.exp(0))
  expect(crossEntropySum(logits, Int32Array.of(1), 3, 1)).toBeCloseTo(-Math.log(softmax), 12)
  const large = Float32Array.of(1000, 0, -1000, 0)
  expect(crossEntropySum(large, Int32Array.of(1, 1), 2, 2)).toBeCloseTo(1000, 9)
})

test('percent', () => {
  expect(percent(1, 8)).toBe(12.5)
})
