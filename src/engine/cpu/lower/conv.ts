/** Convolution and its gradients to kernel calls. How the work is cut depends on shapes alone, never on threads. */
import type { Node, Value } from '../../../graph/graph.js'
import type { NormAttributes } from '../../../ops/batch-norm.js'
import type { StatisticsConvAttributes } from '../../../ops/fused.js'
import type { NormaliseAttributes, ReduceAttributes } from '../../../ops/fused-norm.js'
import type { ConvAttributes, Pair } from '../../../ops/window.js'
import { invariant } from '../../../util/errors.js'
import { connections } from '../groups.js'
import { BLOCK } from '../layout.js'
import { packedFloats, pushPacked } from './bf16.js'
import { type Context, type Lowering, NONE } from './lowering.js'
import { normArguments, reductionArguments } from './norm.js'
import { pushWeight, suitsWinograd, tileBands, winogradFloats, winogradSizes } from './winograd.js'

/** Pieces a layer is cut into where its batch alone gives fewer: enough to keep several threads busy. */
const PIECES = 16
/** Pieces of the weight gradient, each with partial sums of its own. */
const CHUNKS = 16
/** Room for all partial sums of one weight gradient, in floats (8 MiB): more would not stay in cache. */
const PARTIALS = 2 ** 21

/** Floats of the widest weight whose 36 sums a pair of channels still stay in L2 (64 by 64 channels). */
const WINOGRAD_WEIGHT = 9 * 64 * 64

function geometry(x: readonly number[], y: readonly number[], [kh, kw]: Pair, a: ConvAttributes) {
  const [n, c, h, w] = x as [number, number, number, number]
  const [, o, oh, ow] = y as [number, number, number, number]
  const [[sh, sw], [ph, pw], [dh, dw]] = [a.stride, a.padding, a.dilation]
  return { n, c, h, w, o, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups: a.groups ?? 1 }
}

const shape = (value: Value) => value.type.shape
const kernelOf = (weight: Value) => shape(weight).slice(2) as unknown as Pair

/** Bands of rows an image is cut into: one where the batch is large enough. */
export function bandsOf(n: number, rows: number): number {
  return Math.min(rows, Math.max(1, Math.ceil(PIECES / n)))
}

/**
 * Bands of a convolution that takes no statistics: its pieces are bands by parts of the output channels (native/conv.cc).
 * Each band reads all weights, each part all inputs: of the cuts into enough pieces, that which reads least.
 */
function bandsOfFewest({ n, c, h, w, o, oh, kh, kw, groups }: ReturnType<typeof geometry>): number {
  const most = bandsOf(n, oh)
  const weights = (o * c * kh * kw) / groups
  const parts = Math.ceil(o / (2 * BLOCK))
  let best = most
  let least = Number.POSITIVE_INFINITY
  for (let bands = 1; bands <= most; bands++) {
    const cut = Math.min(parts, Math.ceil(PIECES / (n * bands)))
    if (bands * cut * n < PIECES) continue
    const reads = bands * weights + cut * c * h * w
    if (reads < least) [best, least] = [bands, reads]
  }
  return best
}

/** Whether a reader of a norm's output can normalise it on the way: where images are cut into bands, a pass is cheap. */
export function normalisesInput({ op, inputs: [x] }: Node): boolean {
  const [n, , rows] = shape(x!) as [number, number, number]
  return op === 'reduceNormGradient' || bandsOf(n, rows) === 1
}

/** What a convolution does to its input on the way, and to its output while it is in cache. */
interface Around {
  /** Scale, shift, mean and variance of a norm that the input passes through, or none. */
  readonly norm?: readonly Value[]
  readonly bias?: Value | undefined
  readonly residual?: Value | undefined
  readonly statistics?: Value | undefined
  readonly relu?: boolean
  readonly bands?: number
}

/** Whether a node is a forward convolution that gains by Winograd's algorithm. That takes statistics of whole images. */
export function winogradPays({ op, attributes, inputs: [x, weight], outputs: [y] }: Node): boolean {
  if (op !== 'conv2d' && op !== 'conv2dStatistics' && op !== 'conv2dActivation') return false
  const conv = attributes as ConvAttributes & { readonly bands?: number }
  const sizes = geometry(shape(x!), shape(y!), kernelOf(weight!), conv)
  if (conv.precision) return false
  const fixed = op === 'conv2dActivation' // of a folded norm
  return suitsWinograd(sizes, kernelOf(weight!), conv, fixed) && (conv.bands ?? 1) === 1
}

