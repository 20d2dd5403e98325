/** Lowers convolution and its gradients to kernel calls. Shapes alone decide how the work is cut, never threads. */
import type { Node, Value } from '../../../graph/graph.js'
import type { NormAttributes } from '../../../ops/batch-norm.js'
import type {
  Conv2dAttributes,
  Conv2dInputGradientAttributes,
  Conv2dWeightGradientAttributes,
} from '../../../ops/conv2d.js'
import { type OptionalOperandsOf, operandsOf } from '../../../ops/operands.js'
import type { ConvAttributes, Pair } from '../../../ops/window.js'
import { invariant } from '../../../util/errors.js'
import { connections } from '../groups.js'
import { BLOCK } from '../layout.js'
import { packedFloats, pushPacked } from './bf16.js'
import { type Context, type Lowering, NONE } from './lowering.js'
import { normArguments, reductionArguments } from './norm.js'
import { pushWeight, suitsWinograd, tileBands, winogradFloats, winogradSizes } from './winograd.js'

/** Pieces that a layer is cut into if its batch gives fewer: enough to keep several threads busy. */
const PIECES = 16
/** Pieces of the weight gradient, each with partial sums of its own. */
const CHUNKS = 16
/** Room for all partial sums of one weight gradient, in floats (8 MiB). More would not stay in cache. */
const PARTIALS = 2 ** 21

/** Floats of the widest weight whose 36 sums per pair of channels still stay in L2 (64 by 64 channels). */
const WINOGRAD_WEIGHT = 9 * 64 * 64

function geometry(x: readonly number[], y: readonly number[], [kh, kw]: Pair, a: ConvAttributes) {
  const [n, c, h, w] = x as [number, number, number, number]
  const [, o, oh, ow] = y as [number, number, number, number]
  const [[sh, sw], [ph, pw], [dh, dw]] = [a.stride, a.padding, a.dilation]
  return { n, c, h, w, o, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups: a.groups ?? 1 }
}

const shape = (value: Value) => value.type.shape
const kernelOf = (weight: Value) => shape(weight).slice(2) as unknown as Pair

/** Number of bands of rows that an image is cut into: one if the batch is large enough. */
export function bandsOf(n: number, rows: number): number {
  return Math.min(rows, Math.max(1, Math.ceil(PIECES / n)))
}

/**
 * Bands of a convolution without statistics. Its pieces are bands times parts of the output channels (native/conv.cc).
 * Each band reads all weights, each part all inputs. This picks the cut into enough pieces that reads least.
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

/** Whether a node can normalise its input while it reads it. If images are cut into bands, a separate pass is cheap. */
export function normalisesInput({ op, inputs: [x] }: Node): boolean {
  const [n, , rows] = shape(x!) as [number, number, number]
  return op === 'reduceNormGradient' || bandsOf(n, rows) === 1
}

/**
 * Whether a node is a forward convolution that gains by Winograd's algorithm, which takes statistics of whole images.
 */
export function winogradPays(node: Node): boolean {
  if (node.op !== 'conv2d') return false
  const { x, weight, bias } = operandsOf('conv2d', node)
  const attributes = node.attributes as Conv2dAttributes
  if (attributes.precision) return false
  const sizes = geometry(shape(x), shape(node.outputs[0]!), kernelOf(weight), attributes)
  const fixed = bias !== undefined // the bias of a folded norm
  return suitsWinograd(sizes, kernelOf(weight), attributes, fixed) && (attributes.bands ?? 1) === 1
}

/** Whether a convolution or one of its gradients, in float32, is computed by Winograd's algorithm. */
export function isWinograd(node: Node): boolean {
  const { precision: _, ...attributes } = node.attributes
  const conv = attributes as unknown as ConvAttributes & { readonly kernel: Pair }
  const to = node.outputs[0]!
  if (node.op === 'conv2dInputGradient') {
    const { dy, weight } = operandsOf('conv2dInputGradient', node)
    const sizes = geometry(shape(to), shape(dy), kernelOf(weight), conv)
    return suitsWinograd(gradientSizes(sizes), kernelOf(weight), conv)
  }
  if (node.op === 'conv2dWeightGradient') {
    const { x, dy } = operandsOf('conv2dWeightGradient', node)
    return winogradWeightPays(geometry(shape(x), shape(dy), conv.kernel, conv), conv)
  }
  return winogradPays({ ...node, attributes })
}

