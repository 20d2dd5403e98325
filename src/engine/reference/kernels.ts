/** The table of reference kernels: total over all operations, so that the compiler refuses one that lacks a kernel. */
import type { AttributesOf, OpName } from '../../ops/index.js'
import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
  runningAverage,
} from './batch-norm.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './conv2d.js'
import { add, fill, relu, reluGradient, sgd } from './elementwise.js'
import {
  conv2dActivation,
  conv2dInputGradientAdd,
  conv2dStatistics,
  foldBatchNorm,
  imageStatistics,
  normalise,
  normaliseGradient,
} from './fused.js'
import { linear, linearInputGradient, linearWeightGradient, sumRows } from './linear.js'
import { padShortcut, padShortcutGradient } from './pad-shortcut.js'
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from './pool.js'
import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from './softmax-cross-entropy.js'
import type { Kernel } from './tensor.js'

export type KernelTable = { readonly [Name in OpName]: Kernel<AttributesOf<Name>> }

export const kernels: KernelTable = {
  add,
  averagePool,
  averagePoolGradient,
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
  conv2d,
  conv2dActivation,
  conv2dInputGradient,
  conv2dInputGradientAdd,
  conv2dStatistics,
  conv2dWeightGradient,
  fill,
  foldBatchNorm,
  globalAveragePool,
  globalAveragePoolGradient,
  imageStatistics,
  linear,
  linearInputGradient,
  linearWeightGradient,
  maxPool,
  maxPoolGradient,
  normalise,
  normaliseGradient,
  padShortcut,
  padShortcutGradient,
  relu,
  reluGradient,
  runningAverage,
  sgd,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  sumRows,
}