/** Whether a convolution or one of its gradients, in float32, is computed by Winograd's algorithm. */
export function isWinograd(node: Node): boolean {
  const { precision: _, ...attributes } = node.attributes
  const conv = attributes as unknown as ConvAttributes & { readonly kernel: Pair }
  const [from, other] = node.inputs as [Value, Value]
  const to = node.outputs[0]!
  if (node.op.startsWith('conv2dInputGradient')) {
    const sizes = geometry(shape(to), shape(from), kernelOf(other), conv)
    return suitsWinograd(gradientSizes(sizes), kernelOf(other), conv)
  }
  if (node.op.startsWith('conv2dWeightGradient'))
    return winogradWeightPays(geometry(shape(from), shape(other), conv.kernel, conv), conv)
  return winogradPays({ ...node, attributes })
}

function emitConv(
  [x, weight]: readonly [Value, Value],
  y: Value,
  attributes: ConvAttributes & { readonly epsilon?: number; readonly relu?: boolean },
  context: Context,
  { norm = [], bias, residual, statistics, relu = false, bands }: Around = {},
): void {
  const { tape, at, layout } = context
  const sizes = geometry(shape(x), shape(y), kernelOf(weight), attributes)
  const common = {
    x: at(x),
    weight: at(weight),
    y: at(y),
    bias: bias ? at(bias) : NONE,
    residual: residual ? at(residual) : NONE,
    relu: Number(relu),
    statistics: statistics ? at(statistics) : NONE,
  }
  const wanted = bands ?? (attributes.winograd ? bandsOf(sizes.n, sizes.oh) : bandsOfFewest(sizes))
  const prologue = normArguments(norm, attributes, context)
  if (attributes.precision) {
    invariant(!bias && !relu, 'a convolution of rounded operands takes no bias and no ReLU: it is one of training')
    const { x: from, y: to, residual: added, statistics: slots } = common
    pushPacked(tape, common.weight, context.workspace, blocksOf(weight, attributes), false)
    const operands = { x: from, weight: context.workspace, y: to, residual: added, statistics: slots }
    tape.push('conv2d_bf16', { ...operands, ...prologue, ...sizes, bands: wanted })
  } else if (attributes.winograd)
    tape.push('conv2d_winograd', {
      ...common,
      ...prologue,
      ...reductionArguments([], undefined, {}, context),
      ...winogradSizes(sizes),
      bands: tileBands(sizes.oh, sizes.ow, wanted),
    })
  else if (layout(x) === 'plain') tape.push('conv2d_plain', { ...common, ...sizes, bands: wanted })
  else tape.push('conv2d', { ...common, ...prologue, ...sizes, bands: wanted })
}

/** Room for the weight as a convolution of rounded operands takes it. */
function forwardWorkspace(weight: Value, attributes: ConvAttributes): number {
  return attributes.precision ? packedFloats(blocksOf(weight, attributes), false) : 0
}

export const conv2d: Lowering<ConvAttributes> = {
  workspace: ({ inputs: [, weight] }, attributes) => forwardWorkspace(weight!, attributes),
  emit({ inputs: [x, weight], outputs: [y] }, attributes, context) {
    emitConv([x!, weight!], y!, attributes, context)
  },
}

export const conv2dStatistics: Lowering<StatisticsConvAttributes> = {
  workspace: ({ inputs: [, weight] }, attributes) => forwardWorkspace(weight!, attributes),
  emit({ inputs: [x, weight, ...rest], outputs: [y, statistics] }, attributes, context) {
    const residual = attributes.add ? rest.shift() : undefined
    // A convolution that is run again for its output leaves statistics alone: they were kept.
    const wanted = context.isRead(statistics!) ? statistics : undefined
    const { bands } = attributes
    emitConv([x!, weight!], y!, attributes, context, { norm: rest, residual, statistics: wanted, bands })
  },
}

export const conv2dActivation: Lowering<ConvAttributes & { readonly relu: boolean }> = {
  emit({ inputs: [x, weight, bias, residual], outputs: [y] }, attributes, context) {
    emitConv([x!, weight!], y!, attributes, context, { bias, residual, relu: attributes.relu })
  },
}

/** Output blocks of a weight, input blocks stored for each, taps. */
function blocksOf(
  weight: Value,
  { groups = 1 }: Partial<ConvAttributes>,
): { oblocks: number; iblocks: number; taps: number } {
  const [o, i, kh, kw] = shape(weight) as [number, number, number, number]
  return { oblocks: Math.ceil(o / BLOCK), iblocks: connections(o, i * groups, groups).most, taps: kh * kw }
}

/** Floats of a weight with input and output exchanged. */
function transposedFloats(weight: Value, { groups = 1 }: ConvAttributes): number {
  const [o, i, kh, kw] = shape(weight) as [number, number, number, number]
  const blocks = Math.ceil((i * groups) / BLOCK) * connections(i * groups, o, groups).most
  return blocks * kh * kw * BLOCK * BLOCK
}

