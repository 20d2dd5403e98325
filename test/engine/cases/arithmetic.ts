/** Biases, scaling, products, the logistic function, dropout, and losses that compare with a target. */
import { f32, i32, type TensorType } from '../../../src/graph/graph.js'
import { addBias } from '../../../src/ops/add-bias.js'
import { addNoise } from '../../../src/ops/add-noise.js'
import { globalNorm } from '../../../src/ops/clip.js'
import { conv2d } from '../../../src/ops/conv2d.js'
import type { DropoutAttributes } from '../../../src/ops/dropout.js'
import { emit } from '../../../src/ops/op.js'
import { relu } from '../../../src/ops/relu.js'
import { sigmoid } from '../../../src/ops/sigmoid.js'
import { softplus } from '../../../src/ops/softplus.js'
import { type Case, compositeCase } from '../case.js'
import { awayFromZero, constant, type Fill, normal, positive, singleOp, ties } from '../single-op.js'

const types: readonly TensorType[] = [f32(2, 3, 5, 7), f32(1, 16, 7, 7), f32(3, 33, 2, 1), f32(5, 7), f32(33)]

const onEach = (type: TensorType): Case[] => [
  singleOp('scale', { factor: -0.3 }, [{ type, fill: normal() }]),
  singleOp('multiply', {}, [
    { type, fill: normal() },
    { type, fill: normal() },
  ]),
  singleOp('sigmoid', {}, [{ type, fill: normal(0, 3) }]),
  singleOp('softplus', {}, [{ type, fill: normal(0, 3) }]),
  singleOp('sigmoidGradient', {}, [
    { type, fill: normal() },
    { type, fill: positive },
  ]),
]

const biased = (...shape: readonly [number, number, number, number]): Case[] => {
  const x = { type: f32(...shape), fill: normal(0.5) }
  return [singleOp('addBias', {}, [x, { type: f32(shape[1]), fill: normal() }]), singleOp('sumPixels', {}, [x])]
}

/** A convolution that adds its bias itself, alone and before a ReLU; one that reads few channels as they are. */
const biasedConvolution = (c: number, relued: boolean): Case =>
  compositeCase(
    'conv2d',
    `conv2d of ${c} channels with a bias${relued ? ' and a ReLU' : ''}`,
    {
      x: { type: f32(3, c, 9, 7), fill: normal() },
      w: { type: f32(21, c, 3, 3), fill: normal(), role: 'parameter' },
      b: { type: f32(21), fill: normal(), role: 'parameter' },
    },
    (builder, { x, w, b }) => {
      const attributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as const
      const [z] = emit(builder, conv2d, attributes, [x, w], 'conv')
      const [y] = emit(builder, addBias, {}, [z!, b], 'conv')
      return { y: relued ? emit(builder, relu, {}, [y!], 'relu')[0]! : y! }
    },
  )

/** From the end of what e^−x can be to the other. */
const far: Fill = (count) => Float32Array.from({ length: count }, (_, i) => -200 + (400 * i) / (count - 1))

const dropped = (type: TensorType, granularity: DropoutAttributes['granularity'], rate: number, seed = 5): Case =>
  singleOp('dropout', { rate, granularity, seed, layer: 3 }, [
    { type, fill: awayFromZero },
    { type: i32(), fill: () => Int32Array.of(12345), role: 'scalar' },
  ])

const noisy = (...shape: readonly [number, number, number, number]): Case =>
  singleOp('addNoise', { deviation: 0.7, seed: 5, layer: 3 }, [
    { type: f32(...shape), fill: normal() },
    { type: i32(), fill: () => Int32Array.of(12345), role: 'scalar' },
  ])

/** Nothing beside the channels is noise: it must not become part of a sum. */
const noiseSum = compositeCase(
  'globalNorm',
  'globalNorm of 5 channels with noise',
  {
    x: { type: f32(2, 5, 3, 4), fill: normal() },
    step: { type: i32(), fill: () => Int32Array.of(1), role: 'scalar' },
  },
  (builder, { x, step }) => {
    const [y] = emit(builder, addNoise, { deviation: 1, seed: 1, layer: 1 }, [x, step], 'test')
    return { norm: emit(builder, globalNorm, {}, [y!], 'test')[0]! }
  },
)

const losses = (type: TensorType): Case[] => {
  const [prediction, target] = [
    { type, fill: normal() },
    { type, fill: normal(0.5) },
  ] as const
  const dloss = { type: f32(), fill: awayFromZero }
  return [
    singleOp('l1Loss', {}, [prediction, target]),
    singleOp('l1LossGradient', {}, [dloss, { type, fill: ties }, { type, fill: ties }]),
    singleOp('squaredError', {}, [prediction, target]),
    singleOp('squaredErrorGradient', {}, [dloss, prediction, target]),
  ]
}

/** These functions of nothing are not nothing: what engines keep beside the channels must not become part of a sum. */
const curveSums = [sigmoid, softplus].map((curve) =>
  compositeCase(
    'globalNorm',
    `globalNorm of ${curve.name} of 5 channels`,
    { x: { type: f32(2, 5, 3, 4), fill: normal() } },
    (builder, { x }) => {
      const [y] = emit(builder, curve, {}, [x], 'test')
      return { norm: emit(builder, globalNorm, {}, [y!], 'test')[0]! }
    },
  ),
)

export const arithmeticCases: readonly Case[] = [
  ...types.flatMap(onEach),
  ...curveSums,
  ...biased(2, 3, 5, 7),
  ...biased(1, 16, 1, 1),
  ...biased(37, 33, 2, 3),
  ...biased(3, 17, 40, 31),
  ...[3, 20].flatMap((c) => [false, true].map((relued) => biasedConvolution(c, relued))),
  { ...singleOp('sigmoid', {}, [{ type: f32(2, 20, 9, 9), fill: far }]), title: 'sigmoid from -200 to 200' },
  { ...singleOp('softplus', {}, [{ type: f32(2, 20, 9, 9), fill: far }]), title: 'softplus from -200 to 200' },
  dropped(f32(2, 3, 5, 7), 'element', 0.5),
  dropped(f32(5, 33, 6, 4), 'element', 0.1),
  dropped(f32(3, 100), 'element', 0.3),
  dropped(f32(37), 'element', 0.6),
  dropped(f32(2, 17, 3, 3), 'element', 0),
  dropped(f32(9, 17, 3, 3), 'row', 0.5),
  dropped(f32(9, 10), 'row', 0.4),
  // Seeds that keep and that drop the batch.
  ...[1, 2, 3, 2 ** 40 + 1].map((seed) => dropped(f32(4, 5, 2, 2), 'batch', 0.5, seed)),
  noisy(2, 3, 5, 7),
  noisy(5, 33, 6, 4),
  noisy(2, 16, 1, 1),
  noiseSum,
  ...losses(f32(2, 3, 5, 7)),
  ...losses(f32(4, 10)),
  ...losses(f32(1)),
  ...losses(f32(3, 17, 40, 31)),
  { ...singleOp('l1Loss', {}, [target(0.1), target(0.1)]), title: 'l1Loss of what is equal' },
]

function target(value: number) {
  return { type: f32(2, 5, 3, 3), fill: constant(Math.fround(value)) }
}
