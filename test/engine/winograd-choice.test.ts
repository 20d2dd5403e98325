/** Which convolutions the CPU engine computes by Winograd's algorithm. */
import { describe, expect, test } from 'vitest'
import { isWinograd } from '../../src/engine/cpu/lower/conv.js'
import { suitsWinograd } from '../../src/engine/cpu/lower/winograd.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32 } from '../../src/graph/graph.js'
import { conv2dWeightGradient } from '../../src/ops/conv2d.js'
import { emit } from '../../src/ops/op.js'
import type { ConvAttributes } from '../../src/ops/window.js'

/** A 3x3 convolution that keeps its width and the side of its maps. */
function taken(n: number, width: number, side: number, fixed: boolean, named: Partial<ConvAttributes> = {}): boolean {
  const sizes = { n, c: width, h: side, w: side, o: width, oh: side, ow: side, ph: 1, pw: 1 }
  return suitsWinograd(sizes, [3, 3], { stride: [1, 1], padding: [1, 1], dilation: [1, 1], ...named }, fixed)
}

/** A weight gradient of such a convolution. */
function takenForWeight(n: number, width: number, side: number, named: Partial<ConvAttributes> = {}): boolean {
  const builder = new GraphBuilder()
  const [x, dy] = ['x', 'dy'].map((name) => builder.input(name, 'data', f32(n, width, side, side)))
  const attributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], kernel: [3, 3], ...named } as const
  emit(builder, conv2dWeightGradient, attributes, [x!, dy!], 'test')
  return isWinograd(builder.build().nodes[0]!)
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
  test('for weight gradients whose sums stay in cache', () => {
    expect(takenForWeight(8, 64, 8)).toBe(true)
    expect(takenForWeight(8, 80, 8)).toBe(false)
  })
  test('or left where the attributes say so, wherever it can be done', () => {
    expect(taken(8, 64, 8, false, { algorithm: 'direct' })).toBe(false)
    expect(taken(1, 64, 8, false, { algorithm: 'winograd' })).toBe(true)
    expect(takenForWeight(8, 64, 8, { algorithm: 'direct' })).toBe(false)
    expect(takenForWeight(1, 80, 8, { algorithm: 'winograd' })).toBe(true)
    expect(taken(8, 64, 8, false, { algorithm: 'winograd', stride: [2, 2] })).toBe(false)
    expect(taken(8, 15, 8, false, { algorithm: 'winograd' })).toBe(false)
  })
})