/** The input gradient as a convolution of dy: input and output change places, padding becomes what it lacks to 2. */
function gradientSizes(sizes: ReturnType<typeof geometry>) {
  const { n, c, h, w, o, oh, ow, ph, pw } = sizes
  return { n, c: o, h: oh, w: ow, o: c, oh: h, ow: w, ph: 2 - ph, pw: 2 - pw }
}

/** The transposed weight, and its transformed form if Winograd is used. */
function gradientWorkspace(dy: Value, weight: Value, dx: Value, attributes: ConvAttributes): number {
  if (attributes.precision) return packedFloats(blocksOf(weight, attributes), true)
  const { oblocks, iblocks } = blocksOf(weight, attributes)
  const sizes = geometry(shape(dx), shape(dy), kernelOf(weight), attributes)
  const winograd = suitsWinograd(gradientSizes(sizes), kernelOf(weight), attributes)
  return transposedFloats(weight, attributes) + (winograd ? winogradFloats(oblocks, iblocks) : 0)
}

/** Bands of rows into which an input gradient cuts an image. */
export function gradientBands({ inputs: [dy, weight], outputs: [dx], attributes }: Node): number {
  return gradientBandsOf(dx!, dy!, weight!, attributes as unknown as ConvAttributes)
}

function gradientBandsOf(dx: Value, dy: Value, weight: Value, attributes: ConvAttributes): number {
  const sizes = geometry(shape(dx), shape(dy), kernelOf(weight), attributes)
  const bands = bandsOf(sizes.n, sizes.h)
  const winograd = !attributes.precision && suitsWinograd(gradientSizes(sizes), kernelOf(weight), attributes)
  return winograd ? tileBands(sizes.h, sizes.w, bands) : bands
}

/** What the first half of a norm's backward pass needs, which follows the gradient: its inputs, and where sums go. */
interface Reduce {
  readonly inputs: readonly Value[]
  readonly sums: Value | undefined
  readonly attributes: Partial<ReduceAttributes>
}
const noReduction: Reduce = { inputs: [], sums: undefined, attributes: {} }

/** The weight is transposed into the workspace first: 1 / (N · OH · OW) of the layer's work. */
function emitInputGradient(
  [dy, weight, addend]: readonly [Value, Value, (Value | undefined)?],
  dx: Value,
  attributes: ConvAttributes,
  context: Context,
  reduce: Reduce = noReduction,
): void {
  const { tape, at, workspace } = context
  const sizes = geometry(shape(dx), shape(dy), kernelOf(weight), attributes)
  const { oblocks, iblocks, taps } = blocksOf(weight, attributes)
  const { o, c, groups } = sizes
  const added = addend ? at(addend) : NONE
  const reduction = reductionArguments(reduce.inputs, reduce.sums, reduce.attributes, context)
  const bands = gradientBandsOf(dx, dy, weight, attributes)
  if (attributes.precision) {
    pushPacked(tape, at(weight), workspace, { oblocks, iblocks, taps }, true)
    const operands = { dy: at(dy), weight: workspace, dx: at(dx), addend: added }
    tape.push('conv2d_input_gradient_bf16', { ...operands, ...reduction, ...sizes, bands })
    return
  }
  const turned = { weight: at(weight), y: workspace, taps }
  if (groups === 1) tape.push('transpose_weight', { ...turned, oblocks, iblocks })
  else tape.push('transpose_grouped_weight', { ...turned, o, c, groups })
  const flipped = gradientSizes(sizes)
  if (suitsWinograd(flipped, kernelOf(weight), attributes)) {
    const transformed = workspace + transposedFloats(weight, attributes)
    pushWeight(tape, workspace, transformed, iblocks, oblocks, 1)
    tape.push('conv2d_winograd', {
      x: at(dy),
      weight: transformed,
      y: at(dx),
      bias: NONE,
      residual: added,
      relu: 0,
      statistics: NONE,
      ...normArguments([], {}, context),
      ...reduction,
      ...flipped,
      bands,
    })
  } else
    tape.push('conv2d_input_gradient', {
      dy: at(dy),
      weight: workspace,
      dx: at(dx),
      addend: added,
      ...reduction,
      ...sizes,
      bands,
    })
}

export const conv2dInputGradient: Lowering<ConvAttributes & { readonly size: Pair }> = {
  workspace: ({ inputs: [dy, weight], outputs: [dx] }, attributes) => gradientWorkspace(dy!, weight!, dx!, attributes),
  emit({ inputs: [dy, weight, addend], outputs: [dx] }, attributes, context) {
    emitInputGradient([dy!, weight!, addend], dx!, attributes, context)
  },
}

export const conv2dInputGradientAdd = conv2dInputGradient

