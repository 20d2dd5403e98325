/**
 * Clips gradients between the backward pass and the update: by the norm of all gradients taken together, or by value
 * [Kim 2016, VDSR]. The value limit is divided by the learning rate, so that no parameter moves by more than the limit
 * in a step.
 */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { shapeText } from '../util/shape.js'
import { defineOp, expectShape, noMacs } from './op.js'

const none = { none: 'it belongs to the update, which is no part of the loss' }

export type ClipAttributes = { readonly limit: number }

function expectLimit(op: string, limit: number): void {
  if (!(limit > 0)) throw new ShapeError(`${op}: the limit must be above 0, got ${limit}`)
}

/** The square root of the sum of all squares of all tensors: a scalar. */
export const globalNorm = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'globalNorm',
  inputs: ['x...'],
  outputs: ['norm'],
  infer: (xs) => {
    for (const { dtype, shape } of xs)
      if (dtype !== 'f32') throw new ShapeError(`globalNorm: tensors must be f32, got ${dtype}[${shapeText(shape)}]`)
    return [f32()]
  },
  cost: noMacs,
  gradient: none,
})

/**
 * clipped = gradient · min(1, limit / (norm + 1e-6)), PyTorch's clip_grad_norm_; `norm` is the norm of all gradients.
 */
export const clipByNorm = /* @__PURE__ */ defineOp<ClipAttributes>()({
  name: 'clipByNorm',
  inputs: ['gradient', 'norm'],
  outputs: ['clipped'],
  infer: ([gradient, norm], { limit }) => {
    expectLimit('clipByNorm', limit)
    expectShape('clipByNorm', 'norm', norm, [])
    return [gradient!]
  },
  cost: noMacs,
  inPlace: [['clipped', 'gradient']],
  gradient: none,
})

/** clipped = gradient, clamped to [−limit / lr, limit / lr]. */
export const clipByRate = /* @__PURE__ */ defineOp<ClipAttributes>()({
  name: 'clipByRate',
  inputs: ['gradient', 'lr'],
  outputs: ['clipped'],
  infer: ([gradient, lr], { limit }) => {
    expectLimit('clipByRate', limit)
    expectShape('clipByRate', 'lr', lr, [])
    return [gradient!]
  },
  cost: noMacs,
  inPlace: [['clipped', 'gradient']],
  gradient: none,
})
