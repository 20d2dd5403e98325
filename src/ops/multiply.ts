/** Product of two tensors of the same shape, element by element. A gate multiplies its signal by it. */
import { ShapeError } from '../util/errors.js'
import { sameShape, shapeText } from '../util/shape.js'
import { defineOp, noMacs, type Op } from './op.js'

export const multiply: Op<Record<never, never>> = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'multiply',
  inputs: ['a', 'b'],
  outputs: ['y'],
  infer: ([a, b]) => {
    if (!sameShape(a!.shape, b!.shape))
      throw new ShapeError(
        `multiply: cannot multiply ${shapeText(a!.shape)} and ${shapeText(b!.shape)}; the shapes must be equal`,
      )
    return [a!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [
    ['y', 'a'],
    ['y', 'b'],
  ],
  gradient: ({ inputs: [a, b], outputGradients, needed, emit }) => {
    const dy = outputGradients[0]!
    return [
      needed[0] ? emit(multiply, {}, [dy, b!])[0] : undefined,
      needed[1] ? emit(multiply, {}, [dy, a!])[0] : undefined,
    ]
  },
})
