/**
 * One step of stochastic gradient descent with momentum, in PyTorch's form: g = gradient + weightDecay · parameter; v'
 * = momentum · v + g; parameter' = parameter − lr · (nesterov ? g + momentum · v' : v'). The learning rate multiplies
 * the velocity when it is used, not when it is stored. If the scalar `guard` is not finite, nothing changes: the
 * weights stay available to find out why the loss was lost.
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