/** Arguments of the norm that x passes through while it is read. */
function inputNormArguments(
  {
    normScale: scale,
    normShift: shift,
    normMean: mean,
    normVariance: variance,
  }: OptionalOperandsOf<'conv2dWeightGradient'>,
  { normEpsilon: epsilon, normRelu: relu }: { readonly normEpsilon?: number; readonly normRelu?: boolean },
  context: Context,
) {
  return normArguments({ scale, shift, mean, variance }, { epsilon, relu }, context)
}

export const conv2d: Lowering<Conv2dAttributes> = {
  /** Room for the weight, packed for a convolution of rounded operands. */
  workspace(node, attributes) {
    const { weight } = operandsOf('conv2d', node)
    return attributes.precision ? packedFloats(blocksOf(weight, attributes), false) : 0
  },
  emit(node, attributes, context) {
    const { tape, at, given, layout, isRead, workspace } = context
    const { x, weight, bias, addend, ...norm } = operandsOf('conv2d', node)
    const [y, statistics] = node.outputs as [Value, Value?]
    const { relu = false, bands, winograd, precision } = attributes
    const sizes = geometry(shape(x), shape(y), kernelOf(weight), attributes)
    const common = {
      ...{ x: at(x), weight: at(weight), y: at(y), bias: given(bias), addend: given(addend), relu: Number(relu) },
      // A convolution that runs again for its output does not write statistics: they were kept.
      statistics: statistics && isRead(statistics) ? at(statistics) : NONE,
    }
    const wanted = bands ?? (winograd ? bandsOf(sizes.n, sizes.oh) : bandsOfFewest(sizes))
    const prologue = inputNormArguments(norm, attributes, context)
    if (precision) {
      invariant(!bias && !relu, 'a convolution of rounded operands trains, so it takes no bias and no ReLU')
      const { bias: _, relu: __, ...operands } = common
      pushPacked(tape, common.weight, workspace, blocksOf(weight, attributes), false)
      tape.push('conv2d_bf16', { ...operands, weight: workspace, ...prologue, ...sizes, bands: wanted })
    } else if (winograd)
      tape.push('conv2d_winograd', {
        ...common,
        ...prologue,
        ...reductionArguments({}, undefined, undefined, context),
        ...winogradSizes(sizes),
        bands: tileBands(sizes.oh, sizes.ow, wanted),
      })
    else if (layout(x) === 'plain') tape.push('conv2d_plain', { ...common, ...sizes, bands: wanted })
    else tape.push('conv2d', { ...common, ...prologue, ...sizes, bands: wanted })
  },
}

/** Output blocks of a weight, input blocks stored for each, and taps. */
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

/** The input gradient as a convolution of dy: input and output are exchanged, padding p becomes 2 − p. */
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

/** Number of bands of rows that an input gradient cuts an image into. */
export function gradientBands(node: Node): number {
  const { dy, weight } = operandsOf('conv2dInputGradient', node)
  return gradientBandsOf(node.outputs[0]!, dy, weight, node.attributes as unknown as ConvAttributes)
}

function gradientBandsOf(dx: Value, dy: Value, weight: Value, attributes: ConvAttributes): number {
  const sizes = geometry(shape(dx), shape(dy), kernelOf(weight), attributes)
  const bands = bandsOf(sizes.n, sizes.h)
  const winograd = !attributes.precision && suitsWinograd(gradientSizes(sizes), kernelOf(weight), attributes)
  return winograd ? tileBands(sizes.h, sizes.w, bands) : bands
}

export const conv2dInputGradient: Lowering<Conv2dInputGradientAttributes> = {
  workspace(node, attributes) {
    const { dy, weight } = operandsOf('conv2dInputGradient', node)
    return gradientWorkspace(dy, weight, node.outputs[0]!, attributes)
  },
  /** The weight is first transposed into the workspace. That is 1 / (N · OH · OW) of the layer's work. */
  emit(node, attributes, context) {
    const { tape, at, given, workspace } = context
    const { dy, weight, addend, ...norm } = operandsOf('conv2dInputGradient', node)
    const [dx, sums] = node.outputs as [Value, Value?]
    const sizes = geometry(shape(dx), shape(dy), kernelOf(weight), attributes)
    const { oblocks, iblocks, taps } = blocksOf(weight, attributes)
    const { o, c, groups } = sizes
    const { normX: x, normMean: mean, normY: y, normScale: scale, normShift, normVariance: variance } = norm
    const operands = { x, mean, y, scale, shift: normShift, variance }
    const reduction = reductionArguments(operands, sums, attributes.normEpsilon, context)
    const bands = gradientBandsOf(dx, dy, weight, attributes)
    const common = { dy: at(dy), weight: workspace, dx: at(dx), addend: given(addend), ...reduction, ...sizes, bands }
    if (attributes.precision) {
      pushPacked(tape, at(weight), workspace, { oblocks, iblocks, taps }, true)
      tape.push('conv2d_input_gradient_bf16', common)
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
        ...{ x: at(dy), weight: transformed, y: at(dx), bias: NONE, addend: given(addend), relu: 0, statistics: NONE },
        ...normArguments({}, {}, context),
        ...reduction,
        ...flipped,
        bands,
      })
    } else tape.push('conv2d_input_gradient', common)
  },
}

