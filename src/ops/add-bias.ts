/**
 * The bias of a convolution, one number per channel: x [N, C, H, W] + bias [C]. A pass fuses it into the convolution.
 */
import { f32 } from '../graph/graph.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

export const addBias = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'addBias',
  inputs: ['x', 'bias'],
  outputs: ['y'],
  infer: ([x, bias]) => {
    expectShape('addBias', 'bias', bias, [expectRank('addBias', 'x', x, 4)[1]!])
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ outputGradients: [dy], needed, emit }) => [dy, needed[1] ? emit(sumPixels, {}, [dy!])[0] : undefined],
})

/** Sums over pictures and pixels, the gradient of a bias: [N, C, H, W] → [C]. */
export const sumPixels = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'sumPixels',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [f32(expectRank('sumPixels', 'x', x, 4)[1]!)],
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
