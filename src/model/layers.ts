/**
 * Adds the layers of a network to a graph, with their parameters and buffers, named by path. It keeps the result of
 * every layer, so that taps can ask for it. Weights are OIHW; maps are [batch, channels, height, width].
 */
import { GraphBuilder } from '../graph/builder.js'
import * as kinds from '../graph/expect.js'
import type { Attributes } from '../graph/graph.js'
import { f32, i32, type TensorType, type Value } from '../graph/graph.js'
import { add } from '../ops/add.js'
import { addBias } from '../ops/add-bias.js'
import { addNoise, type NoiseAttributes } from '../ops/add-noise.js'
import { batchNorm, batchNormInference, runningAverage } from '../ops/batch-norm.js'
import { conv2d } from '../ops/conv2d.js'
import { type DropoutAttributes, dropout } from '../ops/dropout.js'
import { linear } from '../ops/linear.js'
import { multiply } from '../ops/multiply.js'
import { emit, type Op } from '../ops/op.js'
import { padShortcut } from '../ops/pad-shortcut.js'
import { pixelShuffle } from '../ops/pixel-shuffle.js'
import { averagePool, globalAveragePool, maxPool } from '../ops/pool.js'
import { l1Loss, squaredError } from '../ops/regression-loss.js'
import { relu } from '../ops/relu.js'
import { scale } from '../ops/scale.js'
import { sigmoid } from '../ops/sigmoid.js'
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.js'
import { paddingOf } from '../spec/blocks.js'
import type { BufferName, ParameterName } from '../spec/paths.js'
import type { ConvLayer, PoolLayer } from '../spec/spec.js'
import { ShapeError } from '../util/errors.js'
import { expectFields, expectKind, kind as kindOf, oneOf, text, whole } from '../util/expect.js'
import { shapeText } from '../util/shape.js'

/** Training norms use the batch's statistics and update the running statistics; inference norms use the latter. */
export type Mode = (typeof modes)[number]
/** The modes of a network. */
export const modes = ['training', 'inference'] as const

/** Losses of nets that give numbers, for example a picture: mean squared (MSE) or mean absolute (L1) difference. */
export const regressionLosses = ['squared', 'l1'] as const
/** One of `regressionLosses`. */
export type RegressionLoss = (typeof regressionLosses)[number]

const share = kindOf<number>(
  'a number above 0, at most 1',
  (given) => typeof given === 'number' && given > 0 && given <= 1,
)
const convFields = { width: whole(1), kernel: whole(1) }
const poolFields = { kind: oneOf(['maxPool', 'averagePool']), kernel: whole(1), stride: whole(1), padding: whole(0) }

const EPSILON = 1e-5
/** Share of the batch's statistics in the next running statistics. */
export const STATISTICS_SHARE = 0.1

/** Builds the graph of a network layer by layer; `graph` is the builder below it. */
export class LayerBuilder {
  readonly graph = new GraphBuilder()
  /** The result of each layer, and of stem, blocks and stages, by path. */
  readonly results = new Map<string, Value>()
  readonly #mode: Mode
  readonly #statisticsShare: number
  #step: Value | undefined

  /**
   * @param statisticsShare share of a batch's statistics in the next running statistics, in (0, 1]
   * @throws ConfigError for another mode or share
   */
  constructor(mode: Mode, statisticsShare = STATISTICS_SHARE) {
    expectKind(mode, 'LayerBuilder: mode', oneOf(modes))
    expectKind(statisticsShare, 'LayerBuilder: statisticsShare', share)
    this.#mode = mode
    this.#statisticsShare = statisticsShare
  }

  /** The pictures that the network reads, as data input `pictures`: [batch, channels, height, width]. */
  pictures(batch: number, channels: number, height: number, width: number): Value {
    return this.graph.input('pictures', 'data', f32(batch, channels, height, width))
  }

  /** One class number per picture, from 0. */
  labels(batch: number): Value {
    return this.graph.input('labels', 'data', i32(batch))
  }

