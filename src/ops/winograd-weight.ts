/**
 * Computes G w Gᵀ of each 3x3 kernel, the form that Winograd's algorithm F(4x4, 3x3) multiplies with: [O, I, 3, 3] →
 * [O, I, 6, 6]. A convolution with the attribute `winograd` takes it in place of the weight.
 */
import { f32 } from '../graph/graph.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'
import { WINOGRAD_POINTS, WINOGRAD_TAPS } from './window.js'

export const winogradWeight = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'winogradWeight',
  inputs: ['weight'],
  outputs: ['transformed'],
  infer: ([weight]) => {
    const [o, i] = expectRank('winogradWeight', 'weight', weight, 4) as [number, number]
    expectShape('winogradWeight', 'weight', weight, [o, i, WINOGRAD_TAPS, WINOGRAD_TAPS])
    return [f32(o, i, WINOGRAD_POINTS, WINOGRAD_POINTS)]
  },
  cost: noMacs,
  gradient: { none: 'a pass of the plan makes it, after differentiation' },
})
