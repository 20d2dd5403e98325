/** How a network is trained, as plain data: what a checkpoint holds as JSON, with its defaults and its checks. */
import { type Augmentation, checkAugmentation } from '../data/augment.js'
import { ConfigError } from '../util/errors.js'
import { type Schedule, type ScheduleName, scheduleNames } from './schedule.js'

/** `all`: weight decay acts on every parameter, as in the papers' code; `weights`: not on biases, scales and shifts. */
export const decayRules = ['all', 'weights'] as const
export type DecayRule = (typeof decayRules)[number]

export interface Recipe {
  readonly batchSize: number
  /** How long to train, in epochs; or in steps. Exactly one of the two is set. */
  readonly epochs?: number
  readonly steps?: number
  /** The largest learning rate. */
  readonly lr: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
  readonly decayOn: DecayRule
  readonly schedule: ScheduleName
  /** For the schedule `step`: the epochs after which the rate is multiplied by gamma. */
  readonly milestones: readonly number[]
  readonly gamma: number
  /** Epochs over which the rate rises linearly; may be a fraction. */
  readonly warmupEpochs: number
  /** In [0, 1): see softmaxCrossEntropy. */
  readonly labelSmoothing: number
  readonly augmentation: Augmentation
  /** Names the initial weights, the order of the pictures and their augmentation. */
  readonly seed: number
}

/** What may be left out of a recipe: everything. */
export type RecipeOptions = { readonly [Field in keyof Recipe]?: Recipe[Field] | undefined }

export const defaultRecipe = {
  batchSize: 128,
  epochs: 10,
  lr: 0.1,
  momentum: 0.9,
  nesterov: false,
  weightDecay: 1e-4,
  decayOn: 'all',
  schedule: 'cosine',
  milestones: [],
  gamma: 0.1,
  warmupEpochs: 0,
  labelSmoothing: 0,
  augmentation: { pad: 4, flip: true },
  seed: 0,
} as const satisfies Recipe

const known = new Set([...Object.keys(defaultRecipe), 'steps'])

/**
 * Fills in the defaults (10 epochs where neither epochs nor steps are given) and checks all values.
 * @throws ConfigError naming the first field that makes no sense.
 */
export function completeRecipe(options: RecipeOptions): Recipe {
  for (const name of Object.keys(options))
    if (!known.has(name))
      throw new ConfigError(`recipe.${name}: unknown field; the fields are ${[...known].join(', ')}`)
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Recipe>
  const { epochs, ...rest } = defaultRecipe
  const length = given.epochs === undefined && given.steps === undefined ? { epochs } : {}
  const recipe: Recipe = { ...rest, ...length, ...given }
  checkRecipe(recipe)
  return recipe
}

