/** A linear classifier on pixels, trained with SGD: what the built-in set must not be solvable by. */
import { epochOrder, fillBatch } from '../../../src/data/batches.js'
import type { Dataset, Normalisation, Pictures } from '../../../src/data/dataset.js'

export interface LinearRecipe {
  readonly epochs: number
  readonly lr: number
  /** Pull of the weights towards zero. */
  readonly weightDecay: number
}

/** Percent of the pictures of both parts that the trained classifier gets right. */
export function softmaxRegression(
  data: Dataset,
  { epochs, lr, weightDecay }: LinearRecipe,
): { train: number; test: number } {
  const classes = data.classes.length
  const { count, channels, height, width } = data.train
  const features = channels * height * width + 1 // the last is the bias
  const weights = new Float64Array(classes * features)
  const scores = new Float64Array(classes)
  const { inputs, labels } = allOf(data.train, data.normalisation)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = lr * (1 - epoch / epochs)
    for (const picture of epochOrder(count, 0, epoch)) {
      const input = inputs.subarray(picture * features, (picture + 1) * features)
      probabilities(weights, input, scores)
      for (let k = 0; k < classes; k++) {
        const slope = scores[k]! - (labels[picture] === k ? 1 : 0)
        for (let i = 0, at = k * features; i < features; i++, at++)
          weights[at]! -= rate * (slope * input[i]! + weightDecay * weights[at]!)
      }
    }
  }
  const right = (pictures: Pictures) => {
    const { inputs, labels } = allOf(pictures, data.normalisation)
    const hits = labels.filter((label, picture) => {
      probabilities(weights, inputs.subarray(picture * features, (picture + 1) * features), scores)
      return scores.indexOf(Math.max(...scores)) === label
    })
    return (100 * hits.length) / pictures.count
  }
  return { train: right(data.train), test: right(data.test) }
}

/** All pictures, normalised, each followed by a one. */
function allOf(pictures: Pictures, normalisation: Normalisation) {
  const size = pictures.channels * pictures.height * pictures.width
  const inputs = new Float32Array(pictures.count * (size + 1)).fill(1)
  const labels = new Int32Array(pictures.count)
  for (let i = 0; i < pictures.count; i++)
    fillBatch(pictures, [i], inputs.subarray(i * (size + 1)), labels.subarray(i), { normalisation, seed: 0, epoch: 0 })
  return { inputs, labels }
}

function probabilities(weights: Float64Array, input: Float32Array, scores: Float64Array): void {
  const features = input.length
  for (let k = 0; k < scores.length; k++) {
    let sum = 0
    for (let i = 0, at = k * features; i < features; i++, at++) sum += weights[at]! * input[i]!
    scores[k] = sum
  }
  const most = Math.max(...scores)
  let total = 0
  for (let k = 0; k < scores.length; k++) total += scores[k] = Math.exp(scores[k]! - most)
  for (let k = 0; k < scores.length; k++) scores[k]! /= total
}