export const winogradWeight: Lowering<Record<never, never>> = {
  emit({ inputs: [weight], outputs: [transformed] }, _, { tape, at }) {
    const { oblocks, iblocks } = blocksOf(weight!, {})
    pushWeight(tape, at(weight!), at(transformed!), oblocks, iblocks, 0)
  },
}

/** Multiplies a norm's factor into the rows of 16 output channels of a weight. */
export const foldBatchNorm: Lowering<NormAttributes> = {
  emit({ inputs, outputs }, { epsilon }, { tape, at, size }) {
    const [weight, scale, shift, mean, variance] = inputs.map(at) as [number, number, number, number, number]
    const [folded, bias] = outputs.map(at) as [number, number]
    const oblocks = Math.ceil(shape(inputs[0]!)[0]! / BLOCK)
    const inner = size(inputs[0]!) / (oblocks * BLOCK)
    tape.push('fold_batch_norm', { weight, scale, shift, mean, variance, folded, bias, epsilon, oblocks, inner })
  },
}

/**
 * Chunks of the batch, and parts of the output blocks. Wide layers are cut by output, so that partial sums stay small.
 */
function cutWeightGradient(n: number, oblocks: number, floats: number): { chunks: number; parts: number } {
  const chunks = Math.max(1, Math.min(n, CHUNKS, Math.floor(PARTIALS / floats)))
  return { chunks, parts: Math.min(oblocks, Math.ceil(CHUNKS / chunks)) }
}

/** Whether a weight gradient uses Winograd's algorithm. It gains only if its sums stay in cache. */
function winogradWeightPays(
  sizes: ReturnType<typeof geometry>,
  attributes: ConvAttributes & { readonly kernel: Pair },
) {
  const { o, c, kh, kw } = sizes
  const floats = Math.ceil(o / BLOCK) * Math.ceil(c / BLOCK) * kh * kw * BLOCK * BLOCK
  const cached = floats <= WINOGRAD_WEIGHT
  return suitsWinograd(sizes, attributes.kernel, attributes) && (cached || attributes.algorithm === 'winograd')
}

export const conv2dWeightGradient: Lowering<Conv2dWeightGradientAttributes> = {
  workspace(node, attributes) {
    const { x } = operandsOf('conv2dWeightGradient', node)
    const { oblocks, iblocks, taps } = blocksOf(node.outputs[0]!, attributes)
    const floats = oblocks * iblocks * taps * BLOCK * BLOCK
    return cutWeightGradient(shape(x)[0]!, oblocks, floats).chunks * floats
  },
  emit(node, attributes, context) {
    const { tape, at, layout, size, workspace: partials } = context
    const { x, dy, ...norm } = operandsOf('conv2dWeightGradient', node)
    const dweight = node.outputs[0]!
    const sizes = geometry(shape(x), shape(dy), attributes.kernel, attributes)
    const common = { x: at(x), dy: at(dy), partials }
    const prologue = inputNormArguments(norm, attributes, context)
    const count = size(dweight)
    if (!attributes.precision && winogradWeightPays(sizes, attributes)) {
      const { chunks } = cutWeightGradient(sizes.n, 1, count)
      tape.push('conv2d_weight_gradient_winograd', { ...common, ...prologue, ...winogradSizes(sizes), chunks })
      tape.push('sum_partials', { partials, y: at(dweight), count, chunks })
      return
    }
    const { oblocks, taps } = blocksOf(dweight, attributes)
    const { chunks, parts } = cutWeightGradient(sizes.n, oblocks, count)
    if (attributes.precision)
      tape.push('conv2d_weight_gradient_bf16', { ...common, ...prologue, ...sizes, chunks, parts })
    else if (layout(x) === 'plain') tape.push('conv2d_weight_gradient_plain', { ...common, ...sizes, chunks, parts })
    else tape.push('conv2d_weight_gradient', { ...common, ...prologue, ...sizes, chunks, parts })
    tape.push('sum_partials', { partials, y: at(dweight), count, chunks })
    const { o, c, groups } = sizes
    if (groups > 1) tape.push('keep_groups', { weight: at(dweight), o, c, taps, groups })
  },
}
