/** Operations that passes of the plan make, and convolutions with all that passes join to them. */
import type { GraphBuilder } from '../../../src/graph/builder.js'
import { f32, type Value } from '../../../src/graph/graph.js'
import { conv2d, conv2dWeightGradient } from '../../../src/ops/conv2d.js'
import { foldBatchNorm } from '../../../src/ops/fold-batch-norm.js'
import {
  imageStatistics,
  mergeNormGradient,
  mergeStatistics,
  normalise,
  reduceNormGradient,
} from '../../../src/ops/fused-norm.js'
import { emit } from '../../../src/ops/op.js'
import type { Pair } from '../../../src/ops/window.js'
import { winogradWeight } from '../../../src/ops/winograd-weight.js'
import { type Case, compositeCase } from '../case.js'
import { type Argument, type Fill, normal, positive, type SingleOp, singleOp, ties } from '../single-op.js'

type Shape = readonly [number, number, number, number]

const epsilon = 1e-5
const activations = (shape: Shape, fill: Fill = normal(0.5, 2)) => ({ type: f32(...shape), fill })
const vector = (c: number, fill: Fill = positive) => ({ type: f32(c), fill, role: 'parameter' }) as const
const weights = (o: number, i: number, kernel: number) =>
  ({ type: f32(o, i, kernel, kernel), fill: normal(), role: 'parameter' }) as const
const square = (stride: number, padding: number) =>
  ({ stride: [stride, stride], padding: [padding, padding], dilation: [1, 1] }) as const

/** Statistics of the batch, then normalise: with a shortcut, with ReLU. */
function normalised(shape: Shape, withAddend: boolean, relu: boolean): Case {
  const [, c] = shape
  const title = `normalise ${shape.join('x')}${withAddend ? ' + addend' : ''}${relu ? ', ReLU' : ''}`
  const given = { x: activations(shape), scale: vector(c), shift: vector(c), addend: activations(shape, normal()) }
  return compositeCase('normalise', title, given, (builder, { x, scale, shift, addend }) => {
    const [statistics] = emit(builder, imageStatistics, {}, [x], 'test')
    return normaliseOutputs(builder, [x, statistics!, scale, shift], 1, relu, withAddend ? addend : undefined)
  })
}

function normaliseOutputs(
  builder: GraphBuilder,
  [x, statistics, scale, shift]: readonly [Value, Value, Value, Value],
  bands: number,
  relu: boolean,
  addend?: Value,
): Record<string, Value> {
  const [, , rows, columns] = x.type.shape as Shape
  const [mean, variance] = emit(builder, mergeStatistics, { rows, columns, bands }, [statistics], 'test')
  const inputs = [x, scale, shift, mean!, variance!]
  const [y] = emit(builder, normalise, { epsilon, relu }, inputs, 'test', { addend })
  return { y: y!, mean: mean!, variance: variance! }
}

/** A convolution that takes the statistics of its output by bands of rows, and the norm that merges them. */
function convStatistics(x: Shape, [o, kernel]: Pair, stride: number, bands: number, groups = 1): Case {
  const title = `conv2d with statistics ${x.join('x')} to ${o}, ${kernel}x${kernel} stride ${stride}, ${bands} bands, ${groups} groups, normalise`
  const given = { x: activations(x), weight: weights(o, x[1] / groups, kernel), scale: vector(o), shift: vector(o) }
  return compositeCase('conv2d', title, given, (builder, { x, weight, scale, shift }) => {
    const attributes = { ...square(stride, kernel >> 1), groups, bands }
    const [y, statistics] = emit(builder, conv2d, attributes, [x, weight], 'test')
    return { conv: y!, ...normaliseOutputs(builder, [y!, statistics!, scale, shift], bands, true) }
  })
}

/** The vectors of a norm with known statistics. */
const normVectors = (c: number) => ({
  scale: vector(c),
  shift: vector(c, normal()),
  mean: vector(c, normal()),
  variance: vector(c),
})

