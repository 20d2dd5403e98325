/** Multiplication by a constant: y = factor · x. */
import { ShapeError } from '../util/errors.js'
import { defineOp, noMacs, type Op } from './op.js'

export type ScaleAttributes = { readonly factor: number }

export const scale: Op<ScaleAttributes> = /* @__PURE__ */ defineOp<ScaleAttributes>()({
  name: 'scale',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { factor }) => {
    if (!Number.isFinite(factor)) throw new ShapeError(`scale: the factor must be a finite number, got ${factor}`)
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ attributes, outputGradients, emit }) => emit(scale, attributes, [outputGradients[0]!]),
})
