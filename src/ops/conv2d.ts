/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning) and its two gradients. x [N, I, H,
 * W], weight [O, I / groups, KH, KW] → y [N, O, OH, OW]. Input and output channels are divided into `groups`; a group
 * of output channels reads its own group of input channels only. Each gradient is an operation of its own.
 *
 * All three take more operands by name. Passes of the plan use them to fuse neighbours into the convolution, which
 * saves passes over memory: a norm of the input; bias, addend and ReLU of the output; and the statistics or sums that
 * the next norm needs. A fused operation computes exactly what its parts compute.
 */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { sumPixels } from './add-bias.js'
import { expectVectors } from './batch-norm.js'
import { expectReduction } from './fused-norm.js'
import { defineOp, expectRank, expectShape } from './op.js'
import { type ConvAttributes, type Pair, WINOGRAD_POINTS, WINOGRAD_TAPS, windowSize } from './window.js'

/** The norm, with known statistics, of the input x. Its four operands come together. */
type InputNorm = {
  readonly normEpsilon?: number
  /** Whether a ReLU follows the norm. */
  readonly normRelu?: boolean
}

/** Checks the norm of an input: all of its operands and `normEpsilon`, or none of them. */
function expectInputNorm(
  op: string,
  x: TensorType | undefined,
  [normScale, normShift, normMean, normVariance]: readonly (TensorType | undefined)[],
  { normEpsilon }: InputNorm,
): void {
  const vectors = { normScale, normShift, normMean, normVariance }
  if (normEpsilon !== undefined) expectVectors(op, x, vectors)
  else if (Object.values(vectors).some(Boolean))
    throw new ShapeError(`${op}: a norm of x needs the attribute normEpsilon`)
}

/**
 * The attributes of a convolution. It adds the operand `bias` [O] to the sums, then `addend`, which has the shape of y,
 * and then applies a ReLU if `relu` is set.
 */
export type Conv2dAttributes = ConvAttributes &
  InputNorm & {
    readonly relu?: boolean
    /**
     * Adds the second result, `statistics` of y: the mean and the sum of squared deviations of each band of rows, [N ·
     * bands, 2, O]. `imageStatistics` computes the same for whole images.
     */
    readonly bands?: number
  }

/** The attributes of an input gradient; `size` is the height and width of x. */
export type Conv2dInputGradientAttributes = ConvAttributes & {
  readonly size: Pair
  /** Epsilon of the norm that the operands `norm…` belong to. */
  readonly normEpsilon?: number
  /** Adds the second result, `sums` of bands of rows. `reduceNormGradient` computes the same for whole images. */
  readonly bands?: number
}

/** The attributes of a weight gradient; `kernel` is the height and width of the weight. */
export type Conv2dWeightGradientAttributes = ConvAttributes & InputNorm & { readonly kernel: Pair }

/** The most channels that groups can divide: a table lists which blocks of them are connected. */
const MOST_GROUPED = 0x100_0000

/** Infers the output shape of a convolution from its input and weight. */
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

/** Height and width of the kernel. The weight tells them unless it is transformed. */
function kernelSize(op: string, weight: readonly number[], { winograd = false }: ConvAttributes): Pair {
  const [, , kh, kw] = weight as [number, number, number, number]
  if (!winograd) return [kh, kw]
  if (kh !== WINOGRAD_POINTS || kw !== WINOGRAD_POINTS)
    throw new ShapeError(`${op}: a transformed weight has 6x6 points, got ${kh}x${kw}`)
  return [WINOGRAD_TAPS, WINOGRAD_TAPS]
}

/** Multiply-adds of the convolution as a direct sum, whatever the algorithm. Both gradients cost the same. */
function macs(dy: TensorType, { shape }: TensorType, { winograd = false }: Partial<ConvAttributes> = {}): number {
  const [n, , oh, ow] = dy.shape as [number, number, number, number]
  const taps = winograd ? WINOGRAD_TAPS * WINOGRAD_TAPS : shape[2]! * shape[3]!
  return n * oh * ow * shape[0]! * shape[1]! * taps
}

