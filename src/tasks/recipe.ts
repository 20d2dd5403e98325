/**
 * Recipes: the settings of a training (hyperparameters) as plain data, with their defaults and checks. A checkpoint
 * holds its recipe as JSON.
 */

import { type Augmentation, checkAugmentation } from '../data/augment.js'
import { type DropPathRule, dropPathRules } from '../model/drop-path.js'
import { type RegressionLoss, regressionLosses } from '../model/layers.js'
import { type Precision, precisions } from '../ops/precision.js'
import { ConfigError } from '../util/errors.js'
import { expectKind, expectOptions, number as numberKind, optional } from '../util/expect.js'
import { valueHere } from '../util/other-names.js'
import { printable, shown } from '../util/printable.js'

/**
 * `all`: weight decay acts on every parameter, as in the papers' code. `weights`: it does not act on biases, scales and
 * shifts.
 */
export const decayRules = ['all', 'weights'] as const
/** One of `decayRules`. */
export type DecayRule = (typeof decayRules)[number]

/**
 * `sgd` has momentum. `adam` adds weight decay to the gradient. `adamw` shrinks the weights directly (decoupled weight
 * decay).
 */
export const optimizerNames = ['sgd', 'adam', 'adamw'] as const
/** One of `optimizerNames`. */
export type OptimizerName = (typeof optimizerNames)[number]

/** The unit that stochastic depth drops: the branch for one picture, or for the whole batch. */
export const dropGranularities = ['row', 'batch'] as const
/** One of `dropGranularities`. */
export type DropGranularity = (typeof dropGranularities)[number]

/**
 * The loss: `cross-entropy` for classes; for pictures the mean of squared (`squared`, MSE) or absolute (`l1`)
 * differences.
 */
export type LossName = 'cross-entropy' | RegressionLoss

/** All losses. */
export const lossNames: readonly LossName[] = ['cross-entropy', ...regressionLosses]

/**
 * Schedules of the learning rate. `constant` keeps `lr`. `step` multiplies it by gamma at each milestone [He 2015].
 * `cosine` falls to 0 along half a cosine [Loshchilov and Hutter 2017]. `one-cycle` rises from lr / 25 to lr over the
 * first 30 % of the steps and falls to lr / 250000 over the rest, both along half a cosine [Smith and Topin 2018].
 */
export const scheduleNames = ['constant', 'step', 'cosine', 'one-cycle'] as const
/** One of `scheduleNames`. */
export type ScheduleName = (typeof scheduleNames)[number]

