/** The training batch of a step: which pictures it has, and their augmented pixels, all by (seed, epoch, index). */
import { epochOrder, fillBatch } from '../data/batches.js'
import { type Dataset, inputSize } from '../data/dataset.js'
import { invariant } from '../util/errors.js'
import type { Recipe } from './recipe.js'

/** Holds one batch; asked again for the same step, it does nothing. */
export class NextBatch {
  readonly pictures: Float32Array
  readonly labels: Int32Array
  readonly #data: Dataset
  readonly #recipe: Recipe
  readonly #stepsPerEpoch: number
  #order: Uint32Array = new Uint32Array(0)
  #orderEpoch = -1
  #step = -1

  constructor(data: Dataset, recipe: Recipe, stepsPerEpoch: number) {
    const { channels, height, width } = inputSize(data.train)
    this.#data = data
    this.#recipe = recipe
    this.#stepsPerEpoch = stepsPerEpoch
    this.pictures = new Float32Array(recipe.batchSize * channels * height * width)
    this.labels = new Int32Array(recipe.batchSize)
  }

  prepare(step: number): void {
    if (step === this.#step) return
    const { batchSize, seed, augmentation } = this.#recipe
    const { train, normalisation } = this.#data
    const epoch = Math.floor(step / this.#stepsPerEpoch)
    if (epoch !== this.#orderEpoch) {
      this.#order = epochOrder(train.count, seed, epoch)
      this.#orderEpoch = epoch
    }
    const first = (step % this.#stepsPerEpoch) * batchSize
    const indices = this.#order.subarray(first, first + batchSize)
    invariant(indices.length === batchSize, `step ${step} has a short batch`)
    fillBatch(train, indices, this.pictures, this.labels, { normalisation, augmentation, seed, epoch })
    this.#step = step
  }
}
