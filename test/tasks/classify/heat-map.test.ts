/** Explanations drawn over pictures: even steps to the eye, and the picture still to be seen. */
import { expect, test } from 'vitest'
import { drawExplanation, heatColours } from '../../../src/tasks/classify/heat-map.js'

/** CIE lightness, from 0 to 100: another measure than the one that the colours are made by. */
function lightness([red, green, blue]: readonly number[]): number {
  const linear = [red, green, blue].map((value) => {
    const share = value! / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  const y = 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y
}

test('the colours grow lighter in even steps', () => {
  const colours = heatColours()
  const values = Array.from({ length: 9 }, (_, i) => {
    const at = 3 * Math.round((255 * i) / 8)
    return lightness([...colours.subarray(at, at + 3)])
  })
  const steps = values.slice(1).map((value, i) => value - values[i]!)
  for (const step of steps) {
    expect(step).toBeGreaterThan(5)
    expect(step).toBeLessThan(13)
  }
  expect(values[0]).toBeLessThan(30)
  expect(values[8]).toBeGreaterThan(85)
})

test('over the part that was read; beside it the picture is dark', () => {
  const data = Uint8Array.of(120, 120, 120, 120)
  const pictureMap = { width: 4, height: 1, data: Float32Array.of(0, 0, 1, 0) }
  const read = { left: 1, top: 0, width: 2, height: 1 }
  const { data: drawn } = drawExplanation({ width: 4, height: 1, data }, { pictureMap, read })
  const [left, cold, hot, right] = [0, 3, 6, 9].map((at) => [...drawn.subarray(at, at + 3)])
  expect(left).toEqual([42, 42, 42])
  expect(right).toEqual(left)
  expect(lightness(hot!)).toBeGreaterThan(lightness(cold!) + 20)
  expect(cold![2]).toBeGreaterThan(cold![1]!) // violet
})
