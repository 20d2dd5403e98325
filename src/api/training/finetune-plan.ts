/** The defaults of a fine-tuning: the frozen layers, the number of views and the recipe, with the reason. */

import type { Augmentation } from '../../data/augment.js'
import { type Dataset, inputSize } from '../../data/dataset.js'
import { type Freeze, freezeLevels } from '../../model/freeze.js'
import type { InputSpec, NetworkSpec } from '../../spec/spec.js'
import { completeRecipe } from '../../tasks/complete-recipe.js'
import type { Recipe, RecipeOptions } from '../../tasks/recipe.js'
import { ConfigError } from '../../util/errors.js'
import { described } from '../../util/expect.js'
import type { AskMemory } from '../../util/machine/free-memory.js'
import { sizeText } from '../../util/size-text.js'
import { withCommas } from '../../util/table.js'

/** Options of a fine-tuning. All may be left out. */
export interface FinetuneChoice {
  /**
   * The layers that do not learn. Default: `all` but the classifier for up to 200 training pictures, `none` for more.
   */
  readonly freeze?: Freeze | undefined
  /**
   * The number of views of each training picture that the frozen part computes. The first view is not augmented.
   * Default: 8, or as many as fit into `featureMemory`. Without frozen layers it has no effect, because each epoch then
   * augments anew.
   */
  readonly views?: number | undefined
  /** Bytes that features may take. Default: 1 GiB. */
  readonly featureMemory?: number | undefined
  /** The defaults depend on the frozen layers and on the number of pictures. */
  readonly recipe?: RecipeOptions | undefined
}

/** How a network will be fine-tuned. */
export interface FinetunePlan {
  readonly freeze: Freeze
  readonly views: number
  readonly recipe: Recipe
  /** A sentence that names the frozen layers and the reason. */
  readonly reason: string
}

/**
 * Up to this number of training pictures the classifier alone learns. It was measured with three CIFAR-10 classes on a
 * ResNet-20 that knows the seven others. With 90 pictures the classifier alone is within a point of the whole network
 * and takes a tenth of the time. With 300 pictures the whole network makes two thirds of its errors.
 */
const FEW = 200
const VIEWS = 8
const GIB = 2 ** 30

/**
 * @param featuresAt the size of the frozen part's features for one picture; undefined if nothing is frozen
 * @param memory asks for the free memory. The number of views does not depend on it, because the weights depend on the
 * views.
 * @throws ConfigError for an invalid choice, or features that do not fit into memory
 */
export function finetunePlan(
  spec: NetworkSpec,
  data: Dataset,
  choice: FinetuneChoice,
  featuresAt: (freeze: Freeze) => InputSpec | undefined,
  memory: AskMemory = () => [],
): FinetunePlan {
  const { count } = data.train
  const freeze = choice.freeze ?? (count <= FEW ? 'all' : 'none')
  const features = featuresAt(freeze)
  const views = features ? viewsFor(data, features, choice, memory) : 1
  const { epochs, ...usual } = recipeFor(freeze, count)
  const recipe = completeRecipe({
    ...usual,
    ...(choice.recipe?.steps === undefined ? { epochs } : {}),
    augmentation: augmentationFor(inputSize(data.train).height),
    ...Object.fromEntries(Object.entries(choice.recipe ?? {}).filter(([, value]) => value !== undefined)),
  })
  return { freeze, views, recipe, reason: reasonFor(spec, freeze, count, choice.freeze !== undefined) }
}

/**
 * The classifier alone takes a large learning rate and many epochs, which are cheap. Deeper layers take a small rate,
 * so that they stay near their trained weights.
 */
function recipeFor(freeze: Freeze, pictures: number): RecipeOptions {
  const batchSize = Math.max(1, Math.min(freeze === 'all' ? 16 : 32, pictures >> 1))
  const stepsPerEpoch = Math.floor(pictures / batchSize)
  const [steps, least, most] = freeze === 'all' ? [1200, 20, 100] : [300, 8, 40]
  const epochs = Math.max(least, Math.min(most, Math.ceil(steps / stepsPerEpoch)))
  return { batchSize, epochs, lr: freeze === 'all' ? 0.1 : 0.01, schedule: 'cosine', weightDecay: 1e-3 }
}

function augmentationFor(side: number): Augmentation {
  if (side < 64) return { pad: Math.round(side / 8), flip: true }
  return { pad: 0, flip: true, resizedCrop: { scale: [0.35, 1], ratio: [3 / 4, 4 / 3] } }
}

function viewsFor(
  data: Dataset,
  { channels, height, width }: InputSpec,
  choice: FinetuneChoice,
  memory: AskMemory,
): number {
  const { views, featureMemory = GIB } = choice
  if (!(Number.isFinite(featureMemory) && featureMemory >= 0))
    throw new ConfigError(`featureMemory: expected a number of bytes of at least 0, got ${featureMemory}`)
  if (views !== undefined && !(Number.isSafeInteger(views) && views >= 1 && views <= 1000))
    throw new ConfigError(`views: expected a whole number from 1 to 1000, got ${described(views)}`)
  const bytes = 4 * channels * height * width
  const once = bytes * (data.test.count + (data.val?.count ?? 0))
  const room = Math.floor((featureMemory - once) / (bytes * data.train.count))
  if (room < (views ?? 1))
    throw new ConfigError(
      `freeze: the features of ${withCommas(data.train.count)} pictures in ${views ?? 1} ${views === undefined || views === 1 ? 'view' : 'views'} take ` +
        `${gib(once + bytes * data.train.count * (views ?? 1))}, and ${gib(featureMemory)} is granted; ` +
        `use ${views !== undefined && views > 1 ? 'fewer views, ' : ''}freeze all or none, or grant more`,
    )
  const used = views ?? Math.min(VIEWS, room)
  const taken = once + bytes * data.train.count * used
  const tight = memory().find((free) => free.bytes < taken)
  if (tight)
    throw new ConfigError(
      `freeze: the features of ${withCommas(data.train.count)} pictures in ${used} ${used === 1 ? 'view' : 'views'} take ` +
        `${sizeText(taken)}, and ${sizeText(tight.bytes)} ${tight.by}; use fewer views, or end other programs`,
    )
  return used
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toPrecision(3)} GiB`
}

function reasonFor(spec: NetworkSpec, freeze: Freeze, count: number, asked: boolean): string {
  const pictures = `${withCommas(count)} training pictures`
  const why = asked
    ? 'as asked'
    : count <= FEW
      ? `${pictures} are too few to move more`
      : `${pictures} are enough for it`
  if (freeze === 'none') return `nothing is frozen, the whole of ${spec.name} learns (${why})`
  if (freeze === 'all') return `all of ${spec.name} is frozen, its new classifier learns (${why})`
  const levels = freezeLevels(spec)
  const after = levels[levels.indexOf(freeze) + 1]
  const learns = after === 'all' ? 'its new head learns' : `${after} and what follows learns`
  return `${spec.name} is frozen up to ${freeze}, ${learns} (${why})`
}
