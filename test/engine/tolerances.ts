/**
 * How far engines may be from the float64 reference, by operation. Engines compute in float32, with relative rounding
 * errors of 6e-8; what they may differ in is the order of sums and whether products are rounded before they are added.
 */
import type { OpName } from '../../src/ops/index.js'

/** Bounds of the error of a tensor, relative to what the reference gives. */
export interface Tolerance {
  /** The largest error over the largest magnitude. */
  readonly max: number
  /** The root mean square of the errors over that of the magnitudes. */
  readonly rms: number
}

/** Copies, comparisons and single roundings: the reference rounded to float32, to the bit. */
const exact: Tolerance = { max: 0, rms: 0 }
/** A few roundings an element. */
const elementwise: Tolerance = { max: 1e-6, rms: 2.5e-7 }
/** Short sums, and means. */
const sums: Tolerance = { max: 2e-6, rms: 5e-7 }
/** Long sums whose terms cancel: what remains is small beside what was added. */
const reductions: Tolerance = { max: 5e-6, rms: 1e-6 }
/** Wide enough for Winograd's transforms, whose roundings are some ten times those of the direct sum. */
const convolution: Tolerance = { max: 2e-5, rms: 5e-6 }
/** Sums over all pixels of a batch, in partial sums: long, but Winograd transforms them only a little. */
const weightGradient: Tolerance = { max: 1e-5, rms: 2.5e-6 }

export const tolerances: { readonly [Name in OpName]: Tolerance } = {
  adam: elementwise,
  add: exact,
  addBias: exact,
  addNoise: elementwise,
  applyNormGradient: reductions,
  averagePool: sums,
  averagePoolGradient: sums,
  batchNorm: sums,
  batchNormGradient: reductions,
  batchNormInference: elementwise,
  batchNormInferenceGradient: reductions,
  clipByNorm: elementwise,
  clipByRate: elementwise,
  concatenate: exact,
  conv2d: convolution,
  conv2dInputGradient: convolution,
  conv2dWeightGradient: weightGradient,
  dropout: elementwise,
  fill: exact,
  foldBatchNorm: convolution,
  globalAveragePool: sums,
  globalAveragePoolGradient: elementwise,
  globalNorm: elementwise,
  imageStatistics: sums,
  l1Loss: elementwise,
  l1LossGradient: elementwise,
  linear: reductions,
  linearInputGradient: reductions,
  linearWeightGradient: reductions,
  maxPool: exact,
  maxPoolGradient: sums,
  mergeNormGradient: reductions,
  mergeStatistics: sums,
  multiply: exact,
  normalise: sums,
  padShortcut: exact,
  padShortcutGradient: exact,
  pixelShuffle: exact,
  pixelUnshuffle: exact,
  reduceNormGradient: reductions,
  relu: exact,
  reluGradient: exact,
  resize: sums,
  resizeGradient: sums,
  runningAverage: elementwise,
  scale: elementwise,
  sgd: elementwise,
  sigmoid: elementwise,
  sigmoidGradient: elementwise,
  softmaxCrossEntropy: sums,
  softmaxCrossEntropyGradient: sums,
  softplus: elementwise,
  squaredError: elementwise,
  squaredErrorGradient: elementwise,
  sumPixels: reductions,
  sumRows: reductions,
  winogradWeight: elementwise,
}

/**
 * Batch norm where the mean is a thousand deviations from zero, or where nothing deviates: what sums of squares lose
 * everything at. Means are rounded to float32, that is to 3e-5 deviations: the batch's moves y by as much, and those of
 * the images, which the variance is merged from, move that by some 1e-6 of itself.
 */
export const hardStatistics = {
  mean: { max: 1e-7, rms: 1e-7 },
  variance: { max: 5e-6, rms: 2.5e-6 },
  y: { max: 2e-5, rms: 2e-5 },
} as const satisfies Record<string, Tolerance>
