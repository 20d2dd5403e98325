/**
 * One step of stochastic gradient descent with momentum, in PyTorch's form:
 * g = gradient + weightDecay · parameter; v' = momentum · v + g; parameter' = parameter − lr · (nesterov ? g + momentum · v' : v').
 * The learning rate multiplies the velocity when it is used, not when it is stored. Where the scalar `guard` is no finite
 * number, all stays as it is: a loss that was lost does not take the weights with it that show where.
 */
import { defineOp, expectShape, noMacs } from './op.js'

export type SgdAttributes = { readonly momentum: number; readonly weightDecay: number; readonly nesterov: boolean }

export const sgd = /* @__PURE__ */ defineOp<SgdAttributes>()({
  name: 'sgd',
  inputs: ['parameter', 'gradient', 'velocity', 'lr', 'guard'],
  outputs: ['nextParameter', 'nextVelocity'],
  infer: ([parameter, gradient, velocity, lr, guard]) => {
    expectShape('sgd', 'gradient', gradient, parameter!.shape)
    expectShape('sgd', 'velocity', velocity, parameter!.shape)
    expectShape('sgd', 'lr', lr, [])
    expectShape('sgd', 'guard', guard, [])
    return [parameter!, velocity!]
  },
  cost: noMacs,
  inPlace: [
    ['nextParameter', 'parameter'],
    ['nextVelocity', 'velocity'],
  ],
  gradient: { none: 'an update is no part of the loss' },
})
