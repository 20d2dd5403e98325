/** Rectified linear unit: y = max(x, 0). The gradient at 0 is 0 and is computed from the output. */
import { defineOp, expectShape, noMacs } from './op.js'

export const relu = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'relu',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [x!],
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ outputs, outputGradients, emit }) => emit(reluGradient, {}, [outputGradients[0]!, outputs[0]!]),
})

/** dx = dy where y > 0, else 0. */
export const reluGradient = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'reluGradient',
  inputs: ['dy', 'y'],
  outputs: ['dx'],
  infer: ([dy, y]) => {
    expectShape('reluGradient', 'dy', dy, y!.shape)
    return [y!]
  },
  cost: noMacs,
  inPlace: [['dx', 'dy']],
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
