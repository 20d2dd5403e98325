/** Networks and recipes that studies share: the papers' CIFAR nets, at the size of the data, and two recipes. */

import { inputSize } from '../data/dataset.js'
import { type CifarOptions, cifarBasic, cifarBottleneck } from '../spec/families.js'
import { plainTwin } from '../spec/plain-twin.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import { at, type Workbench } from './workbench.js'

/** The kinds of nets whose depth is studied. */
export type Kind = 'plain' | 'residual' | 'pre-activation'

/** Classes and input of the workbench's data, as options of net functions. */
export function fitting(bench: Workbench): Pick<CifarOptions, 'classes' | 'input'> {
  const data = bench.data(bench.seeds[0]!)
  return { classes: data.classes.length, input: inputSize(data.train) }
}

/** A CIFAR net of basic blocks, or its plain twin, for the workbench's pictures. */
export function cifarNet(
  bench: Workbench,
  kind: Kind,
  depth: number,
  options: Partial<CifarOptions> = {},
): NetworkSpec {
  const spec = cifarBasic({ depth, ...fitting(bench), order: kind === 'pre-activation' ? 'pre' : 'post', ...options })
  return kind === 'plain' ? plainTwin(spec) : spec
}

/** A CIFAR net of bottlenecks (9n+2 layers). */
export function bottleneckNet(bench: Workbench, kind: Exclude<Kind, 'plain'>, depth: number): NetworkSpec {
  return cifarBottleneck({ depth, ...fitting(bench), order: kind === 'pre-activation' ? 'pre' : 'post' })
}

/** Steps of an epoch of 50,000 pictures at batch 128, which convert the papers' iterations to epochs. */
const PAPER_EPOCH = 390

/**
 * The usual recipe. `quick`: some 300 steps in one cycle. `paper`: 64,000 steps, where the rate falls after 32,000 and
 * 48,000 [He 2015, §4.2], or with `epochs` the same in proportion.
 * @param quickEpochs number of epochs at `quick`, unless another is asked for
 */
export function recipeFor(bench: Workbench, options: RecipeOptions = {}, quickEpochs = 4): RecipeOptions {
  const { epochs } = bench
  return at<RecipeOptions>(bench, {
    quick: {
      batchSize: 64,
      epochs: epochs ?? quickEpochs,
      lr: 0.1,
      schedule: 'one-cycle',
      weightDecay: 1e-4,
      augmentation: { pad: 2, flip: true },
      ...options,
    },
    paper: {
      batchSize: 128,
      ...(epochs === undefined
        ? { steps: 64_000, milestones: [32_000 / PAPER_EPOCH, 48_000 / PAPER_EPOCH] }
        : { epochs, milestones: [epochs / 2, (3 * epochs) / 4] }),
      lr: 0.1,
      schedule: 'step',
      weightDecay: 1e-4,
      augmentation: { pad: 4, flip: true },
      ...options,
    },
  })
}

/**
 * The recipe for nets without norms. Their gradients must be clipped, and at a rate of 0.01 they hardly learn in a
 * short training.
 */
export function bareRecipe(bench: Workbench, options: RecipeOptions = {}): RecipeOptions {
  return recipeFor(bench, { clipNorm: 1, ...options })
}

/** The papers' rule for nets of 110 layers and more: a tenth of the rate until they begin to learn. */
export function careful(
  bench: Workbench,
  depth: number,
  options: RecipeOptions = {},
  quickEpochs?: number,
): RecipeOptions {
  const warmUp = bench.scale === 'paper' && depth >= 110 ? { warmupUntil: 80 } : {}
  return recipeFor(bench, { ...warmUp, ...options }, quickEpochs)
}
