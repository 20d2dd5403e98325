/**
 * Adds noise: y = x + deviation · z. z is the sum of the four bytes of a hash, shifted and scaled to mean 0 and
 * deviation 1. It lies within ±3.5, is close to normal, and is exact in whole numbers. As in dropout, the noise follows
 * from (seed, layer, step, row, element) alone.
 */
import { ShapeError } from '../util/errors.js'
import { expectStep } from './dropout.js'
import { defineOp, expectRank, noMacs } from './op.js'

export type NoiseAttributes = {
  readonly deviation: number
  /** The seed of the run, and a number that is unique to this layer among all random layers. */
  readonly seed: number
  readonly layer: number
}

/** Mean and deviation of the sum of four bytes. */
export const BYTES_MEAN = 510
export const BYTES_DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12)

export const addNoise = /* @__PURE__ */ defineOp<NoiseAttributes>()({
  name: 'addNoise',
  inputs: ['x', 'step'],
  outputs: ['y'],
  infer: ([x, step], { deviation }) => {
    if (!Number.isFinite(deviation))
      throw new ShapeError(`addNoise: the deviation must be a finite number, got ${deviation}`)
    expectRank('addNoise', 'x', x, 4)
    expectStep('addNoise', step)
    return [x!]
  },
  cost: noMacs,
  cheap: true,
  inPlace: [['y', 'x']],
  gradient: ({ outputGradients }) => [outputGradients[0], undefined],
})
