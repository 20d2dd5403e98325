/** What the passes of the plan make of several operations: written down here as they come out of them. */
import type { GraphBuilder } from '../../../src/graph/builder.js'
import { f32, type Value } from '../../../src/graph/graph.js'
import { conv2d } from '../../../src/ops/conv2d.js'
import {
  conv2dActivation,
  conv2dInputGradientAdd,
  conv2dStatistics,
  foldBatchNorm,
  imageStatistics,
  normalise,
  winogradWeight,
} from '../../../src/ops/fused.js'
import { emit } from '../../../src/ops/op.js'
import type { Pair } from '../../../src/ops/window.js'
import { type Case, compositeCase } from '../case.js'
import { type Fill, normal, positive, singleOp, ties } from '../single-op.js'

type Shape = readonly [number, number, number, number]

const epsilon = 1e-5
const activations = (shape: Shape, fill: Fill = normal(0.5, 2)) => ({ type: f32(...shape), fill })
const vector = (c: number, fill: Fill = positive) => ({ type: f32(c), fill, role: 'parameter' }) as const
const weights = (o: number, i: number, kernel: number) =>
  ({ type: f32(o, i, kernel, kernel), fill: normal(), role: 'parameter' }) as const
const square = (stride: number, padding: number) =>
  ({ stride: [stride, stride], padding: [padding, padding], dilation: [1, 1] }) as const

/** Statistics of the batch, then normalise: with a shortcut, with ReLU. */
function normalised(shape: Shape, withResidual: boolean, relu: boolean): Case {
  const [, c] = shape
  const title = `normalise ${shape.join('x')}${withResidual ? ' + residual' : ''}${relu ? ', ReLU' : ''}`
  const given = { x: activations(shape), scale: vector(c), shift: vector(c), residual: activations(shape, normal()) }
  return compositeCase('normalise', title, given, (builder, { x, scale, shift, residual }) => {
    const [statistics] = emit(builder, imageStatistics, {}, [x], 'test')
    return normaliseOutputs(builder, [x, statistics!, scale, shift, ...(withResidual ? [residual] : [])], relu)
  })
}

function normaliseOutputs(builder: GraphBuilder, inputs: readonly Value[], relu: boolean): Record<string, Value> {
  const [y, mean, variance] = emit(builder, normalise, { epsilon, relu }, inputs, 'test')
  return { y: y!, mean: mean!, variance: variance! }
}

/** A convolution that takes the statistics of its output by bands of rows, and the norm that merges them. */
function convStatistics(x: Shape, [o, kernel]: Pair, stride: number, bands: number, groups = 1): Case {
  const title = `conv2dStatistics ${x.join('x')} to ${o}, ${kernel}x${kernel} stride ${stride}, ${bands} bands, ${groups} groups, normalise`
  const given = { x: activations(x), weight: weights(o, x[1] / groups, kernel), scale: vector(o), shift: vector(o) }
  return compositeCase('conv2dStatistics', title, given, (builder, { x, weight, scale, shift }) => {
    const attributes = { ...square(stride, kernel >> 1), groups, bands }
    const [y, statistics] = emit(builder, conv2dStatistics, attributes, [x, weight], 'test')
    return { conv: y!, ...normaliseOutputs(builder, [y!, statistics!, scale, shift], true) }
  })
}

function gradient(shape: Shape, keep: boolean): Case {
  const c = shape[1]
  return singleOp('normaliseGradient', { epsilon, keep }, [
    activations(shape, normal(0.1)),
    activations(shape, ties),
    activations(shape),
    vector(c),
    vector(c, normal()),
    vector(c),
  ])
}

function gradientAdd(x: Shape, [o, kernel]: Pair, stride: number, groups = 1): Case {
  const title = `conv2dInputGradientAdd ${x.join('x')} from ${o}, ${kernel}x${kernel} stride ${stride}, ${groups} groups`
  const attributes = { ...square(stride, kernel >> 1), groups }
  const weight = weights(o, x[1] / groups, kernel)
  const dy = { type: conv2d.infer([f32(...x), weight.type], attributes)[0]!, fill: normal() }
  const given = { dy, weight, addend: activations(x, normal()) }
  return compositeCase('conv2dInputGradientAdd', title, given, (builder, { dy, weight, addend }) => {
    const [dx] = emit(
      builder,
      conv2dInputGradientAdd,
      { ...attributes, size: [x[2], x[3]] },
      [dy, weight, addend],
      'test',
    )
    return { dx: dx! }
  })
}

/** Inference: a norm folded into the convolution before it, then a shortcut and ReLU. */
function folded(x: Shape, [o, kernel]: Pair, stride: number, withResidual: boolean, relu: boolean, groups = 1): Case {
  const title = `foldBatchNorm and conv2dActivation ${x.join('x')} to ${o}, ${kernel}x${kernel} stride ${stride}, ${groups} groups`
  const attributes = { ...square(stride, kernel >> 1), groups, relu }
  const weight = weights(o, x[1] / groups, kernel)
  const residual = { type: conv2d.infer([f32(...x), weight.type], attributes)[0]!, fill: normal() }
  const norm = { scale: vector(o), shift: vector(o, normal()), mean: vector(o, normal()), variance: vector(o) }
  const given = { x: activations(x), weight, ...norm, residual }
  const parts = `${withResidual ? ' + residual' : ''}${relu ? ', ReLU' : ''}`
  return compositeCase('conv2dActivation', title + parts, given, (builder, values) => {
    const { scale, shift, mean, variance } = values
    const [weight, bias] = emit(
      builder,
      foldBatchNorm,
      { epsilon },
      [values.weight, scale, shift, mean, variance],
      'test',
    )
    const inputs = [values.x, weight!, bias!, ...(withResidual ? [values.residual] : [])]
    const [y] = emit(builder, conv2dActivation, attributes, inputs, 'test')
    return { folded: weight!, bias: bias!, y: y! }
  })
}

/** A convolution by Winograd's algorithm, with a weight that is transformed first. */
function winograd(x: Shape, o: number): Case {
  const title = `winogradWeight and conv2dActivation ${x.join('x')} to ${o}`
  const given = { x: activations(x), weight: weights(o, x[1], 3), bias: vector(o) }
  return compositeCase('conv2dActivation', title, given, (builder, values) => {
    const [transformed] = emit(builder, winogradWeight, {}, [values.weight], 'test')
    const attributes = { ...square(1, 1), relu: true, winograd: true }
    const [y] = emit(builder, conv2dActivation, attributes, [values.x, transformed!, values.bias], 'test')
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
  gradient([2, 3, 5, 7], false),
  gradient([4, 17, 3, 3], true),
  gradient([1, 64, 7, 7], true),
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
  singleOp('winogradWeight', {}, [weights(16, 16, 3)]),
  singleOp('winogradWeight', {}, [weights(20, 35, 3)]),
]
