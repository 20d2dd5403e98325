/** How a network is trained, as plain data: what a checkpoint holds as JSON, with its defaults and its checks. */

import { type Augmentation, checkAugmentation } from '../data/augment.js'
import { type DropPathRule, dropPathRules } from '../model/drop-path.js'
import { type RegressionLoss, regressionLosses } from '../model/layers.js'
import { type Precision, precisions } from '../ops/precision.js'
import { ConfigError } from '../util/errors.js'
import { expectKind, expectOptions, number as numberKind, optional } from '../util/expect.js'
import { valueHere } from '../util/other-names.js'
import { printable, shown } from '../util/printable.js'

/** `all`: weight decay acts on every parameter, as in the papers' code; `weights`: not on biases, scales and shifts. */
export const decayRules = ['all', 'weights'] as const
/** One of `decayRules`. */
export type DecayRule = (typeof decayRules)[number]

/** `sgd`: with momentum; `adam`: weight decay is a part of the gradient; `adamw`: it shrinks the weights by itself. */
export const optimizerNames = ['sgd', 'adam', 'adamw'] as const
/** One of `optimizerNames`. */
export type OptimizerName = (typeof optimizerNames)[number]

/** The unit that stochastic depth drops: the branch for one picture, or for the whole batch. */
export const dropGranularities = ['row', 'batch'] as const
/** One of `dropGranularities`. */
export type DropGranularity = (typeof dropGranularities)[number]

/** The loss: `cross-entropy` of classes; of pictures the mean of `squared` or of absolute (`l1`) differences. */
export type LossName = 'cross-entropy' | RegressionLoss

/** All losses. */
export const lossNames: readonly LossName[] = ['cross-entropy', ...regressionLosses]

/**
 * `constant` the rate itself; `step` times gamma at each milestone [He 2015]; `cosine` half a cosine down to 0
 * [Loshchilov and Hutter 2017]; `one-cycle` up from lr / 25 to lr over the first 30 % of the steps and down to
 * lr / 250000 over the rest, both along half a cosine [Smith and Topin 2018].
 */
export const scheduleNames = ['constant', 'step', 'cosine', 'one-cycle'] as const
/** One of `scheduleNames`. */
export type ScheduleName = (typeof scheduleNames)[number]

/** All that a training depends on, beside the spec and the data. */
export interface Recipe {
  /** Pictures that go through the network together; with `accumulate`, a step has so many times as many. */
  readonly batchSize: number
  /** Batches whose gradients are averaged for one update: one step. Norms see one batch at a time. */
  readonly accumulate: number
  /** How long to train, in epochs; or in steps. Exactly one of the two is set. */
  readonly epochs?: number
  readonly steps?: number
  /** The largest learning rate; 0.1 for SGD and 0.001 for Adam where it is left out. */
  readonly lr: number
  readonly optimizer: OptimizerName
  /** Of SGD; 0.9 for SGD and 0 for Adam where it is left out. */
  readonly momentum: number
  readonly nesterov: boolean
  /** Of Adam: how much of the running means of gradients and of their squares is kept, each in [0, 1). */
  readonly betas: readonly [number, number]
  /** Of Adam: keeps it from dividing by zero. */
  readonly epsilon: number
  readonly weightDecay: number
  readonly decayOn: DecayRule
  readonly schedule: ScheduleName
  /** For the schedule `step`: the epochs after which the rate is multiplied by gamma. */
  readonly milestones: readonly number[]
  readonly gamma: number
  /** Epochs over which the rate rises linearly; may be a fraction. */
  readonly warmupEpochs: number
  /**
   * Until the training error falls below this many percent the learning rate is `warmupLr`, from then on what it would
   * have been all along; 0: no such rule. The papers' deepest nets: 0.01 until 80.
   */
  readonly warmupUntil: number
  /** A tenth of `lr` where it is left out and there is such a rule. */
  readonly warmupLr: number
  /** Largest norm of all gradients together; larger ones are scaled down to it. 0: no limit. */
  readonly clipNorm: number
  /** Gradients are cut off at ± this value over the learning rate. 0: no limit. */
  readonly clipRate: number
  /** Stochastic depth: the probability that the last residual branch is dropped. 0: never. */
  readonly dropPath: number
  /** Whether earlier branches are dropped less often, in proportion, or as often. */
  readonly dropPathRule: DropPathRule
  readonly dropPathBy: DropGranularity
  /** One of the losses that the head of the network has; a head of your own may have others. */
  readonly loss: LossName | (string & {})
  /** Whether residual branches start as zero: see `initialise`. */
  readonly zeroInitResidual: boolean
  /** Batches over which the statistics of norms are taken anew after the last step; 0: the running ones stay. */
  readonly preciseBn: number
  /** In [0, 1): see softmaxCrossEntropy. */
  readonly labelSmoothing: number
  /**
   * The operands of convolutions in training: `bf16` rounds their operands to bfloat16, as autocast does; sums and all else
   * stay float32, and evaluations are float32 throughout.
   */
  readonly precision: Precision
  /** Of pictures to enlarge only `flip`: patches are then mirrored and turned in all ways that keep their shape. */
  readonly augmentation: Augmentation
  /** Names the initial weights, the order of the pictures and their augmentation. */
  readonly seed: number
}

/** A recipe in which every field may be left out. */
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

/** Rules of a task for recipes. */
export interface RecipeRules {
  /** The field values where nothing is said. */
  readonly defaults: Recipe
  /** The losses that its networks can have. */
  readonly losses: readonly string[]
  /** Its networks, in errors: "a network that …". */
  readonly does: string
  /**
   * Refuses fields that would do nothing.
   * @throws ConfigError naming the first one
   */
  check(recipe: Recipe): void
}

/** Adam moves each parameter by about its rate, so that it needs a smaller one; its momentum is `betas`. */
const adamDefaults = { lr: 0.001, momentum: 0 } as const
const sgdDefaults = { lr: defaultRecipe.lr, momentum: defaultRecipe.momentum } as const
const WARMUP_SHARE = 0.1

const known = new Set([...Object.keys(defaultRecipe), 'steps'])

/**
 * Fills in the defaults (those of the task, and 10 epochs where neither epochs nor steps are given) and checks all values.
 * @throws ConfigError naming the first field that makes no sense
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
 * The largest value of each field that asks for work or memory and whose meaning has no end of its own: far beyond any
 * training, so that a recipe in a damaged or hostile file asks for no work without end.
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
