/** Tiles: they cover a side once, and keep away from their ends. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tilesOf } from '../../../src/tasks/upscale/tiles.js'

test('by hand', () => {
  expect(tilesOf(10, 12, 2)).toEqual([{ start: 0, from: 0, to: 10 }])
  expect(tilesOf(20, 8, 2)).toEqual([
    { start: 0, from: 0, to: 6 },
    { start: 4, from: 6, to: 10 },
    { start: 8, from: 10, to: 14 },
    { start: 12, from: 14, to: 20 },
  ])
})

test('any side is covered once, away from the ends of tiles', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.nat(20),
      fc.integer({ min: 1, max: 60 }),
      (length, reach, more) => {
        const tile = 2 * reach + more
        const tiles = tilesOf(length, tile, reach)
        let at = 0
        for (const { start, from, to } of tiles) {
          expect(from).toBe(at)
          expect(to).toBeGreaterThan(from)
          expect(start).toBeGreaterThanOrEqual(0)
          expect(start + Math.min(tile, length)).toBeLessThanOrEqual(length)
          expect(start === 0 || from - start >= reach).toBe(true)
          expect(to === length || start + tile - to >= reach).toBe(true)
          at = to
        }
        expect(at).toBe(length)
      },
    ),
  )
})
