/** Pooling over windows and maps, and the shortcut that subsamples and pads, each with its gradient. */
import { f32 } from '../../../src/graph/graph.js'
import { padShortcut } from '../../../src/ops/pad-shortcut.js'
import { averagePool } from '../../../src/ops/pool.js'
import type { Pair } from '../../../src/ops/window.js'
import type { Case } from '../case.js'
import { type Fill, normal, singleOp, ties } from '../single-op.js'

type Shape = readonly [number, number, number, number]

function windows(x: Shape, kernel: Pair, stride: Pair, padding: Pair): Case[] {
  const attributes = { kernel, stride, padding }
  const dy = { type: averagePool.infer([f32(...x)], attributes)[0]!, fill: normal() }
  const input = (fill: Fill) => ({ type: f32(...x), fill })
  return [
    singleOp('maxPool', attributes, [input(normal())]),
    singleOp('maxPoolGradient', attributes, [dy, input(normal())]),
    tied(singleOp('maxPoolGradient', attributes, [dy, input(ties)])),
    singleOp('averagePool', attributes, [input(normal(0.5))]),
    singleOp('averagePoolGradient', { ...attributes, size: [x[2], x[3]] }, [dy]),
  ]
}

/** Several largest elements in a window: the first gets the gradient. */
function tied(one: Case): Case {
  return { ...one, title: `${one.title} with ties` }
}

function wholeMaps(n: number, c: number, h: number, w: number): Case[] {
  return [
    singleOp('globalAveragePool', {}, [{ type: f32(n, c, h, w), fill: normal(0.5) }]),
    singleOp('globalAveragePoolGradient', { size: [h, w] }, [{ type: f32(n, c), fill: normal() }]),
  ]
}

function padded(x: Shape, stride: Pair, channels: number, before: number): Case[] {
  const attributes = { stride, channels, before }
  const dy = { type: padShortcut.infer([f32(...x)], attributes)[0]!, fill: normal() }
  return [
    singleOp('padShortcut', attributes, [{ type: f32(...x), fill: normal() }]),
    singleOp('padShortcutGradient', { ...attributes, shape: x }, [dy]),
  ]
}

export const poolCases: readonly Case[] = [
  ...windows([2, 64, 15, 13], [3, 3], [2, 2], [1, 1]),
  ...windows([1, 5, 7, 7], [2, 2], [2, 2], [0, 0]),
  ...windows([3, 17, 8, 9], [3, 2], [1, 3], [1, 0]),
  ...windows([1, 1, 1, 1], [1, 1], [1, 1], [0, 0]),
  ...windows([2, 3, 6, 5], [5, 4], [1, 1], [2, 2]),
  ...windows([1, 16, 9, 10], [2, 2], [3, 4], [0, 1]),
  ...wholeMaps(2, 64, 7, 7),
  ...wholeMaps(1, 3, 1, 1),
  ...wholeMaps(3, 17, 5, 4),
  ...wholeMaps(1, 16, 56, 56),
  ...padded([2, 16, 8, 8], [2, 2], 32, 8),
  ...padded([1, 3, 5, 7], [2, 2], 7, 2),
  ...padded([2, 17, 7, 7], [2, 2], 64, 23),
  ...padded([1, 32, 6, 9], [1, 3], 48, 0),
  ...padded([3, 20, 4, 4], [1, 1], 20, 0),
  ...padded([1, 1, 9, 8], [3, 1], 33, 32),
]