/** The same as operands of a convolution whose input passes through the norm. */
const inputNorm = ({ scale, shift, mean, variance }: Record<keyof ReturnType<typeof normVectors>, Value>) => ({
  normScale: scale,
  normShift: shift,
  normMean: mean,
  normVariance: variance,
})

/** A convolution of an input that is normalised on the way, by Winograd's algorithm or not, and a shortcut. */
function convOfNorm(
  x: Shape,
  [o, kernel]: Pair,
  stride: number,
  how: { winograd?: true; add?: true; groups?: number } = {},
) {
  const { groups = 1, add = false, winograd = false } = how
  const title = `conv2d with statistics of a norm ${x.join('x')} to ${o}, ${kernel}x${kernel} stride ${stride} ${JSON.stringify(how)}`
  const weight = weights(o, x[1] / groups, kernel)
  const addend = {
    type: conv2d.infer([f32(...x), weight.type], { ...square(stride, kernel >> 1), groups })[0]!,
    fill: normal(),
  }
  const given = { x: activations(x), weight, addend, ...normVectors(x[1]) }
  return compositeCase('conv2d', title, given, (builder, { x, weight, addend, ...norm }) => {
    const attributes = {
      ...square(stride, kernel >> 1),
      groups,
      bands: 1,
      normEpsilon: epsilon,
      normRelu: true,
      winograd,
    }
    const used = winograd ? emit(builder, winogradWeight, {}, [weight], 'test')[0]! : weight
    const optional = { ...(add && { addend }), ...inputNorm(norm) }
    const [y, statistics] = emit(builder, conv2d, attributes, [x, used], 'test', optional)
    const vectors = emit(builder, imageStatistics, {}, [y!], 'test')
    return { conv: y!, statistics: statistics!, again: vectors[0]! }
  })
}

/** The weight gradient of such a convolution. */
function weightGradientOfNorm(x: Shape, [o, kernel]: Pair, stride: number, relu: boolean, groups = 1): Case {
  const title = `conv2dWeightGradient of a norm ${x.join('x')} to ${o}, ${kernel}x${kernel} stride ${stride}, ${groups} groups, ReLU ${relu}`
  const attributes = {
    ...square(stride, kernel >> 1),
    groups,
    normEpsilon: epsilon,
    normRelu: relu,
    kernel: [kernel, kernel] as const,
  }
  const dy = {
    type: conv2d.infer([f32(...x), f32(o, x[1] / groups, kernel, kernel)], {
      ...square(stride, kernel >> 1),
      groups,
    })[0]!,
    fill: normal(),
  }
  const given = { x: activations(x), dy, ...normVectors(x[1]) }
  return compositeCase('conv2dWeightGradient', title, given, (builder, { x, dy, ...norm }) => ({
    dweight: emit(builder, conv2dWeightGradient, attributes, [x, dy], 'test', inputNorm(norm))[0]!,
  }))
}

type Mask = 'output' | 'norm' | 'none'
/** The operands that tell a mask. */
const maskOf = (mask: Mask, shape: Shape): Partial<Record<'y' | 'scale' | 'shift' | 'variance', Argument>> => {
  const { scale, shift, variance } = normVectors(shape[1])
  return { none: {}, output: { y: activations(shape, ties) }, norm: { scale, shift, variance } }[mask]
}

/** The backward pass over a norm, in three parts. */
function reduction(shape: Shape, mask: Mask): SingleOp {
  const given = [activations(shape, normal(0.1)), activations(shape), vector(shape[1], normal())]
  return singleOp('reduceNormGradient', { epsilon }, given, maskOf(mask, shape))
}

function merged(shape: Shape): Case {
  const { mean, variance } = normVectors(shape[1])
  const given = { dy: activations(shape, normal(0.1)), x: activations(shape), mean, variance }
  return compositeCase('mergeNormGradient', `mergeNormGradient ${shape.join('x')}`, given, (builder, values) => {
    const { dy, x, mean, variance } = values
    const [sums] = emit(builder, reduceNormGradient, { epsilon }, [dy, x, mean], 'test')
    const [dscale, dshift] = emit(builder, mergeNormGradient, { epsilon }, [sums!, variance], 'test')
    return { dscale: dscale!, dshift: dshift! }
  })
}

