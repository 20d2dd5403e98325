/** The logistic function: y = 1 / (1 + e^−x). Its gradient is computed from the output. */
import { defineOp, expectShape, noMacs } from './op.js'

export const sigmoid = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'sigmoid',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [x!],
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ outputs, outputGradients, emit }) => emit(sigmoidGradient, {}, [outputGradients[0]!, outputs[0]!]),
})

/** dx = dy · y · (1 − y). */
export const sigmoidGradient = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'sigmoidGradient',
  inputs: ['dy', 'y'],
  outputs: ['dx'],
  infer: ([dy, y]) => {
    expectShape('sigmoidGradient', 'dy', dy, y!.shape)
    return [y!]
  },
  cost: noMacs,
  inPlace: [['dx', 'dy']],
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