/** All settings that a training depends on beside the spec and the data. */
export interface Recipe {
  /** Pictures per batch. With `accumulate`, a step has `accumulate` batches. */
  readonly batchSize: number
  /**
   * The number of batches whose gradients are averaged for one step (gradient accumulation). Norms see one batch at a
   * time.
   */
  readonly accumulate: number
  /** The length of the training, in epochs or in steps. Exactly one of the two is set. */
  readonly epochs?: number
  readonly steps?: number
  /** The largest learning rate. Default: 0.1 for SGD, 0.001 for Adam. */
  readonly lr: number
  readonly optimizer: OptimizerName
  /** The momentum of SGD. Default: 0.9 for SGD, 0 for Adam. */
  readonly momentum: number
  readonly nesterov: boolean
  /**
   * For Adam: the share of the running means of gradients and of their squares that each step keeps, both in [0, 1).
   */
  readonly betas: readonly [number, number]
  /** For Adam: a small number that prevents a division by zero. */
  readonly epsilon: number
  readonly weightDecay: number
  readonly decayOn: DecayRule
  readonly schedule: ScheduleName
  /** For the schedule `step`: the epochs after which the learning rate is multiplied by gamma. */
  readonly milestones: readonly number[]
  readonly gamma: number
  /** The number of epochs over which the learning rate rises linearly. May be a fraction. */
  readonly warmupEpochs: number
  /**
   * The learning rate is `warmupLr` until the training error falls below this percentage. Then it follows the schedule.
   * 0 turns the rule off. The papers train their deepest nets with 0.01 until 80 %.
   */
  readonly warmupUntil: number
  /** The learning rate until `warmupUntil` is reached. Default: a tenth of `lr`. */
  readonly warmupLr: number
  /**
   * Clips gradients: the largest norm of all gradients taken together. A larger norm is scaled down to it. 0: no limit.
   */
  readonly clipNorm: number
  /** Clips each gradient to ± this value divided by the learning rate. 0: no limit. */
  readonly clipRate: number
  /** Stochastic depth: the probability that the last residual branch is dropped. 0: never. */
  readonly dropPath: number
  /** `linear`: the probability rises from the first branch to the last. `uniform`: it is the same for all branches. */
  readonly dropPathRule: DropPathRule
  readonly dropPathBy: DropGranularity
  /** One of the losses of the network's head. A head of your own may have others. */
  readonly loss: LossName | (string & {})
  /** If true, residual branches start as zero: see `initialise`. */
  readonly zeroInitResidual: boolean
  /**
   * The number of batches that recompute the statistics of norms after the last step (precise batch norm). 0: the
   * running statistics stay.
   */
  readonly preciseBn: number
  /** Label smoothing, in [0, 1): see `softmaxCrossEntropy`. */
  readonly labelSmoothing: number
  /**
   * The precision of convolutions in training. `bf16` rounds their operands to bfloat16, as autocast does. Sums and all
   * other operations stay float32, and evaluations are float32.
   */
  readonly precision: Precision
  /**
   * Augmentation of training pictures. Upscaling takes `flip` only: it mirrors and turns patches in all ways that keep
   * their shape.
   */
  readonly augmentation: Augmentation
  /** The seed of the initial weights, the order of the pictures and their augmentation. */
  readonly seed: number
}

/** A recipe whose fields may all be left out. */
export type RecipeOptions = { readonly [Field in keyof Recipe]?: Recipe[Field] | undefined }

/** The default of each field of a recipe. */
export const defaultRecipe = {
  batchSize: 128,
  accumulate: 1,
  epochs: 10,
  lr: 0.1,
  optimizer: 'sgd',
  momentum: 0.9,
  nesterov: false,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  weightDecay: 1e-4,
  decayOn: 'all',
  schedule: 'cosine',
  milestones: [],
  gamma: 0.1,
  warmupEpochs: 0,
  warmupUntil: 0,
  warmupLr: 0,
  clipNorm: 0,
  clipRate: 0,
  dropPath: 0,
  dropPathRule: 'linear',
  dropPathBy: 'row',
  loss: 'cross-entropy',
  zeroInitResidual: false,
  preciseBn: 0,
  labelSmoothing: 0,
  precision: 'float32',
  augmentation: { pad: 4, flip: true },
  seed: 0,
} as const satisfies Recipe

/** The rules of a task for its recipes. */
export interface RecipeRules {
  /** The defaults of the fields. */
  readonly defaults: Recipe
  /** The losses of its networks. */
  readonly losses: readonly string[]
  /** Describes its networks in errors, after "a network that". */
  readonly does: string
  /**
   * Refuses fields that would have no effect.
   * @throws ConfigError naming the first one
   */
  check(recipe: Recipe): void
}

/**
 * The defaults for Adam. Adam moves each parameter by about its learning rate, so the rate is smaller. Its momentum is
 * in `betas`.
 */
const adamDefaults = { lr: 0.001, momentum: 0 } as const
const sgdDefaults = { lr: defaultRecipe.lr, momentum: defaultRecipe.momentum } as const
const WARMUP_SHARE = 0.1

const known = new Set([...Object.keys(defaultRecipe), 'steps'])

/**
 * Fills in the defaults (those of the task, and 10 epochs if neither epochs nor steps are given) and checks all values.
 * @throws ConfigError naming the first invalid field
 */
