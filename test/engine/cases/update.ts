/** Between gradients and parameters: norms, limits, Adam; and weights, whose layout is their own, on that way. */
import { f32, i32, type TensorType } from '../../../src/graph/graph.js'
import { adam } from '../../../src/ops/adam.js'
import { clipByNorm, clipByRate, globalNorm } from '../../../src/ops/clip.js'
import { conv2dWeightGradient } from '../../../src/ops/conv2d.js'
import { emit } from '../../../src/ops/op.js'
import { scale } from '../../../src/ops/scale.js'
import { type Case, compositeCase } from '../case.js'
import { constant, normal, positive, singleOp } from '../single-op.js'

const rate = { type: f32(), fill: constant(0.0625), role: 'scalar' } as const
const step = (number: number) => ({ type: i32(), fill: () => Int32Array.of(number), role: 'scalar' }) as const

const limits = (type: TensorType, limit: number): Case[] => {
  const gradient = { type, fill: normal() }
  return [
    singleOp('clipByNorm', { limit }, [gradient, { type: f32(), fill: constant(3) }]),
    singleOp('clipByRate', { limit: limit / 16 }, [gradient, rate]),
  ]
}

const update = (type: TensorType, number: number, weightDecay: number, decoupled: boolean, guard = 2): Case =>
  singleOp('adam', { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, decoupled }, [
    { type, fill: normal(), role: 'parameter' },
    { type, fill: normal() },
    { type, fill: normal(), role: 'optimizer' },
    { type, fill: positive, role: 'optimizer' },
    { ...rate, fill: constant(1e-3) },
    step(number),
    { type: f32(), fill: constant(guard) },
  ])

const norm = (...types: readonly TensorType[]): Case =>
  singleOp(
    'globalNorm',
    {},
    types.map((type) => ({ type, fill: normal() })),
  )

/** A weight gradient on its whole way to the parameter, all of it in the layout of weights. */
function wholeWay(c: number, o: number, groups = 1): Case {
  const weight = f32(o, c / groups, 3, 3)
  const given = {
    x: { type: f32(2, c, 5, 4), fill: normal() },
    dy: { type: f32(2, o, 5, 4), fill: normal() },
    parameter: { type: weight, fill: normal(), role: 'parameter' },
    mean: { type: weight, fill: normal(), role: 'optimizer' },
    square: { type: weight, fill: positive, role: 'optimizer' },
    rate,
    number: step(4),
  } as const
  const title = `globalNorm, scale, clipByNorm, clipByRate and adam on a weight of ${o}x${c}x3x3 in ${groups} groups`
  return compositeCase('conv2dWeightGradient', title, given, (builder, values) => {
    const window = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], kernel: [3, 3], groups } as const
    const attributes = { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.1, decoupled: false }
    const [gradient] = emit(builder, conv2dWeightGradient, window, [values.x, values.dy], 'test')
    const [total] = emit(builder, globalNorm, {}, [gradient!, values.dy], 'test')
    const [scaled] = emit(builder, scale, { factor: 0.5 }, [gradient!], 'test')
    const [shorter] = emit(builder, clipByNorm, { limit: 20 }, [scaled!, total!], 'test')
    const [clipped] = emit(builder, clipByRate, { limit: 0.05 }, [shorter!, values.rate], 'test')
    const inputs = [values.parameter, clipped!, values.mean, values.square, values.rate, values.number, total!]
    const [next] = emit(builder, adam, attributes, inputs, 'test')
    return { total: total!, clipped: clipped!, next: next! }
  })
}

export const updateCases: readonly Case[] = [
  ...limits(f32(16), 0.5),
  ...limits(f32(17, 5, 3, 3), 2),
  ...limits(f32(33), 100),
  update(f32(16), 0, 0, false),
  update(f32(33), 1, 1e-2, true),
  update(f32(10, 64), 99, 1e-2, false),
  update(f32(17, 5, 3, 3), 100000, 0.1, true),
  update(f32(18, 5, 3, 3), 3, 0.1, true, Number.NaN),
  norm(f32(1)),
  norm(f32(5, 7), f32(33), f32(2, 17, 3, 3)),
  norm(f32(3, 17, 40, 31), f32(100, 200)),
  wholeWay(5, 17),
  wholeWay(16, 32),
  wholeWay(20, 30, 5),
]
