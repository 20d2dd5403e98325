/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning) without bias.
 * x [N, I, H, W], weight [O, I / groups, KH, KW] → y [N, O, OH, OW]. Output channels fall into as many groups as input
 * channels do, and each reads its own group only. Each gradient is a convolution of its own kind.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { defineOp, expectRank, expectShape } from './op.js'
import { type ConvAttributes, type Pair, WINOGRAD_POINTS, WINOGRAD_TAPS, windowSize } from './window.js'

/** Channels that groups may divide: which blocks of them are connected is told one by one. */
const MOST_GROUPED = 0x100_0000

/** Shape of the output of a convolution, from those of its input and weight. */
function outputType(op: string, x: readonly number[], weight: readonly number[], a: ConvAttributes): TensorType {
  const [n, channels, h, w] = x as [number, number, number, number]
  const [o, i] = weight as [number, number]
  const [kh, kw] = kernelSize(op, weight, a)
  const { groups = 1 } = a
  if (!Number.isSafeInteger(groups) || groups < 1)
    throw new ShapeError(`${op}: groups must be a whole number of at least 1, got ${groups}`)
  if (groups > 1 && Math.max(channels, o) > MOST_GROUPED)
    throw new ShapeError(
      `${op}: at most ${MOST_GROUPED} channels can be divided into groups, got ${Math.max(channels, o)}`,
    )
  if (channels % groups !== 0 || o % groups !== 0)
    throw new ShapeError(`${op}: ${channels} and ${o} channels cannot both be divided into ${groups} groups`)
  if (groups > 1 && i !== channels / groups)
    throw new ShapeError(
      `${op}: the weight expects groups of ${i} input channels, ${channels} channels in ${groups} groups are ${channels / groups} each`,
    )
  if (i * groups !== channels)
    throw new ShapeError(`${op}: the weight expects ${i} input channels, the input has ${channels}`)
  return f32(
    n,
    o,
    windowSize(op, h, kh, a.stride[0], a.padding[0], a.dilation[0]),
    windowSize(op, w, kw, a.stride[1], a.padding[1], a.dilation[1]),
  )
}

/** Height and width of the kernel: those of the weight, unless it is transformed. */
function kernelSize(op: string, weight: readonly number[], { winograd = false }: ConvAttributes): Pair {
  const [, , kh, kw] = weight as [number, number, number, number]
  if (!winograd) return [kh, kw]
  if (kh !== WINOGRAD_POINTS || kw !== WINOGRAD_POINTS)
    throw new ShapeError(`${op}: a transformed weight has 6x6 points, got ${kh}x${kw}`)
  return [WINOGRAD_TAPS, WINOGRAD_TAPS]
}

/** Multiply-adds of the convolution as a direct sum, however it is computed; both gradients cost the same. */
function macs(dy: TensorType, { shape }: TensorType, { winograd = false }: Partial<ConvAttributes> = {}): number {
  const [n, , oh, ow] = dy.shape as [number, number, number, number]
  const taps = winograd ? WINOGRAD_TAPS * WINOGRAD_TAPS : shape[2]! * shape[3]!
  return n * oh * ow * shape[0]! * shape[1]! * taps
}

export const conv2d = defineOp<ConvAttributes>({
  name: 'conv2d',
  inputs: ['x', 'weight'],
  outputs: ['y'],
  infer: ([x, weight], attributes) => [
    outputType('conv2d', expectRank('conv2d', 'x', x, 4), expectRank('conv2d', 'weight', weight, 4), attributes),
  ],
  cost: ([, weight], [y], attributes) => ({ macs: macs(y!, weight!, attributes) }),
  gradient: ({ attributes, inputs, outputGradients, needed, emit }) => {
    const [x, weight] = inputs as [(typeof inputs)[0], (typeof inputs)[0]]
    const dy = outputGradients[0]!
    const size = x!.type.shape.slice(2) as unknown as Pair
    const kernel = weight!.type.shape.slice(2) as unknown as Pair
    return [
      needed[0] ? emit(conv2dInputGradient, { ...attributes, size }, [dy, weight!])[0] : undefined,
      needed[1] ? emit(conv2dWeightGradient, { ...attributes, kernel }, [x!, dy])[0] : undefined,
    ]
  },
})

/** dx of a convolution; `size` is the height and width of x. */
export const conv2dInputGradient = defineOp<ConvAttributes & { readonly size: Pair }>({
  name: 'conv2dInputGradient',
  inputs: ['dy', 'weight'],
  outputs: ['dx'],
  infer: ([dy, weight], attributes) => {
    const op = 'conv2dInputGradient'
    const shape = expectRank(op, 'dy', dy, 4)
    const kernel = expectRank(op, 'weight', weight, 4)
    const dx = f32(shape[0]!, kernel[1]! * (attributes.groups ?? 1), ...attributes.size)
    expectShape(op, 'dy', dy, outputType(op, dx.shape, kernel, attributes).shape)
    return [dx]
  },
  cost: ([dy, weight]) => ({ macs: macs(dy!, weight!) }),
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/** dweight of a convolution; `kernel` is the height and width of the weight. */
export const conv2dWeightGradient = defineOp<ConvAttributes & { readonly kernel: Pair }>({
  name: 'conv2dWeightGradient',
  inputs: ['x', 'dy'],
  outputs: ['dweight'],
  infer: ([x, dy], attributes) => {
    const op = 'conv2dWeightGradient'
    const input = expectRank(op, 'x', x, 4)
    const dweight = f32(expectRank(op, 'dy', dy, 4)[1]!, input[1]! / (attributes.groups ?? 1), ...attributes.kernel)
    expectShape(op, 'dy', dy, outputType(op, input, dweight.shape, attributes).shape)
    return [dweight]
  },
  cost: ([, dy], [dweight]) => ({ macs: macs(dy!, dweight!) }),
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