export function completed(options: RecipeOptions, rules: RecipeRules): Recipe {
  expectOptions(options, 'recipe')
  expectKind(options.warmupUntil, 'recipe.warmupUntil', optional(numberKind))
  for (const name of Object.keys(options))
    if (!known.has(name))
      throw new ConfigError(`recipe.${printable(name)}: unknown field; the fields are ${[...known].join(', ')}`)
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Recipe>
  const { epochs = defaultRecipe.epochs, ...rest } = rules.defaults
  const length = given.epochs === undefined && given.steps === undefined ? { epochs } : {}
  const own = given.optimizer === undefined ? {} : given.optimizer === 'sgd' ? sgdDefaults : adamDefaults
  const recipe: Recipe = { ...rest, ...own, ...length, ...given }
  const complete =
    recipe.warmupUntil > 0 && given.warmupLr === undefined ? { ...recipe, warmupLr: WARMUP_SHARE * recipe.lr } : recipe
  checkRecipe(complete)
  if (!rules.losses.includes(complete.loss))
    throw new ConfigError(
      `recipe.loss: a network that ${rules.does} has ${rules.losses.join(' or ')}, got ${text(complete.loss)}`,
    )
  rules.check(complete)
  return complete
}

/**
 * The largest values of fields that cost work or memory. They are far beyond any training. They keep a recipe in a
 * damaged or hostile file from asking for endless work.
 */
const most = {
  batchSize: 1_048_576,
  accumulate: 1_048_576,
  epochs: 1e6,
  steps: 1e9,
  epsilon: 1,
  warmupEpochs: 1e6,
  preciseBn: 1e5,
} as const satisfies { readonly [Field in keyof Recipe]?: number }
const MOST_MILESTONES = 1000

function checkRecipe(recipe: Recipe): void {
  const { epochs, steps, schedule, milestones, warmupEpochs, nesterov, momentum, augmentation } = recipe
  whole('batchSize', recipe.batchSize, 1)
  if (epochs !== undefined && steps !== undefined)
    throw new ConfigError(`recipe: epochs ${epochs} and steps ${steps} are both set; leave one of them out`)
  if (epochs !== undefined) whole('epochs', epochs, 1)
  if (steps !== undefined) whole('steps', steps, 1)
  whole('accumulate', recipe.accumulate, 1)
  number('lr', recipe.lr, 'above 0', (lr) => lr > 0)
  checkOptimizer(recipe)
  number('momentum', momentum, 'in [0, 1)', (m) => m >= 0 && m < 1)
  flag('nesterov', nesterov)
  if (nesterov && momentum === 0)
    throw new ConfigError('recipe.nesterov: Nesterov momentum needs a momentum above 0, got momentum 0')
  number('weightDecay', recipe.weightDecay, 'of at least 0', (decay) => decay >= 0)
  oneOf('decayOn', recipe.decayOn, decayRules)
  oneOf('schedule', schedule, scheduleNames)
  if (!Array.isArray(milestones)) throw new ConfigError(`recipe.milestones: expected a list, got ${text(milestones)}`)
  if (milestones.length > MOST_MILESTONES)
    throw new ConfigError(`recipe.milestones: expected at most ${MOST_MILESTONES} epochs, got ${milestones.length}`)
  milestones.forEach((milestone, i) => {
    number(`milestones[${i}]`, milestone, 'above 0', (epoch) => epoch > 0)
    if (i > 0 && milestone <= milestones[i - 1]!)
      throw new ConfigError(`recipe.milestones: expected rising epochs, got ${printable(milestones.join(', '))}`)
  })
  if (schedule === 'step' && milestones.length === 0)
    throw new ConfigError('recipe.milestones: the schedule step needs at least one, for example 82, 123')
  if (schedule !== 'step' && milestones.length > 0)
    throw new ConfigError(`recipe.milestones: only the schedule step has milestones, this one is ${schedule}`)
  number('gamma', recipe.gamma, 'in (0, 1]', (gamma) => gamma > 0 && gamma <= 1)
  number('warmupEpochs', warmupEpochs, 'of at least 0', (warmup) => warmup >= 0)
  if (schedule === 'one-cycle' && warmupEpochs > 0)
    throw new ConfigError('recipe.warmupEpochs: the schedule one-cycle has a warm-up of its own; leave it at 0')
  checkWarmupRule(recipe)
  checkClipping(recipe)
  number('dropPath', recipe.dropPath, 'in [0, 1)', (rate) => rate >= 0 && rate < 1)
  oneOf('dropPathRule', recipe.dropPathRule, dropPathRules)
  oneOf('dropPathBy', recipe.dropPathBy, dropGranularities)
  flag('zeroInitResidual', recipe.zeroInitResidual)
  whole('preciseBn', recipe.preciseBn, 0)
  number('labelSmoothing', recipe.labelSmoothing, 'in [0, 1)', (s) => s >= 0 && s < 1)
  oneOf('precision', recipe.precision, precisions)
  checkAugmentation(augmentation, 'recipe.augmentation')
  whole('seed', recipe.seed, 0)
  for (const [field, limit] of Object.entries(most)) atMost(field, recipe[field as keyof typeof most], limit)
}

