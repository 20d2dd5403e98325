/** Sum of two tensors of the same shape: the shortcut meets the residual branch here. */

import { ShapeError } from '../util/errors.js'
import { sameShape, shapeText } from '../util/shape.js'
import { defineOp, noMacs } from './op.js'

export const add = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'add',
  inputs: ['a', 'b'],
  outputs: ['y'],
  infer: ([a, b]) => {
    if (!sameShape(a!.shape, b!.shape))
      throw new ShapeError(
        `add: cannot add ${shapeText(a!.shape)} and ${shapeText(b!.shape)}; the shapes must be equal`,
      )
    return [a!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [
    ['y', 'a'],
    ['y', 'b'],
  ],
  gradient: ({ outputGradients }) => [outputGradients[0], outputGradients[0]],
})
