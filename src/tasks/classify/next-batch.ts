/** Prepares the pictures of a training step: their choice and their augmentation follow from (seed, epoch, index). */
import { epochOrder, fillBatch } from '../../data/batches.js'
import { type Dataset, inputSize } from '../../data/dataset.js'
import { invariant } from '../../util/errors.js'
import type { Recipe } from '../recipe.js'
import type { BatchInputs, Feed } from '../task.js'

/** Prepares the batches of one step. A second call for the same step does nothing. */
export class NextBatch implements Feed {
  readonly pictures: Float32Array
  readonly labels: Int32Array
  readonly #data: Dataset
  readonly #recipe: Recipe
  readonly #stepsPerEpoch: number
  readonly #count: number
  readonly #pictureSize: number
  #order: Uint32Array = new Uint32Array(0)
  #orderEpoch = -1
  #step = -1

  constructor(data: Dataset, recipe: Recipe, stepsPerEpoch: number) {
    const { channels, height, width } = inputSize(data.train)
    this.#data = data
    this.#recipe = recipe
    this.#stepsPerEpoch = stepsPerEpoch
    this.#count = recipe.batchSize * recipe.accumulate
    this.#pictureSize = channels * height * width
    this.pictures = new Float32Array(this.#count * this.#pictureSize)
    this.labels = new Int32Array(this.#count)
  }

  prepare(step: number): void {
    if (step === this.#step) return
    const { seed, augmentation } = this.#recipe
    const { train, normalisation } = this.#data
    const epoch = Math.floor(step / this.#stepsPerEpoch)
    if (epoch !== this.#orderEpoch) {
      this.#order = epochOrder(train.count, seed, epoch)
      this.#orderEpoch = epoch
    }
    const first = (step % this.#stepsPerEpoch) * this.#count
    const indices = this.#order.subarray(first, first + this.#count)
    invariant(indices.length === this.#count, `step ${step} has a short batch`)
    fillBatch(train, indices, this.pictures, this.labels, { normalisation, augmentation, seed, epoch })
    this.#step = step
  }

  /** One batch of the step, counted from 0. It is a view, valid until the next step is prepared. */
  batch(batch: number): BatchInputs {
    const { batchSize } = this.#recipe
    const [first, end] = [batch * batchSize, (batch + 1) * batchSize]
    return {
      pictures: this.pictures.subarray(first * this.#pictureSize, end * this.#pictureSize),
      labels: this.labels.subarray(first, end),
    }
  }
}
