/** Convolutions of awkward shapes, each with both gradients. */
import { f32 } from '../../../src/graph/graph.js'
import { conv2d } from '../../../src/ops/conv2d.js'
import type { ConvAttributes, Pair } from '../../../src/ops/window.js'
import type { Case } from '../case.js'
import { normal, singleOp } from '../single-op.js'

interface Geometry {
  /** Batch, channels, height, width. */
  readonly x: readonly [number, number, number, number]
  /** Output channels, kernel height and width. */
  readonly weight: readonly [number, number, number]
  /** By default 1, none and 1. */
  readonly stride?: Pair
  readonly padding?: Pair
  readonly dilation?: Pair
  readonly groups?: number
}

const geometries: readonly Geometry[] = [
  // The smallest there is; one channel; one row; one column.
  { x: [1, 1, 1, 1], weight: [1, 1, 1] },
  { x: [1, 1, 1, 1], weight: [1, 3, 3], padding: [1, 1] },
  { x: [2, 1, 28, 28], weight: [8, 3, 3], padding: [1, 1] },
  { x: [1, 2, 1, 50], weight: [3, 1, 5], padding: [0, 2] },
  { x: [1, 2, 50, 1], weight: [3, 5, 1], padding: [2, 0] },
  // Stems of CIFAR and ImageNet nets.
  { x: [2, 3, 32, 32], weight: [16, 3, 3], padding: [1, 1] },
  { x: [1, 3, 45, 37], weight: [64, 7, 7], stride: [2, 2], padding: [3, 3] },
  { x: [3, 3, 9, 11], weight: [5, 7, 7], stride: [2, 2], padding: [3, 3] },
  // Stages of CIFAR nets.
  { x: [2, 16, 16, 16], weight: [16, 3, 3], padding: [1, 1] },
  { x: [3, 16, 16, 16], weight: [32, 3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [2, 32, 16, 16], weight: [64, 1, 1], stride: [2, 2] },
  { x: [2, 64, 8, 8], weight: [64, 3, 3], padding: [1, 1] },
  { x: [33, 16, 4, 4], weight: [16, 3, 3], padding: [1, 1] },
  { x: [17, 32, 2, 2], weight: [16, 3, 3], padding: [1, 1] },
  // Last stages of ImageNet nets, cut in width.
  { x: [1, 64, 7, 7], weight: [64, 3, 3], padding: [1, 1] },
  { x: [1, 64, 14, 14], weight: [48, 3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [1, 256, 7, 7], weight: [64, 1, 1] },
  { x: [1, 64, 7, 7], weight: [256, 1, 1] },
  { x: [1, 512, 3, 3], weight: [32, 3, 3], padding: [1, 1] },
  { x: [2, 48, 14, 14], weight: [64, 1, 1] },
  // Widths that are no multiple of 16.
  { x: [2, 5, 9, 11], weight: [7, 3, 3], padding: [1, 1] },
  { x: [3, 17, 13, 6], weight: [33, 3, 3], padding: [1, 1] },
  { x: [1, 31, 5, 5], weight: [15, 5, 5], padding: [2, 2] },
  { x: [2, 40, 7, 9], weight: [100, 1, 1] },
  { x: [1, 20, 10, 10], weight: [1, 3, 3], padding: [1, 1] },
  // Padding: none, beyond the kernel's half, outputs that lie wholly in it.
  { x: [2, 16, 8, 9], weight: [16, 3, 3] },
  { x: [1, 4, 6, 5], weight: [8, 3, 3], padding: [2, 2] },
  { x: [1, 3, 4, 5], weight: [16, 3, 3], padding: [4, 5] },
  { x: [1, 18, 5, 7], weight: [18, 3, 3], padding: [0, 3] },
  // Even kernels, kernels as large as the picture, rows and columns of kernels.
  { x: [2, 16, 7, 8], weight: [16, 2, 2] },
  { x: [2, 20, 8, 8], weight: [12, 4, 4], stride: [2, 2], padding: [1, 1] },
  { x: [2, 16, 5, 7], weight: [24, 5, 7] },
  { x: [1, 16, 9, 9], weight: [16, 1, 7], padding: [0, 3] },
  { x: [1, 16, 9, 9], weight: [16, 7, 1], padding: [3, 0] },
  // Strides that differ, leave rows over, or skip pixels.
  { x: [2, 16, 9, 14], weight: [16, 3, 3], stride: [1, 2], padding: [1, 1] },
  { x: [2, 16, 14, 9], weight: [16, 3, 3], stride: [2, 1], padding: [1, 1] },
  { x: [1, 19, 11, 13], weight: [21, 3, 3], stride: [3, 2], padding: [1, 0] },
  { x: [1, 16, 8, 8], weight: [16, 3, 3], stride: [2, 2] },
  { x: [2, 16, 10, 11], weight: [32, 1, 1], stride: [3, 3] },
  { x: [1, 3, 13, 12], weight: [16, 2, 2], stride: [4, 5] },
  // Dilation.
  { x: [1, 16, 15, 13], weight: [16, 3, 3], padding: [2, 2], dilation: [2, 2] },
  { x: [1, 3, 12, 14], weight: [9, 3, 3], padding: [2, 2], dilation: [2, 2] },
  { x: [2, 10, 11, 16], weight: [16, 3, 3], stride: [2, 2], padding: [2, 3], dilation: [2, 3] },
  { x: [1, 16, 9, 12], weight: [17, 3, 2], padding: [0, 4], dilation: [1, 4] },
  // Groups: narrow ones side by side in a block, whole blocks, neither, one a channel, several outputs a channel.
  { x: [2, 32, 7, 7], weight: [32, 3, 3], padding: [1, 1], groups: 8 },
  { x: [1, 64, 8, 9], weight: [128, 3, 3], padding: [1, 1], stride: [2, 2], groups: 2 },
  { x: [2, 96, 6, 5], weight: [96, 3, 3], padding: [1, 1], groups: 2 },
  { x: [1, 96, 14, 14], weight: [64, 1, 1], groups: 2 },
  { x: [2, 36, 6, 7], weight: [60, 3, 3], padding: [1, 1], groups: 3 },
  { x: [1, 100, 5, 5], weight: [20, 1, 1], groups: 5 },
  { x: [2, 40, 9, 8], weight: [40, 3, 3], padding: [1, 1], stride: [2, 1], groups: 40 },
  { x: [1, 5, 11, 9], weight: [15, 5, 5], padding: [4, 4], dilation: [2, 2], groups: 5 },
  { x: [1, 3, 8, 8], weight: [6, 3, 3], groups: 3 },
  { x: [17, 4, 3, 3], weight: [2, 2, 2], groups: 2 },
]

/** Few channels, not read as a picture but out of the middle of a net: `optimizer` stands for neither data nor fixed. */
const inside: readonly Geometry[] = [
  { x: [2, 3, 9, 8], weight: [16, 3, 3], padding: [1, 1] },
  { x: [1, 1, 12, 12], weight: [5, 7, 7], stride: [2, 2], padding: [3, 3] },
  { x: [2, 15, 7, 7], weight: [30, 3, 3], stride: [2, 2], padding: [1, 1] },
]

/** Maps of many tiles, cut in width: what one image adds to the gradient of a weight is a sum of hundreds. */
const long: readonly Geometry[] = [
  { x: [2, 32, 56, 56], weight: [32, 3, 3], padding: [1, 1] },
  { x: [1, 16, 112, 112], weight: [16, 3, 3], padding: [1, 1] },
]

export const convCases: readonly Case[] = [
  ...geometries.flatMap((geometry) => casesOf(geometry, 'data')),
  ...long.flatMap((geometry) => casesOf(geometry, 'data')).filter(({ op }) => op === 'conv2dWeightGradient'),
  ...inside.flatMap((geometry) => casesOf(geometry, 'optimizer')).filter(({ op }) => op !== 'conv2dInputGradient'),
]

function casesOf({ x, weight: [o, kh, kw], ...given }: Geometry, role: 'data' | 'optimizer'): Case[] {
  const attributes: ConvAttributes = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], ...given }
  const input = { type: f32(...x), fill: normal(), role }
  const weight = { type: f32(o, x[1] / (given.groups ?? 1), kh, kw), fill: normal(), role: 'parameter' } as const
  const dy = { type: conv2d.infer([input.type, weight.type], attributes)[0]!, fill: normal() }
  const cases = [
    singleOp('conv2d', attributes, [input, weight]),
    singleOp('conv2dInputGradient', { ...attributes, size: [x[2], x[3]] }, [dy, weight]),
    singleOp('conv2dWeightGradient', { ...attributes, kernel: [kh, kw] }, [input, dy]),
  ]
  return role === 'data' ? cases : cases.map((one) => ({ ...one, title: `${one.title} inside a net` }))
}