  /** The numbers that the network should give, of shape [batch, …shape]. */
  targets(batch: number, ...shape: readonly number[]): Value {
    return this.graph.input('targets', 'data', f32(batch, ...shape))
  }

  /**
   * A convolution with its weight, and its bias where the layer has one: [N, C, H, W] to [N, width, H', W'].
   * @throws ShapeError where groups do not divide the channels, or the maps are too small
   */
  conv(path: string, x: Value, layer: ConvLayer, stride: number): Value {
    expectFields(layer, `${at(path)}: layer`, 'a convolution: { kind, width, kernel }', convFields)
    expectKind(stride, `${at(path)}: stride`, whole(1))
    const { width, kernel, dilation = 1, groups = 1 } = layer
    const channels = channelsOf(path, x, 4)
    expectKind(groups, `${path}: layer.groups`, whole(1))
    if (channels % groups !== 0)
      throw new ShapeError(`${path}: ${channels} channels cannot be divided into ${groups} groups`)
    const weight = this.parameter(path, 'weight', f32(width, channels / groups, kernel, kernel))
    const padding = paddingOf(layer)
    const attributes = {
      stride: [stride, stride],
      padding: [padding, padding],
      dilation: [dilation, dilation],
      ...(groups === 1 ? {} : { groups }),
    } as const
    const y = this.apply(path, conv2d, attributes, x, weight)
    return layer.bias ? this.apply(path, addBias, {}, y, this.parameter(path, 'bias', f32(width))) : y
  }

