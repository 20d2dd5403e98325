/**
 * Sub-pixel upsampling [Shi 2016], as in PyTorch, and its inverse: x [N, C · r², H, W] → y [N, C, H · r, W · r] with
 * y[n, c, h · r + i, w · r + j] = x[n, (c · r + i) · r + j, h, w]. Each is the other's gradient.
 */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { defineOp, expectRank, noMacs, type Op } from './op.js'

export type ShuffleAttributes = { readonly factor: number }

function expectFactor(op: string, factor: number): void {
  if (!Number.isSafeInteger(factor) || factor < 1)
    throw new ShapeError(`${op}: the factor must be a whole number of at least 1, got ${factor}`)
}

export const pixelShuffle: Op<ShuffleAttributes> = /* @__PURE__ */ defineOp<ShuffleAttributes>()({
  name: 'pixelShuffle',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { factor: r }) => {
    expectFactor('pixelShuffle', r)
    const [n, c, h, w] = expectRank('pixelShuffle', 'x', x, 4) as [number, number, number, number]
    if (c % (r * r) !== 0)
      throw new ShapeError(
        `pixelShuffle: ${c} channels cannot be dealt out to ${r}x${r} pixels; use a multiple of ${r * r}`,
      )
    return [f32(n, c / (r * r), h * r, w * r)]
  },
  cost: noMacs,
  gradient: ({ attributes, outputGradients, emit }) => emit(pixelUnshuffle, attributes, [outputGradients[0]!]),
})

export const pixelUnshuffle: Op<ShuffleAttributes> = /* @__PURE__ */ defineOp<ShuffleAttributes>()({
  name: 'pixelUnshuffle',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { factor: r }) => {
    expectFactor('pixelUnshuffle', r)
    const [n, c, h, w] = expectRank('pixelUnshuffle', 'x', x, 4) as [number, number, number, number]
    if (h % r !== 0 || w % r !== 0)
      throw new ShapeError(`pixelUnshuffle: maps of ${h}x${w} cannot be cut into squares of ${r}x${r} pixels`)
    return [f32(n, c * r * r, h / r, w / r)]
  },
  cost: noMacs,
  gradient: ({ attributes, outputGradients, emit }) => emit(pixelShuffle, attributes, [outputGradients[0]!]),
})
