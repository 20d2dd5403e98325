/**
 * Dropout [Srivastava 2014] and, per sample, stochastic depth [Huang 2016]: y is 0 with probability `rate`, else x / (1
 * − rate). The mean of y is x, so inference needs no change.
 *
 * The mask is not stored: a hash of (seed, layer, step, row, element) decides it, with elements numbered as in NCHW. So
 * it depends on neither threads nor layouts, and a resumed run drops the same elements. The gradient is the same
 * operation on dy and computes the same mask again.
 */
import type { TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { hash32 } from '../util/hash.js'
import { shapeText } from '../util/shape.js'
import { defineOp, noMacs, type Op } from './op.js'

export type DropoutAttributes = {
  /** Probability that a unit is dropped, in [0, 1). */
  readonly rate: number
  /** The unit that is dropped: an element, a row (one sample of the batch), or the whole batch. */
  readonly granularity: 'element' | 'row' | 'batch'
  /** The seed of the run, and a number that is unique to this layer. */
  readonly seed: number
  readonly layer: number
}

/** Threshold in [0, 2^32): a unit is dropped if its hash is below it. */
export function dropThreshold(rate: number): number {
  return Math.min(Math.round(rate * 4294967296), 4294967295)
}

/** The key of a layer. It is hashed with the step, then the row, then the element. */
export function dropKey({ seed, layer }: Pick<DropoutAttributes, 'seed' | 'layer'>): number {
  return hash32(hash32(seed, Math.floor(seed / 4294967296)), layer)
}

export function expectStep(op: string, step: TensorType | undefined): void {
  if (step?.dtype !== 'i32' || step.shape.length !== 0)
    throw new ShapeError(
      `${op}: step must be an i32 scalar, got ${step ? `${step.dtype}[${shapeText(step.shape)}]` : 'none'}`,
    )
}

/** `step` is an input of role `scalar`: the number of the training step, from 0. x has any shape except a scalar's. */
export const dropout: Op<DropoutAttributes> = /* @__PURE__ */ defineOp<DropoutAttributes>()({
  name: 'dropout',
  inputs: ['x', 'step'],
  outputs: ['y'],
  infer: ([x, step], { rate, seed, layer }) => {
    if (!(rate >= 0 && rate < 1)) throw new ShapeError(`dropout: the rate must be in [0, 1), got ${rate}`)
    for (const [name, value] of Object.entries({ seed, layer }))
      if (!Number.isSafeInteger(value) || value < 0)
        throw new ShapeError(`dropout: ${name} must be a whole number from 0 on, got ${value}`)
    if (x!.dtype !== 'f32' || x!.shape.length === 0)
      throw new ShapeError(`dropout: x must be an f32 tensor with rows, got ${x!.dtype}[${shapeText(x!.shape)}]`)
    expectStep('dropout', step)
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ attributes, inputs, outputGradients, emit }) => [
    emit(dropout, attributes, [outputGradients[0]!, inputs[1]!])[0],
    undefined,
  ],
})
