/** The table of reference kernels. It is total: the compiler refuses an operation without a kernel. */
import type { AttributesOf, OpName } from '../../ops/index.js'
import { addNoise, dropout, multiply, scale, sigmoid, sigmoidGradient, softplus } from './arithmetic.js'
import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
  runningAverage,
} from './batch-norm.js'
import { addBias, sumPixels } from './bias.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './conv2d.js'
import { add, fill, relu, reluGradient, sgd } from './elementwise.js'
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
import { padShortcut, padShortcutGradient } from './pad-shortcut.js'
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from './pool.js'
import { concatenate, pixelShuffle, pixelUnshuffle } from './rearrange.js'
import { l1Loss, l1LossGradient, squaredError, squaredErrorGradient } from './regression-loss.js'
import { resize, resizeGradient } from './resize.js'
import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from './softmax-cross-entropy.js'
import type { Kernel } from './tensor.js'
import { adam, clipByNorm, clipByRate, globalNorm } from './update.js'
import { winogradWeight } from './winograd.js'

export type KernelTable = { readonly [Name in OpName]: Kernel<AttributesOf<Name>> }

export const kernels: KernelTable = {
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
}