function checkOptimizer({ optimizer, momentum, nesterov, betas, epsilon }: Recipe): void {
  oneOf('optimizer', optimizer, optimizerNames)
  if (!Array.isArray(betas) || betas.length !== 2)
    throw new ConfigError(`recipe.betas: expected two numbers, for example 0.9, 0.999; got ${text(betas)}`)
  betas.forEach((beta, i) => {
    number(`betas[${i}]`, beta, 'in [0, 1)', (b) => b >= 0 && b < 1)
  })
  number('epsilon', epsilon, 'above 0', (e) => e > 0)
  if (optimizer !== 'sgd' && (momentum !== 0 || nesterov))
    throw new ConfigError(
      `recipe.${nesterov ? 'nesterov' : 'momentum'}: only sgd has it, the optimizer is ${optimizer}, which has betas; leave it out`,
    )
}

function checkWarmupRule({ warmupUntil, warmupLr, warmupEpochs, lr, schedule }: Recipe): void {
  number('warmupUntil', warmupUntil, 'of percent in [0, 100)', (percent) => percent >= 0 && percent < 100)
  if (warmupUntil === 0) {
    number('warmupLr', warmupLr, 'of 0, as there is no warmupUntil', (rate) => rate === 0)
    return
  }
  number('warmupLr', warmupLr, `above 0 and below lr ${lr}`, (rate) => rate > 0 && rate < lr)
  if (warmupEpochs > 0)
    throw new ConfigError(
      `recipe: warmupEpochs ${warmupEpochs} and warmupUntil ${warmupUntil} are both set; leave one of them out`,
    )
  if (schedule === 'one-cycle')
    throw new ConfigError('recipe.warmupUntil: the schedule one-cycle has a warm-up of its own; leave it out')
}

function checkClipping({ clipNorm, clipRate }: Recipe): void {
  number('clipNorm', clipNorm, 'of at least 0', (limit) => limit >= 0)
  number('clipRate', clipRate, 'of at least 0', (limit) => limit >= 0)
  if (clipNorm > 0 && clipRate > 0)
    throw new ConfigError(`recipe: clipNorm ${clipNorm} and clipRate ${clipRate} are both set; leave one of them out`)
}

function text(value: unknown): string {
  return value === undefined ? 'undefined' : shown(value)
}

export function number(field: string, value: unknown, range: string, holds: (value: number) => boolean): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value))
    throw new ConfigError(`recipe.${field}: expected a number ${range}, got ${text(value)}`)
}

function whole(field: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new ConfigError(`recipe.${field}: expected a whole number of at least ${least}, got ${text(value)}`)
}

function atMost(field: string, value: number | undefined, limit: number): void {
  if (value !== undefined && value > limit)
    throw new ConfigError(`recipe.${field}: expected a number of at most ${limit}, got ${text(value)}`)
}

function flag(field: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ConfigError(`recipe.${field}: expected true or false, got ${text(value)}`)
}

function oneOf(field: string, value: unknown, legal: readonly string[]): void {
  if (typeof value !== 'string' || !legal.includes(value)) {
    const own = valueHere(value, legal)
    const meant = own === undefined ? '' : `, which is called ${own} here`
    throw new ConfigError(`recipe.${field}: expected one of ${legal.join(', ')}; got ${text(value)}${meant}`)
  }
}
