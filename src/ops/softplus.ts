/**
 * Softplus: y = log(1 + e^x), element by element. −softplus(−x) is the logarithm of sigmoid(x), exact where the logistic
 * function has come to 0: losses of probabilities are made of it.
 */
import { multiply } from './multiply.js'
import { defineOp, noMacs } from './op.js'
import { sigmoid } from './sigmoid.js'

export const softplus = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'softplus',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [x!],
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ inputs, outputGradients, emit }) => {
    const [slope] = emit(sigmoid, {}, [inputs[0]!])
    return emit(multiply, {}, [outputGradients[0]!, slope!])
  },
})
