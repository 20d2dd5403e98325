/** Joins maps along their channels: xs [N, Cᵢ, H, W] → y [N, Σ Cᵢ, H, W], in the order given. */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { shapeText } from '../util/shape.js'
import { defineOp, expectRank, noMacs } from './op.js'
import { padShortcutGradient } from './pad-shortcut.js'

export const concatenate = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'concatenate',
  inputs: ['x...'],
  outputs: ['y'],
  infer: (xs) => {
    const shapes = xs.map((x, i) => expectRank('concatenate', `x${i}`, x, 4) as [number, number, number, number])
    const [n, , h, w] = shapes[0]!
    for (const shape of shapes)
      if (shape[0] !== n || shape[2] !== h || shape[3] !== w)
        throw new ShapeError(
          `concatenate: ${shapeText(shape)} does not fit beside ${shapeText(shapes[0]!)}; only the channels may differ`,
        )
    const channels = shapes.reduce((sum, shape) => sum + shape[1], 0)
    return [f32(n, channels, h, w)]
  },
  cost: noMacs,
  cheap: true,
  // padShortcutGradient cuts channels out of a map.
  gradient: ({ inputs, outputs, outputGradients, needed, emit }) => {
    const channels = outputs[0]!.type.shape[1]!
    let before = 0
    return inputs.map(({ type: { shape } }, i) => {
      const attributes = { stride: [1, 1], channels, before, shape } as const
      before += shape[1]!
      return needed[i] ? emit(padShortcutGradient, attributes, [outputGradients[0]!])[0] : undefined
    })
  },
})
