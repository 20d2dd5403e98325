/** Joining channels, channels into pixels, and resizing. */
import { f32 } from '../../../src/graph/graph.js'
import type { ResizeAttributes } from '../../../src/ops/resize.js'
import type { Pair } from '../../../src/ops/window.js'
import type { Case } from '../case.js'
import { normal, singleOp } from '../single-op.js'

type Shape = readonly [number, number, number, number]

const joined = (n: number, [h, w]: Pair, ...channels: readonly number[]): Case =>
  singleOp(
    'concatenate',
    {},
    channels.map((c) => ({ type: f32(n, c, h, w), fill: normal() })),
  )

const shuffled = ([n, c, h, w]: Shape, factor: number): Case[] => [
  singleOp('pixelShuffle', { factor }, [{ type: f32(n, c * factor ** 2, h, w), fill: normal() }]),
  singleOp('pixelUnshuffle', { factor }, [{ type: f32(n, c, h * factor, w * factor), fill: normal() }]),
]

const filters = ['bilinear', 'bicubic'] as const

const resized = ([n, c, ...from]: Shape, size: Pair): Case[] =>
  filters
    .flatMap((filter) => [false, true].map((antialias): ResizeAttributes => ({ size, filter, antialias })))
    .flatMap((attributes) => [
      singleOp('resize', attributes, [{ type: f32(n, c, ...from), fill: normal(0.5) }]),
      singleOp('resizeGradient', { ...attributes, from }, [{ type: f32(n, c, ...size), fill: normal() }]),
    ])

export const rearrangeCases: readonly Case[] = [
  joined(1, [1, 1], 1),
  joined(2, [3, 5], 16, 32),
  joined(2, [3, 5], 3, 5),
  joined(3, [4, 2], 24, 12, 12, 12),
  joined(1, [2, 2], 17, 33, 1, 16, 14),
  joined(2, [7, 7], 5, 40),
  ...shuffled([1, 1, 1, 1], 1),
  ...shuffled([2, 3, 4, 5], 2),
  ...shuffled([1, 16, 3, 2], 3),
  ...shuffled([2, 20, 3, 3], 4),
  ...resized([1, 1, 1, 1], [3, 2]),
  ...resized([2, 3, 5, 7], [10, 21]),
  ...resized([1, 17, 12, 9], [5, 4]),
  ...resized([2, 16, 8, 8], [2, 2]),
  ...resized([1, 5, 13, 6], [7, 15]),
  ...resized([1, 20, 33, 40], [3, 1]),
  ...resized([1, 4, 6, 6], [6, 6]),
]