function checkRecipe(recipe: Recipe): void {
  const { epochs, steps, schedule, milestones, warmupEpochs, nesterov, momentum, augmentation } = recipe
  whole('batchSize', recipe.batchSize, 1)
  if (epochs !== undefined && steps !== undefined)
    throw new ConfigError(`recipe: epochs ${epochs} and steps ${steps} are both set; leave one of them out`)
  if (epochs !== undefined) whole('epochs', epochs, 1)
  if (steps !== undefined) whole('steps', steps, 1)
  number('lr', recipe.lr, 'above 0', (lr) => lr > 0)
  number('momentum', momentum, 'in [0, 1)', (m) => m >= 0 && m < 1)
  flag('nesterov', nesterov)
  if (nesterov && momentum === 0)
    throw new ConfigError('recipe.nesterov: Nesterov momentum needs a momentum above 0, got momentum 0')
  number('weightDecay', recipe.weightDecay, 'of at least 0', (decay) => decay >= 0)
  oneOf('decayOn', recipe.decayOn, decayRules)
  oneOf('schedule', schedule, scheduleNames)
  if (!Array.isArray(milestones)) throw new ConfigError(`recipe.milestones: expected a list, got ${text(milestones)}`)
  milestones.forEach((milestone, i) => {
    number(`milestones[${i}]`, milestone, 'above 0', (epoch) => epoch > 0)
    if (i > 0 && milestone <= milestones[i - 1]!)
      throw new ConfigError(`recipe.milestones: expected rising epochs, got ${milestones.join(', ')}`)
  })
  if (schedule === 'step' && milestones.length === 0)
    throw new ConfigError('recipe.milestones: the schedule step needs at least one, for example 82, 123')
  if (schedule !== 'step' && milestones.length > 0)
    throw new ConfigError(`recipe.milestones: only the schedule step has milestones, this one is ${schedule}`)
  number('gamma', recipe.gamma, 'in (0, 1]', (gamma) => gamma > 0 && gamma <= 1)
  number('warmupEpochs', warmupEpochs, 'of at least 0', (warmup) => warmup >= 0)
  if (schedule === 'one-cycle' && warmupEpochs > 0)
    throw new ConfigError('recipe.warmupEpochs: the schedule one-cycle has a warm-up of its own; leave it at 0')
  number('labelSmoothing', recipe.labelSmoothing, 'in [0, 1)', (s) => s >= 0 && s < 1)
  checkAugmentation(augmentation, 'recipe.augmentation')
  whole('seed', recipe.seed, 0)
}

function text(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'undefined')
}

function number(field: string, value: unknown, range: string, holds: (value: number) => boolean): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value))
    throw new ConfigError(`recipe.${field}: expected a number ${range}, got ${text(value)}`)
}

function whole(field: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new ConfigError(`recipe.${field}: expected a whole number of at least ${least}, got ${text(value)}`)
}

function flag(field: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ConfigError(`recipe.${field}: expected true or false, got ${text(value)}`)
}

function oneOf(field: string, value: unknown, legal: readonly string[]): void {
  if (typeof value !== 'string' || !legal.includes(value))
    throw new ConfigError(`recipe.${field}: expected one of ${legal.join(', ')}; got ${text(value)}`)
}

/** A recipe applied to a number of training pictures. */
export interface Course {
  /** The last batch of an epoch is left out where it would be short. */
  readonly stepsPerEpoch: number
  readonly totalSteps: number
  /** Epochs begun; the last one may be cut short where the recipe counts steps. */
  readonly epochs: number
  readonly schedule: Schedule
}

/** @throws ConfigError when a batch is larger than the training set, or warm-up and milestones outlast the training. */
export function course(recipe: Recipe, pictures: number): Course {
  const stepsPerEpoch = Math.floor(pictures / recipe.batchSize)
  if (stepsPerEpoch === 0)
    throw new ConfigError(
      `recipe.batchSize: a batch of ${recipe.batchSize} is larger than the training set of ${pictures} pictures; use a smaller batch`,
    )
  const totalSteps = recipe.steps ?? recipe.epochs! * stepsPerEpoch
  const warmupSteps = Math.round(recipe.warmupEpochs * stepsPerEpoch)
  if (warmupSteps >= totalSteps)
    throw new ConfigError(
      `recipe.warmupEpochs: a warm-up of ${warmupSteps} steps never ends in a training of ${totalSteps} steps; make it shorter`,
    )
  const milestones = recipe.milestones.map((epoch) => Math.round(epoch * stepsPerEpoch))
  const late = milestones.findIndex((step) => step >= totalSteps)
  if (late >= 0)
    throw new ConfigError(
      `recipe.milestones: epoch ${recipe.milestones[late]} is step ${milestones[late]}, at or after the end of a training of ${totalSteps} steps`,
    )
  const schedule = {
    kind: recipe.schedule,
    lr: recipe.lr,
    totalSteps,
    warmupSteps,
    milestones,
    gamma: recipe.gamma,
  }
  return { stepsPerEpoch, totalSteps, epochs: Math.ceil(totalSteps / stepsPerEpoch), schedule }
}