function gradientReduce(adds: boolean): Lowering<ConvAttributes & ReduceAttributes & { readonly size: Pair }> {
  return {
    workspace: ({ inputs: [dy, weight], outputs: [dz] }, attributes) =>
      gradientWorkspace(dy!, weight!, dz!, attributes),
    emit({ inputs: [dy, weight, ...rest], outputs: [dz, sums] }, attributes, context) {
      const addend = adds ? rest.shift() : undefined
      emitInputGradient([dy!, weight!, addend], dz!, attributes, context, { inputs: rest, sums, attributes })
    },
  }
}
export const conv2dInputGradientReduce = gradientReduce(false)
export const conv2dInputGradientAddReduce = gradientReduce(true)

export const winogradWeight: Lowering<Record<never, never>> = {
  emit({ inputs: [weight], outputs: [transformed] }, _, { tape, at }) {
    const { oblocks, iblocks } = blocksOf(weight!, {})
    pushWeight(tape, at(weight!), at(transformed!), oblocks, iblocks, 0)
  },
}

/** Takes a norm's factor into the rows of 16 output channels of a weight. */
export const foldBatchNorm: Lowering<NormAttributes> = {
  emit({ inputs, outputs }, { epsilon }, { tape, at, size }) {
    const [weight, scale, shift, mean, variance] = inputs.map(at) as [number, number, number, number, number]
    const [folded, bias] = outputs.map(at) as [number, number]
    const oblocks = Math.ceil(shape(inputs[0]!)[0]! / BLOCK)
    const inner = size(inputs[0]!) / (oblocks * BLOCK)
    tape.push('fold_batch_norm', { weight, scale, shift, mean, variance, folded, bias, epsilon, oblocks, inner })
  },
}

/** Chunks of the batch and parts of the output blocks: wide layers are cut by output so that partial sums stay small. */
function cutWeightGradient(n: number, oblocks: number, floats: number): { chunks: number; parts: number } {
  const chunks = Math.max(1, Math.min(n, CHUNKS, Math.floor(PARTIALS / floats)))
  return { chunks, parts: Math.min(oblocks, Math.ceil(CHUNKS / chunks)) }
}

/** Whether a weight gradient is computed by Winograd's algorithm: to gain by it, its sums must stay in cache. */
function winogradWeightPays(
  sizes: ReturnType<typeof geometry>,
  attributes: ConvAttributes & { readonly kernel: Pair },
) {
  const { o, c, kh, kw } = sizes
  const floats = Math.ceil(o / BLOCK) * Math.ceil(c / BLOCK) * kh * kw * BLOCK * BLOCK
  const cached = floats <= WINOGRAD_WEIGHT
  return suitsWinograd(sizes, attributes.kernel, attributes) && (cached || attributes.algorithm === 'winograd')
}

type WeightGradientAttributes = ConvAttributes & Partial<NormaliseAttributes> & { readonly kernel: Pair }

export const conv2dWeightGradient: Lowering<WeightGradientAttributes> = {
  workspace({ inputs: [x], outputs: [dweight] }, attributes) {
    const { oblocks, iblocks, taps } = blocksOf(dweight!, attributes)
    const floats = oblocks * iblocks * taps * BLOCK * BLOCK
    return cutWeightGradient(shape(x!)[0]!, oblocks, floats).chunks * floats
  },
  emit({ inputs: [x, dy, ...norm], outputs: [dweight] }, attributes, context) {
    const { tape, at, layout, size, workspace: partials } = context
    const sizes = geometry(shape(x!), shape(dy!), attributes.kernel, attributes)
    const common = { x: at(x!), dy: at(dy!), partials }
    const prologue = normArguments(norm, attributes, context)
    const count = size(dweight!)
    if (!attributes.precision && winogradWeightPays(sizes, attributes)) {
      const { chunks } = cutWeightGradient(sizes.n, 1, count)
      tape.push('conv2d_weight_gradient_winograd', { ...common, ...prologue, ...winogradSizes(sizes), chunks })
      tape.push('sum_partials', { partials, y: at(dweight!), count, chunks })
      return
    }
    const { oblocks, taps } = blocksOf(dweight!, attributes)
    const { chunks, parts } = cutWeightGradient(sizes.n, oblocks, count)
    if (attributes.precision)
      tape.push('conv2d_weight_gradient_bf16', { ...common, ...prologue, ...sizes, chunks, parts })
    else if (layout(x!) === 'plain') tape.push('conv2d_weight_gradient_plain', { ...common, ...sizes, chunks, parts })
    else tape.push('conv2d_weight_gradient', { ...common, ...prologue, ...sizes, chunks, parts })
    tape.push('sum_partials', { partials, y: at(dweight!), count, chunks })
    const { o, c, groups } = sizes
    if (groups > 1) tape.push('keep_groups', { weight: at(dweight!), o, c, taps, groups })
  },
}

export const conv2dWeightGradientNormalised = conv2dWeightGradient
