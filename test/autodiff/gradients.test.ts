/** Every gradient rule against central differences, in float64, over awkward shapes. */
import { describe, expect, test } from 'vitest'
import { checkGradients } from '../../src/autodiff/check.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph, i32 } from '../../src/graph/graph.js'
import { ops } from '../../src/ops/index.js'
import {
  awayFromZero,
  constant,
  distinct,
  labels,
  normal,
  positive,
  type SingleOp,
  singleOp,
} from '../engine/single-op.js'

const LIMIT = 1e-7

const conv = (
  x: readonly [number, number, number, number],
  [o, kh, kw]: readonly [number, number, number],
  stride: readonly [number, number],
  padding: readonly [number, number],
  dilation: readonly [number, number] = [1, 1],
  groups = 1,
) =>
  singleOp('conv2d', { stride, padding, dilation, groups }, [
    { type: f32(...x), fill: normal() },
    { type: f32(o, x[1] / groups, kh, kw), fill: normal() },
  ])

const pool = (
  op: 'maxPool' | 'averagePool',
  x: readonly [number, number, number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number],
) => singleOp(op, { kernel, stride, padding }, [{ type: f32(...x), fill: distinct }])

const norm = (
  op: 'batchNorm' | 'batchNormInference',
  x: readonly [number, number, number, number],
  epsilon: number,
) => {
  const vectors = op === 'batchNorm' ? 2 : 4
  const channel = { type: f32(x[1]), fill: positive }
  return singleOp(op, { epsilon }, [
    { type: f32(...x), fill: normal(0.5, 2) },
    ...Array.from({ length: vectors }, () => channel),
  ])
}

const crossEntropy = (rows: number, classes: number, smoothing: number) =>
  singleOp('softmaxCrossEntropy', { smoothing }, [
    { type: f32(rows, classes), fill: normal(0, 3) },
    { type: i32(rows), fill: labels(classes) },
  ])

const padded = (
  x: readonly [number, number, number, number],
  stride: readonly [number, number],
  channels: number,
  before: number,
) => singleOp('padShortcut', { stride, channels, before }, [{ type: f32(...x), fill: normal() }])

const join = (...channels: readonly number[]) =>
  singleOp(
    'concatenate',
    {},
    channels.map((c) => ({ type: f32(2, c, 2, 3), fill: normal() })),
  )

const resized = (filter: 'bilinear' | 'bicubic', antialias: boolean, size: readonly [number, number]) =>
  singleOp('resize', { filter, antialias, size }, [{ type: f32(1, 2, 4, 5), fill: normal() }])

const dropped = (granularity: 'element' | 'row' | 'batch', seed: number) =>
  singleOp('dropout', { rate: 0.4, granularity, seed, layer: 2 }, [
    { type: f32(3, 2, 2, 4), fill: normal() },
    { type: i32(), fill: () => Int32Array.of(7) },
  ])

const loss = (op: 'l1Loss' | 'squaredError') =>
  singleOp(op, {}, [
    { type: f32(2, 3, 2, 2), fill: awayFromZero },
    { type: f32(2, 3, 2, 2), fill: constant(0.01) },
  ])

const cases: readonly SingleOp[] = [
  singleOp('add', {}, [
    { type: f32(2, 3, 1, 5), fill: normal() },
    { type: f32(2, 3, 1, 5), fill: normal() },
  ]),
  singleOp('addBias', {}, [
    { type: f32(2, 3, 2, 5), fill: normal() },
    { type: f32(3), fill: normal() },
  ]),
  singleOp('relu', {}, [{ type: f32(2, 3, 3, 5), fill: awayFromZero }]),
  conv([1, 1, 1, 1], [1, 1, 1], [1, 1], [0, 0]),
  conv([2, 3, 5, 7], [4, 3, 3], [1, 1], [1, 1]),
  conv([1, 2, 7, 6], [3, 3, 3], [2, 2], [1, 1]),
  conv([1, 1, 9, 8], [2, 7, 7], [2, 2], [3, 3]),
  conv([2, 2, 5, 4], [3, 1, 1], [2, 2], [0, 0]),
  conv([1, 2, 9, 8], [2, 3, 3], [1, 1], [2, 2], [2, 2]),
  conv([1, 2, 8, 9], [2, 3, 2], [1, 3], [0, 1], [2, 1]),
  conv([1, 2, 6, 5], [2, 1, 3], [3, 2], [2, 0], [1, 2]),
  conv([2, 6, 4, 5], [4, 3, 3], [2, 1], [1, 1], [1, 1], 2),
  conv([1, 3, 5, 4], [6, 2, 3], [1, 1], [0, 2], [1, 2], 3),
  pool('maxPool', [2, 2, 7, 6], [3, 3], [2, 2], [1, 1]),
  pool('maxPool', [1, 3, 5, 8], [2, 3], [1, 2], [1, 0]),
  pool('averagePool', [2, 2, 7, 6], [3, 3], [2, 2], [1, 1]),
  pool('averagePool', [1, 3, 4, 6], [2, 3], [2, 1], [0, 1]),
  singleOp('globalAveragePool', {}, [{ type: f32(2, 3, 3, 5), fill: normal() }]),
  padded([2, 3, 5, 4], [2, 2], 7, 2),
  padded([1, 2, 4, 5], [1, 3], 2, 0),
  singleOp('linear', {}, [
    { type: f32(3, 5), fill: normal() },
    { type: f32(4, 5), fill: normal() },
    { type: f32(4), fill: normal() },
  ]),
  norm('batchNormInference', [2, 3, 3, 4], 1e-5),
  crossEntropy(4, 5, 0),
  crossEntropy(3, 2, 0.1),
  singleOp('scale', { factor: -0.7 }, [{ type: f32(2, 3, 1, 5), fill: normal() }]),
  singleOp('multiply', {}, [
    { type: f32(2, 3, 1, 5), fill: normal() },
    { type: f32(2, 3, 1, 5), fill: normal() },
  ]),
  singleOp('sigmoid', {}, [{ type: f32(2, 3, 1, 5), fill: normal(0, 2) }]),
  singleOp('softplus', {}, [{ type: f32(2, 3, 1, 5), fill: normal(0, 2) }]),
  dropped('element', 1),
  dropped('row', 1),
  dropped('batch', 1),
  dropped('batch', 3),
  singleOp('addNoise', { deviation: 0.4, seed: 1, layer: 2 }, [
    { type: f32(2, 3, 2, 4), fill: normal() },
    { type: i32(), fill: () => Int32Array.of(7) },
  ]),
  join(3),
  join(1, 4, 2),
  singleOp('pixelShuffle', { factor: 2 }, [{ type: f32(2, 8, 2, 3), fill: normal() }]),
  singleOp('pixelUnshuffle', { factor: 3 }, [{ type: f32(1, 2, 3, 6), fill: normal() }]),
  resized('bilinear', false, [7, 9]),
  resized('bilinear', true, [2, 3]),
  resized('bicubic', false, [3, 8]),
  resized('bicubic', true, [2, 2]),
  loss('l1Loss'),
  loss('squaredError'),
]

