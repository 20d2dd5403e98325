/** The table of all operations. It is total: the compiler checks engines and passes against it. */

import * as kinds from '../graph/expect.js'
import type { Attributes, Graph, Node } from '../graph/graph.js'
import { type Refuse, verifyStructure } from '../graph/verify.js'
import { ConfigError, invariant, ResnetError } from '../util/errors.js'
import { expectKind } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { sameShape } from '../util/shape.js'
import { adam } from './adam.js'
import { add } from './add.js'
import { addBias, sumPixels } from './add-bias.js'
import { addNoise } from './add-noise.js'
import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
  runningAverage,
} from './batch-norm.js'
import { clipByNorm, clipByRate, globalNorm } from './clip.js'
import { concatenate } from './concatenate.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './conv2d.js'
import { dropout } from './dropout.js'
import { fill } from './fill.js'
import { foldBatchNorm } from './fold-batch-norm.js'
import {
  applyNormGradient,
  imageStatistics,
  mergeNormGradient,
  mergeStatistics,
  normalise,
  reduceNormGradient,
} from './fused-norm.js'
import { linear, linearInputGradient, linearWeightGradient, sumRows } from './linear.js'
import { multiply } from './multiply.js'
import { type Op, placed, verifyOperands } from './op.js'
import { padShortcut, padShortcutGradient } from './pad-shortcut.js'
import { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.js'
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from './pool.js'
import { l1Loss, l1LossGradient, squaredError, squaredErrorGradient } from './regression-loss.js'
import { relu, reluGradient } from './relu.js'
import { resize, resizeGradient } from './resize.js'
import { scale } from './scale.js'
import { sgd } from './sgd.js'
import { sigmoid, sigmoidGradient } from './sigmoid.js'
import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from './softmax-cross-entropy.js'
import { softplus } from './softplus.js'
import { winogradWeight } from './winograd-weight.js'

/** All operations of the package, by name. */
export const ops = {
  adam,
  add,
  addBias,
  addNoise,
  applyNormGradient,
  averagePool,
  averagePoolGradient,
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
  clipByNorm,
  clipByRate,
  concatenate,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  dropout,
  fill,
  foldBatchNorm,
  globalAveragePool,
  globalAveragePoolGradient,
  globalNorm,
  imageStatistics,
  l1Loss,
  l1LossGradient,
  linear,
  linearInputGradient,
  linearWeightGradient,
  maxPool,
  maxPoolGradient,
  mergeNormGradient,
  mergeStatistics,
  multiply,
  normalise,
  padShortcut,
  padShortcutGradient,
  pixelShuffle,
  pixelUnshuffle,
  reduceNormGradient,
  relu,
  reluGradient,
  resize,
  resizeGradient,
  runningAverage,
  scale,
  sgd,
  sigmoid,
  sigmoidGradient,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softplus,
  squaredError,
  squaredErrorGradient,
  sumPixels,
  sumRows,
  winogradWeight,
} as const

/** The name of an operation of the package. */
export type OpName = keyof typeof ops

/** The attributes of an operation, by name. */
export type AttributesOf<Name extends OpName> = (typeof ops)[Name] extends Op<infer A, infer _> ? A : never

/** A node whose operation is known: narrowing `op` narrows `attributes`. */
export type NodeOf<Name extends OpName> = Omit<Node, 'op' | 'attributes'> & {
  readonly op: Name
  readonly attributes: AttributesOf<Name>
}

export function isOpName(name: string): name is OpName {
  return Object.hasOwn(ops, name)
}

/** The definition of a node's operation, with attributes erased. */
export function opOf(node: Pick<Node, 'op' | 'own'>): Op<Attributes> {
  if (node.own) return node.own as Op<Attributes>
  invariant(isOpName(node.op), `no operation is named ${node.op}`)
  return ops[node.op] as unknown as Op<Attributes>
}

/** The names of the operations in a graph that an engine cannot run. */
export function missingOps(graph: Graph, runs: (node: Node) => boolean): string[] {
  return [...new Set(graph.nodes.filter((node) => !runs(node)).map(({ op }) => op))]
}

/**
 * Checks the structure of a graph, and each node's types against the shape rule of its operation.
 * @param must called with each rule; by default a broken one is a fault of this package
 */
export function verify(graph: Graph, must: Refuse = invariant): Graph {
  verifyStructure(graph, must)
  for (const node of graph.nodes) {
    const op = opOf(node)
    verifyOperands(op, node, must)
    const given = node.inputs.map(({ type }) => type)
    const types = op.infer(placed(op, given, node.named), node.attributes)
    const fits =
      types.length === node.outputs.length &&
      types.every(({ dtype, shape }, i) => {
        const got = node.outputs[i]!.type
        return got.dtype === dtype && sameShape(got.shape, shape)
      })
    must(fits, `${node.op} at ${node.path} has other outputs than its shape rule gives`)
  }
  return graph
}

/**
 * Checks a graph of anybody's.
 * @param who the function and its argument, at the start of every error
 * @throws ConfigError if it is no graph, breaks a rule, or has an operation that does not exist; ShapeError where shapes
 * do not fit
 */
export function expectGraph(given: unknown, who: string): asserts given is Graph {
  expectKind(given, who, kinds.graph)
  const refuse = (reason: string, cause?: unknown): never => {
    throw new ConfigError(`${who}: ${printable(reason, 300)}; build graphs with GraphBuilder and emit`, { cause })
  }
  const unknown = given.nodes.find(({ op, own }) => own === undefined && !isOpName(op))
  if (unknown) refuse(`no operation is named ${unknown.op}`)
  try {
    verify(given, (condition, reason) => condition || refuse(reason))
  } catch (error) {
    if (error instanceof ResnetError) throw error
    refuse(`an operation cannot read its operands or attributes (${(error as Error).message})`, error)
  }
}