  /** Batch norm. Running mean and variance are buffers. */
  norm(path: string, x: Value): Value {
    channelsOf(path, x, 4)
    const [batch, channels, height, width] = x.type.shape as [number, number, number, number]
    const scale = this.parameter(path, 'scale', f32(channels))
    const shift = this.parameter(path, 'shift', f32(channels))
    const runningMean = this.#buffer(path, 'mean', channels)
    const runningVariance = this.#buffer(path, 'variance', channels)
    const attributes = { epsilon: EPSILON }
    if (this.#mode === 'inference')
      return this.apply(path, batchNormInference, attributes, x, scale, shift, runningMean, runningVariance)
    const count = batch * height * width
    if (count === 1)
      throw new ShapeError(
        `${path}: a norm in training needs more than one value a channel, got a batch of 1 with maps of 1x1; ` +
          'use a larger batch or larger pictures',
      )
    const [y, mean, variance] = emit(this.graph, batchNorm, attributes, [x, scale, shift], path)
    this.#average(path, runningMean, mean!, 1)
    this.#average(path, runningVariance, variance!, count / (count - 1))
    this.results.set(path, y!)
    return y!
  }

  /** max(x, 0). */
  relu(path: string, x: Value): Value {
    return this.apply(path, relu, {}, x)
  }

  /** a + b, of one shape. */
  add(path: string, a: Value, b: Value): Value {
    return this.apply(path, add, {}, a, b)
  }

  /** Multiplies x by a constant factor. */
  scale(path: string, x: Value, factor: number): Value {
    return this.apply(path, scale, { factor }, x)
  }

  /** Drops units at random. The attributes say which units, and how often. It needs the `step` input. */
  dropout(path: string, x: Value, attributes: DropoutAttributes): Value {
    return this.apply(path, dropout, attributes, x, this.#stepInput())
  }

  /** Adds noise to x. It needs the `step` input, too. */
  addNoise(path: string, x: Value, attributes: NoiseAttributes): Value {
    return this.apply(path, addNoise, attributes, x, this.#stepInput())
  }

  /** 1 / (1 + e^−x). */
  sigmoid(path: string, x: Value): Value {
    return this.apply(path, sigmoid, {}, x)
  }

  /** a · b, element by element, of one shape. */
  multiply(path: string, a: Value, b: Value): Value {
    return this.apply(path, multiply, {}, a, b)
  }

  /** The largest value, or the mean, of each window. */
  pool(path: string, x: Value, layer: PoolLayer): Value {
    expectFields(layer, `${at(path)}: layer`, 'a pooling: { kind, kernel, stride, padding }', poolFields)
    const { kind, kernel, stride, padding } = layer
    const attributes = {
      kernel: [kernel, kernel],
      stride: [stride, stride],
      padding: [padding, padding],
    } as const
    return this.apply(path, kind === 'maxPool' ? maxPool : averagePool, attributes, x)
  }

  /** Option A: every stride-th pixel, with zero channels on both sides. */
  padShortcut(path: string, x: Value, width: number, stride: number): Value {
    expectKind(width, `${at(path)}: width`, whole(1))
    expectKind(stride, `${at(path)}: stride`, whole(1))
    const before = (width - channelsOf(path, x, 4)) >> 1
    return this.apply(path, padShortcut, { stride: [stride, stride], channels: width, before } as const, x)
  }

  /** The mean of each map: [N, C, H, W] to [N, C]. */
  globalAveragePool(path: string, x: Value): Value {
    return this.apply(path, globalAveragePool, {}, x)
  }

  /** A fully connected layer: [batch, features] to [batch, outputs]. */
  linear(path: string, x: Value, outputs: number): Value {
    expectKind(outputs, `${at(path)}: outputs`, whole(1))
    const weight = this.parameter(path, 'weight', f32(outputs, channelsOf(path, x, 2)))
    const bias = this.parameter(path, 'bias', f32(outputs))
    return this.apply(path, linear, {}, x, weight, bias)
  }

  /** Mean cross-entropy over the batch. */
  loss(path: string, logits: Value, labels: Value, smoothing: number): Value {
    return this.apply(path, softmaxCrossEntropy, { smoothing }, logits, labels)
  }

  /** The mean difference between `given` and `wanted`, of one shape: squared, or absolute if `loss` is `l1`. */
  regressionLoss(path: string, given: Value, wanted: Value, loss?: string): Value {
    return this.apply(path, loss === 'l1' ? l1Loss : squaredError, {}, given, wanted)
  }

  /** [N, C · factor², H, W] to [N, C, H · factor, W · factor]. */
  pixelShuffle(path: string, x: Value, factor: number): Value {
    return this.apply(path, pixelShuffle, { factor }, x)
  }

  /** Any operation, of the table or of your own; returns its first result. */
  apply<A extends Attributes>(path: string, op: Op<A>, attributes: A, ...inputs: readonly Value[]): Value {
    const y = emit(this.graph, op, attributes, inputs, path)[0]!
    this.results.set(path, y)
    return y
  }

  /** A learned tensor of a layer. Fresh weights are random numbers, scales 1, biases and shifts 0. */
  parameter(path: string, name: ParameterName, type: TensorType): Value {
    expectKind(name, `${at(path)}: name`, text)
    return this.graph.input(`${path}.${name}`, 'parameter', type)
  }

  #stepInput(): Value {
    this.#step ??= this.graph.input('step', 'scalar', i32())
    return this.#step
  }

  #buffer(path: string, name: BufferName, channels: number): Value {
    return this.graph.input(`${path}.${name}`, 'buffer', f32(channels))
  }

  #average(path: string, running: Value, batch: Value, correction: number): void {
    const [next] = emit(
      this.graph,
      runningAverage,
      { momentum: this.#statisticsShare, correction },
      [running, batch],
      path,
    )
    this.graph.update(running, next!)
  }
}

/** A path as the start of an error. */
function at(path: unknown): string {
  expectKind(path, 'LayerBuilder: path', text)
  return path
}

/** The channels of maps, or the features of rows: the second axis. @throws ShapeError for a value of another rank */
function channelsOf(path: string, x: Value, rank: number): number {
  expectKind(x, `${at(path)}: x`, kinds.value)
  const { shape } = x.type
  if (shape.length !== rank)
    throw new ShapeError(
      `${path}: expected ${rank === 4 ? 'maps [batch, channels, height, width]' : 'rows [batch, features]'}, got ${shapeText(shape)}`,
    )
  return shape[1]!
}
