/**
 * One step of Adam [Kingma and Ba 2015], in PyTorch's form. With t = step + 1:
 * g = gradient + weightDecay · parameter; m' = beta1 · m + (1 − beta1) · g; v' = beta2 · v + (1 − beta2) · g²;
 * parameter' = parameter − lr / (1 − beta1^t) · m' / (sqrt(v' / (1 − beta2^t)) + epsilon).
 * With `decoupled` (AdamW) the decay is parameter · (1 − lr · weightDecay) instead of a part of g.
 */

import { ShapeError } from '../util/errors.js'
import { expectStep } from './dropout.js'
import { defineOp, expectShape, noMacs } from './op.js'

export type AdamAttributes = {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  readonly decoupled: boolean
}

/** `step` is the number of the training step, from 0. If `guard` is not finite, nothing changes: see `sgd`. */
export const adam = /* @__PURE__ */ defineOp<AdamAttributes>()({
  name: 'adam',
  inputs: ['parameter', 'gradient', 'mean', 'square', 'lr', 'step', 'guard'],
  outputs: ['nextParameter', 'nextMean', 'nextSquare'],
  infer: ([parameter, gradient, mean, square, lr, step, guard], { beta1, beta2, epsilon }) => {
    for (const [name, beta] of Object.entries({ beta1, beta2 }))
      if (!(beta >= 0 && beta < 1)) throw new ShapeError(`adam: ${name} must be in [0, 1), got ${beta}`)
    if (!(epsilon > 0)) throw new ShapeError(`adam: epsilon must be above 0, got ${epsilon}`)
    expectShape('adam', 'gradient', gradient, parameter!.shape)
    expectShape('adam', 'mean', mean, parameter!.shape)
    expectShape('adam', 'square', square, parameter!.shape)
    expectShape('adam', 'lr', lr, [])
    expectStep('adam', step)
    expectShape('adam', 'guard', guard, [])
    return [parameter!, mean!, square!]
  },
  cost: noMacs,
  inPlace: [
    ['nextParameter', 'parameter'],
    ['nextMean', 'mean'],
    ['nextSquare', 'square'],
  ],
  gradient: { none: 'an update is no part of the loss' },
})
