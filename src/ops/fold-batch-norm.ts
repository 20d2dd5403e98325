/**
 * Folds an inference batch norm into the convolution before it, per output channel: folded = weight · scale /
 * sqrt(variance + epsilon), bias = shift − mean · scale / sqrt(variance + epsilon).
 */
import { f32 } from '../graph/graph.js'
import type { NormAttributes } from './batch-norm.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

export const foldBatchNorm = /* @__PURE__ */ defineOp<NormAttributes>()({
  name: 'foldBatchNorm',
  inputs: ['weight', 'scale', 'shift', 'mean', 'variance'],
  outputs: ['folded', 'bias'],
  infer: ([weight, scale, shift, mean, variance]) => {
    const o = expectRank('foldBatchNorm', 'weight', weight, 4)[0]!
    for (const [name, type] of Object.entries({ scale, shift, mean, variance }))
      expectShape('foldBatchNorm', name, type, [o])
    return [weight!, f32(o)]
  },
  cost: noMacs,
  gradient: { none: 'a pass of the plan makes it, after differentiation' },
})