export const conv2d = /* @__PURE__ */ defineOp<Conv2dAttributes>()({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias?', 'addend?', 'normScale?', 'normShift?', 'normMean?', 'normVariance?'],
  outputs: ['y', 'statistics?'],
  infer: ([x, weight, bias, addend, ...norm], attributes) => {
    const y = outputType(
      'conv2d',
      expectRank('conv2d', 'x', x, 4),
      expectRank('conv2d', 'weight', weight, 4),
      attributes,
    )
    const [n, o] = y.shape as [number, number]
    if (bias) expectShape('conv2d', 'bias', bias, [o])
    if (addend) expectShape('conv2d', 'addend', addend, y.shape)
    expectInputNorm('conv2d', x, norm, attributes)
    return attributes.bands === undefined ? [y] : [y, f32(n * attributes.bands, 2, o)]
  },
  cost: ([, weight], [y], attributes) => ({ macs: macs(y!, weight!, attributes) }),
  // Arenas of pre-activation nets pack worse if a sum that is normalised next overwrites the shortcut.
  inPlace: ({ bands }) => (bands === undefined ? [['y', 'addend']] : []),
  gradient: ({ attributes, inputs, outputGradients, needed, emit }) => {
    const [x, weight, , , normScale] = inputs
    const { relu, bands, ...plain } = attributes
    if (relu || bands !== undefined || normScale)
      throw new ShapeError(
        'conv2d: a convolution with a fused norm, ReLU or statistics has no gradient; differentiate before passes of the plan fuse them',
      )
    const dy = outputGradients[0]!
    const size = x!.type.shape.slice(2) as unknown as Pair
    const kernel = weight!.type.shape.slice(2) as unknown as Pair
    return [
      needed[0] ? emit(conv2dInputGradient, { ...plain, size }, [dy, weight!])[0] : undefined,
      needed[1] ? emit(conv2dWeightGradient, { ...plain, kernel }, [x!, dy])[0] : undefined,
      needed[2] ? emit(sumPixels, {}, [dy])[0] : undefined,
      dy,
    ]
  },
})

/**
 * dx of a convolution, plus `addend` where two gradients meet. With the operands of the norm that made this
 * convolution's input, it also masks dx and takes its sums, as `reduceNormGradient` does.
 */
export const conv2dInputGradient = /* @__PURE__ */ defineOp<Conv2dInputGradientAttributes>()({
  name: 'conv2dInputGradient',
  inputs: ['dy', 'weight', 'addend?', 'normX?', 'normMean?', 'normY?', 'normScale?', 'normShift?', 'normVariance?'],
  outputs: ['dx', 'sums?'],
  infer: ([dy, weight, addend, x, mean, y, scale, shift, variance], attributes) => {
    const op = 'conv2dInputGradient'
    const shape = expectRank(op, 'dy', dy, 4)
    const kernel = expectRank(op, 'weight', weight, 4)
    const dx = f32(shape[0]!, kernel[1]! * (attributes.groups ?? 1), ...attributes.size)
    expectShape(op, 'dy', dy, outputType(op, dx.shape, kernel, attributes).shape)
    if (addend) expectShape(op, 'addend', addend, dx.shape)
    const { bands } = attributes
    if ((bands === undefined) !== (x === undefined))
      throw new ShapeError(`${op}: sums need both the operands of a norm and the attribute bands`)
    if (bands === undefined) return [dx]
    const channels = expectReduction(op, dx, { x, mean, y, scale, shift, variance })
    return [dx, f32(dx.shape[0]! * bands, 2, channels)]
  },
  cost: ([dy, weight]) => ({ macs: macs(dy!, weight!) }),
  inPlace: [['dx', 'addend']],
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/** dweight of a convolution. Its input may pass through a fused norm. */
export const conv2dWeightGradient = /* @__PURE__ */ defineOp<Conv2dWeightGradientAttributes>()({
  name: 'conv2dWeightGradient',
  inputs: ['x', 'dy', 'normScale?', 'normShift?', 'normMean?', 'normVariance?'],
  outputs: ['dweight'],
  infer: ([x, dy, ...norm], attributes) => {
    const op = 'conv2dWeightGradient'
    const input = expectRank(op, 'x', x, 4)
    const dweight = f32(expectRank(op, 'dy', dy, 4)[1]!, input[1]! / (attributes.groups ?? 1), ...attributes.kernel)
    expectShape(op, 'dy', dy, outputType(op, input, dweight.shape, attributes).shape)
    expectInputNorm(op, x, norm, attributes)
    return [dweight]
  },
  cost: ([, dy], [dweight]) => ({ macs: macs(dy!, dweight!) }),
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
