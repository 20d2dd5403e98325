/** Which convolutions the CPU engine computes by Winograd's algorithm. */
import { describe, expect, test } from 'vitest'
import { suitsWinograd } from '../../src/engine/cpu/lower/winograd.js'

/** A 3x3 convolution that keeps its width and the side of its maps. */
function taken(n: number, width: number, side: number, fixed: boolean): boolean {
  const sizes = { n, c: width, h: side, w: side, o: width, oh: side, ow: side, ph: 1, pw: 1 }
  return suitsWinograd(sizes, [3, 3], { stride: [1, 1], padding: [1, 1], dilation: [1, 1] }, fixed)
}

describe('Winograd is taken', () => {
  test('in training, where a batch has enough tiles to pay for transforming the weight', () => {
    expect(taken(7, 64, 8, false)).toBe(false)
    expect(taken(8, 64, 8, false)).toBe(true)
  })
  test('in inference, where tiles share what is read of a large weight', () => {
    expect(taken(1, 256, 14, true)).toBe(true)
    expect(taken(3, 512, 7, true)).toBe(false)
    expect(taken(4, 512, 7, true)).toBe(true)
  })
  test('in inference, for a single picture too where the weight stays in cache', () => {
    expect(taken(1, 64, 8, true)).toBe(true)
    expect(taken(1, 80, 8, true)).toBe(false)
    expect(taken(1, 64, 4, true)).toBe(false)
  })
  test('never where half of the tiles or more would lie outside of the map', () => {
    expect(taken(64, 64, 5, true)).toBe(false)
  })
})