function application(shape: Shape, withAddend: boolean): SingleOp {
  const c = shape[1]
  const given = [
    activations(shape, normal(0.1)),
    activations(shape),
    vector(c),
    vector(c, normal()),
    vector(c),
    vector(c, normal()),
    vector(c, normal()),
  ]
  const addend = withAddend ? activations(shape, normal()) : undefined
  return singleOp('applyNormGradient', { epsilon }, given, { addend })
}

/** An input gradient that masks what it gives and takes its sums, alone or added to another gradient. */
function gradientReduce(x: Shape, [o, kernel]: Pair, stride: number, mask: Mask, bands: number, add = false): SingleOp {
  const weight = weights(o, x[1], kernel)
  const dy = { type: conv2d.infer([f32(...x), weight.type], square(stride, kernel >> 1))[0]!, fill: normal() }
  const { y, scale, shift, variance } = maskOf(mask, x)
  const attributes = { ...square(stride, kernel >> 1), size: [x[2], x[3]] as const, normEpsilon: epsilon, bands }
  return singleOp('conv2dInputGradient', attributes, [dy, weight], {
    addend: add ? activations(x, normal()) : undefined,
    ...{ normX: activations(x), normMean: vector(x[1], normal()), normY: y },
    ...{ normScale: scale, normShift: shift, normVariance: variance },
  })
}

function gradientAdd(x: Shape, [o, kernel]: Pair, stride: number, groups = 1): SingleOp {
  const attributes = { ...square(stride, kernel >> 1), groups }
  const weight = weights(o, x[1] / groups, kernel)
  const dy = { type: conv2d.infer([f32(...x), weight.type], attributes)[0]!, fill: normal() }
  const addend = activations(x, normal())
  return singleOp('conv2dInputGradient', { ...attributes, size: [x[2], x[3]] }, [dy, weight], { addend })
}

/** Inference: a norm folded into the convolution before it, then a shortcut and ReLU. */
function folded(x: Shape, [o, kernel]: Pair, stride: number, withAddend: boolean, relu: boolean, groups = 1): Case {
  const title = `foldBatchNorm and conv2d ${x.join('x')} to ${o}, ${kernel}x${kernel} stride ${stride}, ${groups} groups`
  const attributes = { ...square(stride, kernel >> 1), groups, relu }
  const weight = weights(o, x[1] / groups, kernel)
  const addend = { type: conv2d.infer([f32(...x), weight.type], attributes)[0]!, fill: normal() }
  const norm = { scale: vector(o), shift: vector(o, normal()), mean: vector(o, normal()), variance: vector(o) }
  const given = { x: activations(x), weight, ...norm, addend }
  const parts = `${withAddend ? ' + addend' : ''}${relu ? ', ReLU' : ''}`
  return compositeCase('conv2d', title + parts, given, (builder, values) => {
    const { scale, shift, mean, variance } = values
    const [weight, bias] = emit(
      builder,
      foldBatchNorm,
      { epsilon },
      [values.weight, scale, shift, mean, variance],
      'test',
    )
    const optional = { bias: bias!, ...(withAddend && { addend: values.addend }) }
    const [y] = emit(builder, conv2d, attributes, [values.x, weight!], 'test', optional)
    return { folded: weight!, bias: bias!, y: y! }
  })
}

/** A convolution by Winograd's algorithm, with a weight that is transformed first. */
function winograd(x: Shape, o: number): Case {
  const title = `winogradWeight and conv2d ${x.join('x')} to ${o}`
  const given = { x: activations(x), weight: weights(o, x[1], 3), bias: vector(o) }
  return compositeCase('conv2d', title, given, (builder, values) => {
    const [transformed] = emit(builder, winogradWeight, {}, [values.weight], 'test')
    const attributes = { ...square(1, 1), relu: true, winograd: true }
    const [y] = emit(builder, conv2d, attributes, [values.x, transformed!], 'test', { bias: values.bias })
    return { y: y! }
  })
}