/** Only y of a training norm: its statistics go to running averages, which are no part of a loss. */
function onlyY({ graph }: SingleOp): Graph {
  return { ...graph, outputs: graph.outputs.filter(({ name }) => name === 'y') }
}

describe('gradient rules equal central differences', () => {
  for (const one of cases)
    test(one.title, () => {
      // The statistics of an inference norm are constants to its rule.
      const wrt = one.op === 'batchNormInference' ? { wrt: ['x', 'scale', 'shift'] } : {}
      for (const { input, error } of checkGradients(one.graph, one.inputs(), evaluateOutputs, wrt))
        expect(error, input).toBeLessThan(LIMIT)
    })

  for (const one of [norm('batchNorm', [2, 3, 3, 4], 1e-5), norm('batchNorm', [3, 1, 1, 1], 0.1)])
    test(one.title, () => {
      for (const { input, error } of checkGradients(onlyY(one), one.inputs(), evaluateOutputs))
        expect(error, input).toBeLessThan(LIMIT)
    })

  test('every operation that has a rule is covered', () => {
    const withRule = Object.values(ops).filter(({ gradient }) => typeof gradient === 'function')
    // `fill` has no inputs, so there is nothing to check.
    const covered = new Set<string>([...cases.map(({ op }) => op), 'batchNorm', 'fill'])
    expect(withRule.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([])
  })
})

describe('a convolution with operands by name', () => {
  const attributes = { stride: [2, 1], padding: [1, 0], dilation: [1, 1] } as const
  const given = [
    { type: f32(2, 3, 5, 4), fill: normal() },
    { type: f32(4, 3, 3, 2), fill: normal() },
  ]
  const [bias, addend] = [f32(4), f32(2, 4, 3, 3)].map((type) => ({ type, fill: normal() }))

  test('gives the gradients of those that are there', () => {
    for (const optional of [{ bias }, { addend }, { bias, addend }]) {
      const one = singleOp('conv2d', attributes, given, optional)
      const errors = checkGradients(one.graph, one.inputs(), evaluateOutputs)
      expect(errors.map(({ input }) => input)).toEqual(['x', 'weight', ...Object.keys(optional)])
      for (const { input, error } of errors) expect(error, input).toBeLessThan(LIMIT)
    }
  })

  test('has none once a pass has joined a ReLU to it', () => {
    const one = singleOp('conv2d', { ...attributes, relu: true }, given, { bias })
    expect(() => checkGradients(one.graph, one.inputs(), evaluateOutputs)).toThrow(
      'conv2d: a convolution with a fused norm, ReLU or statistics has no gradient; differentiate before passes of the plan fuse them',
    )
  })
})

describe('operations without a rule', () => {
  test('say why they have none', () => {
    const one = singleOp('sumRows', {}, [{ type: f32(2, 3), fill: constant(1) }])
    expect(() => checkGradients(one.graph, one.inputs(), evaluateOutputs)).toThrow(
      'test: sumRows cannot be differentiated: it is itself a gradient; second derivatives are not offered',
    )
  })
})

describe('graphs of several operations', () => {
  test('a value used twice gets the sum of its gradients', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'data', f32(1, 2, 3, 3))
    const weight = builder.input('weight', 'parameter', f32(2, 2, 3, 3))
    const attributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] }
    const shapes = [x.type]
    const [once] = builder.node('conv2d', attributes, [x, weight], shapes, 'first')
    const [twice] = builder.node('conv2d', attributes, [once!, weight], shapes, 'second')
    const [sum] = builder.node('add', {}, [twice!, x], shapes, 'shortcut')
    const [doubled] = builder.node('add', {}, [sum!, sum!], shapes, 'double')
    builder.output('y', doubled!)
    const inputs = singleOp('conv2d', { stride: [1, 1], padding: [1, 1], dilation: [1, 1] }, [
      { type: x.type, fill: normal() },
      { type: weight.type, fill: normal() },
    ]).inputs()
    for (const { input, error } of checkGradients(builder.build(), inputs, evaluateOutputs))
      expect(error, input).toBeLessThan(LIMIT)
  })
})
