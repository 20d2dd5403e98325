/**
 * One step of stochastic gradient descent with momentum, in PyTorch's form:
 * g = gradient + weightDecay · parameter; v' = momentum · v + g; parameter' = parameter − lr · (nesterov ? g + momentum · v' : v').
 * The learning rate multiplies the velocity when it is used, not when it is stored.
 */
import { defineOp, expectShape, noMacs } from './op.js'

export type SgdAttributes = { readonly momentum: number; readonly weightDecay: number; readonly nesterov: boolean }

export const sgd = defineOp<SgdAttributes>({
  name: 'sgd',
  inputs: ['parameter', 'gradient', 'velocity', 'lr'],
  outputs: ['nextParameter', 'nextVelocity'],
  infer: ([parameter, gradient, velocity, lr]) => {
    expectShape('sgd', 'gradient', gradient, parameter!.shape)
    expectShape('sgd', 'velocity', velocity, parameter!.shape)
    expectShape('sgd', 'lr', lr, [])
    return [parameter!, velocity!]
  },
  cost: noMacs,
  inPlace: [
    [0, 0],
    [1, 2],
  ],
  gradient: { none: 'an update is no part of the loss' },
})