export const fusedCases: readonly Case[] = [
  normalised([2, 3, 5, 7], false, false),
  normalised([4, 17, 3, 3], true, true),
  normalised([1, 16, 7, 7], true, false),
  normalised([17, 16, 4, 4], false, true),
  convStatistics([2, 3, 16, 16], [16, 3], 1, 1),
  convStatistics([1, 3, 21, 23], [20, 7], 2, 11),
  convStatistics([3, 16, 9, 8], [17, 3], 1, 4),
  convStatistics([2, 16, 7, 7], [16, 3], 2, 3),
  convStatistics([2, 33, 5, 6], [64, 1], 1, 5),
  convStatistics([2, 32, 7, 6], [32, 3], 2, 2, 16),
  convOfNorm([17, 16, 9, 8], [17, 3], 1, { winograd: true }),
  convOfNorm([16, 35, 7, 7], [32, 3], 1, { winograd: true, add: true }),
  convOfNorm([16, 20, 9, 9], [33, 3], 2),
  convOfNorm([16, 16, 6, 5], [64, 1], 1, { add: true }),
  convOfNorm([16, 32, 6, 6], [16, 1], 2),
  convOfNorm([16, 32, 6, 6], [32, 3], 1, { groups: 16 }),
  weightGradientOfNorm([18, 16, 9, 8], [32, 3], 1, true),
  weightGradientOfNorm([4, 35, 7, 7], [17, 3], 1, false),
  weightGradientOfNorm([16, 20, 9, 9], [33, 3], 2, true),
  weightGradientOfNorm([16, 64, 6, 5], [16, 1], 1, true),
  weightGradientOfNorm([3, 32, 6, 6], [32, 3], 1, true, 8),
  reduction([2, 3, 5, 7], 'none'),
  reduction([4, 17, 3, 3], 'output'),
  reduction([4, 33, 6, 3], 'norm'),
  reduction([1, 64, 7, 7], 'output'),
  merged([9, 18, 4, 3]),
  merged([2, 16, 7, 7]),
  application([4, 17, 3, 3], false),
  application([2, 32, 7, 5], true),
  gradientReduce([17, 16, 9, 8], [32, 3], 1, 'norm', 1),
  gradientReduce([16, 16, 7, 7], [16, 3], 1, 'output', 1, true),
  gradientReduce([16, 17, 9, 7], [20, 3], 2, 'norm', 1, true),
  gradientReduce([16, 32, 5, 5], [64, 1], 1, 'none', 1),
  gradientReduce([16, 32, 5, 5], [64, 1], 2, 'output', 1),
  gradientReduce([3, 16, 7, 5], [16, 3], 2, 'output', 6),
  gradientAdd([2, 16, 8, 8], [16, 3], 1),
  gradientAdd([1, 17, 9, 7], [5, 3], 2),
  gradientAdd([2, 32, 6, 6], [64, 1], 2),
  gradientAdd([2, 32, 5, 6], [48, 3], 1, 8),
  folded([2, 3, 16, 16], [16, 3], 1, false, true),
  folded([1, 3, 23, 21], [20, 7], 2, false, true),
  folded([1, 16, 7, 7], [16, 3], 1, true, true),
  folded([2, 17, 6, 9], [33, 3], 2, true, false),
  folded([1, 64, 7, 7], [40, 1], 1, false, false),
  folded([1, 33, 30, 26], [40, 3], 1, true, true),
  folded([9, 16, 8, 7], [32, 3], 1, true, true),
  folded([1, 40, 7, 7], [60, 3], 1, true, true, 10),
  winograd([2, 16, 7, 7], 16),
  winograd([1, 18, 13, 9], 35),
  winograd([1, 64, 8, 8], 64),
  singleOp('winogradWeight', {}, [weights(16, 16, 3)]),
  singleOp('winogradWeight', {}, [weights(20, 35, 3)]),
]
