/** The task of upscaling (super-resolution), as a training uses it. */

import { epochOrder } from '../../data/batches.js'
import type { Preprocessing } from '../../formats/trained-network.js'
import { picture, SQUARES } from '../../model/heads/picture.js'
import { pictureHeadOf } from '../../spec/heads/index.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { ConfigError, invariant } from '../../util/errors.js'
import { isRecord } from '../../util/expect.js'
import type { Recipe } from '../recipe.js'
import type { BatchInputs, Feed, Task } from '../task.js'
import { Patches, type UpscalingData } from './data.js'
import { Enlarger, wrongScale } from './enlarger.js'
import { expectPlanes, expectUpscalingData } from './expect-data.js'
import { decibels } from './quality.js'
import { recipe } from './recipe.js'
import { Upscaler } from './upscaler.js'

export const upscale: Task<'upscale'> = {
  name: 'upscale',
  heads: { picture },
  recipe,
  rating: 'psnr',
  words: {
    does: 'upscales pictures',
    data: 'pictures to enlarge',
    remedy: 'take pictures to enlarge, or another network',
  },
  isData: (data) => isRecord(data) && 'scales' in data,
  expectData: expectUpscalingData,
  expectFit,
  expectPictures: expectPlanes,
  testFor: ({ scales = [] }, spec, data) => {
    const strange = data.scales.find((scale) => !scales.includes(scale))
    if (strange !== undefined) throw wrongScale(spec.name, scales, strange)
    return { test: data.test, notes: [] }
  },
  expectSameAnswers: expectSameScales,
  testPictures: ({ test }) => test,
  valPictures: ({ val }) => val,
  identity: ({ name, train, val, test }) => ({
    name,
    train: train.length,
    ...(val ? { val: val.length } : {}),
    test: test.length,
  }),
  preprocessing: ({ input }, { normalisation, scales }) => ({ normalisation, input, classes: [], scales }),
  epochSize: (spec, data, recipe) => patchesOf(spec, data, recipe.augmentation.flip).count,
  feed: (spec, data, recipe, stepsPerEpoch) =>
    new PatchFeed(patchesOf(spec, data, recipe.augmentation.flip), recipe, stepsPerEpoch),
  sums: ({ loss, outputs }, { normalisation }) => {
    const range = 255 * normalisation.std[0]! // of a value that differs by 1
    return { loss, squares: outputs[SQUARES]![0]! * range * range, count: 1 }
  },
  add: (a, b) => ({ loss: a.loss + b.loss, squares: a.squares + b.squares, count: a.count + b.count }),
  nothing: { loss: 0, squares: 0, count: 0 },
  scoreOf: ({ loss, squares, count }) => ({ loss: loss / count, psnr: decibels(squares / count) }),
  told: ({ psnr }, epoch) => ({ psnr, epochPsnr: epoch.psnr }),
  tested: ({ psnr, ssim, bicubic }) => ({ psnr, ssim, bicubic }),
  best: (epoch, { psnr }) => ({ epoch, psnr }),
  isBetter: ({ psnr }, best) => psnr > best.psnr,
  network: (trained, host) => new Upscaler(trained, host),
  count: ({ length }) => length,
  measuringPlan: (engine, spec) => Enlarger.plan(engine, spec),
  measurer: async (engine, spec, plan) => {
    const enlarger = await Enlarger.open(engine, spec, plan)
    return {
      setWeights: (weights) => enlarger.setWeights(weights),
      evaluate: async (pictures, { scales = [], normalisation }, signal) => {
        const { measureEnlarging } = await import('./measure.js') // pages that classify do without
        return measureEnlarging(enlarger, pictures, { scales, normalisation, signal })
      },
      tryOut: async ([picture], { scales = [], normalisation }) => {
        for (const scale of picture ? scales : []) await enlarger.tryOut(picture!, { scale, normalisation })
      },
      dispose: () => enlarger.dispose(),
    }
  },
}

/** @throws ConfigError when the network cannot learn from the pictures */
function expectFit(spec: NetworkSpec, data: UpscalingData): void {
  const { enlarge } = pictureHeadOf(spec)
  const { channels, height, width } = spec.input
  if (channels !== 1)
    throw new ConfigError(`${spec.name}: reads ${channels} channels, expected 1: pictures are enlarged by luminance`)
  const scales = data.scales.join(', ')
  if (enlarge > 1 && scales !== String(enlarge))
    throw new ConfigError(
      `${spec.name}: makes pictures ${enlarge} times as large, the pairs of ${data.name} are for scale ${scales}; ` +
        `make them for ${enlarge}, or the spec for another: preset(name, { scale })`,
    )
  const patch = `${height * enlarge}x${width * enlarge}`
  if (patchesOf(spec, data, false).count === 0)
    throw new ConfigError(
      `${spec.name}: learns from patches of ${patch} pixels, no training picture of ${data.name} is as large; ` +
        'make the spec for smaller ones: preset(name, { input })',
    )
}

/** @throws ConfigError when a training would continue with other upscaling factors than before */
function expectSameScales(own: Preprocessing, _: NetworkSpec, data: UpscalingData): void {
  const text = (list: readonly number[] = []) => list.join(', ')
  if (text(own.scales) !== text(data.scales))
    throw new ConfigError(
      `this training enlarges by ${text(own.scales)} and cannot go on with pairs for scale ${text(data.scales)}`,
    )
}

function patchesOf(spec: NetworkSpec, { train, scales, normalisation }: UpscalingData, turn: boolean): Patches {
  const { enlarge } = pictureHeadOf(spec)
  return new Patches(train, { input: spec.input, enlarge, scales, turn, normalisation })
}

/** The patches of a training step. */
class PatchFeed implements Feed {
  readonly #patches: Patches
  readonly #recipe: Recipe
  readonly #stepsPerEpoch: number
  readonly #pictures: Float32Array
  readonly #targets: Float32Array
  #order: Uint32Array = new Uint32Array(0)
  #orderEpoch = -1
  #step = -1

  constructor(patches: Patches, recipe: Recipe, stepsPerEpoch: number) {
    const { read, target } = patches
    const count = recipe.batchSize * recipe.accumulate
    this.#patches = patches
    this.#recipe = recipe
    this.#stepsPerEpoch = stepsPerEpoch
    this.#pictures = new Float32Array(count * read.height * read.width)
    this.#targets = new Float32Array(count * target.height * target.width)
  }

  prepare(step: number): void {
    if (step === this.#step) return
    const { seed, batchSize, accumulate } = this.#recipe
    const epoch = Math.floor(step / this.#stepsPerEpoch)
    if (epoch !== this.#orderEpoch) {
      this.#order = epochOrder(this.#patches.count, seed, epoch)
      this.#orderEpoch = epoch
    }
    const count = batchSize * accumulate
    const first = (step % this.#stepsPerEpoch) * count
    const indices = this.#order.subarray(first, first + count)
    invariant(indices.length === count, `step ${step} has a short batch`)
    indices.forEach((index, slot) => {
      this.#patches.write(index, { seed, epoch }, this.#pictures, this.#targets, slot)
    })
    this.#step = step
  }

  batch(batch: number): BatchInputs {
    const { accumulate } = this.#recipe
    const part = (values: Float32Array) => {
      const size = values.length / accumulate
      return values.subarray(batch * size, (batch + 1) * size)
    }
    return { pictures: part(this.#pictures), targets: part(this.#targets) }
  }
}
