/** The flags of `resnet train` for the recipe: one flag per field, without the augmentation. */
import { Option } from 'commander'
import {
  type DecayRule,
  type DropGranularity,
  type DropPathRule,
  decayRules,
  defaultRecipe,
  dropGranularities,
  dropPathRules,
  type LossName,
  lossNames,
  type OptimizerName,
  optimizerNames,
  type Precision,
  precisions,
  type RecipeOptions,
  type ScheduleName,
  scheduleNames,
} from '../../internal.node.js'
import { number, numbers, oneOf, whole } from './options.js'

export interface RecipeFlags {
  readonly epochs?: number
  readonly steps?: number
  readonly batchSize?: number
  readonly accumulate?: number
  readonly lr?: number
  readonly optimizer?: OptimizerName
  readonly momentum?: number
  readonly nesterov?: true
  readonly betas?: number[]
  readonly epsilon?: number
  readonly weightDecay?: number
  readonly decayOn?: DecayRule
  readonly schedule?: ScheduleName
  readonly milestones?: number[]
  readonly gamma?: number
  readonly warmupEpochs?: number
  readonly warmupUntil?: number
  readonly warmupLr?: number
  readonly clipNorm?: number
  readonly clipRate?: number
  readonly dropPath?: number
  readonly dropPathRule?: DropPathRule
  readonly dropPathBy?: DropGranularity
  readonly loss?: LossName
  readonly zeroInitResidual?: true
  readonly preciseBn?: number
  readonly labelSmoothing?: number
  readonly precision?: Precision
  readonly seed?: number
}

export function recipeOptions(): Option[] {
  const { epochs, batchSize, lr, optimizer, momentum, betas, epsilon, weightDecay, schedule, gamma } = defaultRecipe
  const option = <T>(flags: string, what: string, parser: (value: string) => T) =>
    new Option(flags, what).argParser(parser)
  return [
    option('--epochs <n>', `how long to train (default: ${epochs})`, whole(1)),
    option('--steps <n>', 'how long to train, in steps instead of epochs', whole(1)),
    option('-b, --batch-size <n>', `pictures per batch (default: ${batchSize})`, whole(1)),
    option('--accumulate <k>', 'average the gradients of k batches for each step (default: 1)', whole(1)),
    option('--lr <rate>', `largest learning rate (default: ${lr}; 0.001 with Adam)`, number),
    option('--optimizer <name>', `${optimizerNames.join(', ')} (default: ${optimizer})`, oneOf(optimizerNames)),
    option('--momentum <m>', `momentum of sgd (default: ${momentum})`, number),
    new Option('--nesterov', 'Nesterov momentum'),
    option('--betas <b1,b2>', `of Adam (default: ${betas.join(',')})`, numbers),
    option('--epsilon <e>', `of Adam (default: ${epsilon})`, number),
    option('--wd, --weight-decay <d>', `(default: ${weightDecay})`, number),
    option('--decay-on <which>', `parameters that weight decay acts on: ${decayRules.join(', ')}`, oneOf(decayRules)),
    option(
      '--schedule <name>',
      `${scheduleNames.join(', ')} (default: ${schedule}; step with --milestones)`,
      oneOf(scheduleNames),
    ),
    option('--milestones <epochs>', 'epochs after which the rate falls, for example 82,123', numbers),
    option('--gamma <factor>', `factor of each fall (default: ${gamma})`, number),
    option('--warmup-epochs <n>', 'epochs over which the rate rises at first (default: 0)', number),
    option('--warmup-until <percent>', 'use --warmup-lr until the training error is below this', number),
    option('--warmup-lr <rate>', 'the rate before that (default: a tenth of --lr)', number),
    option('--clip-norm <n>', 'clip gradients: largest norm of all gradients together', number),
    option('--clip-rate <t>', 'clip each gradient at this value divided by the learning rate', number),
    option('--drop-path <p>', 'stochastic depth: probability that the last residual branch is dropped', number),
    option(
      '--drop-path-rule <name>',
      `how earlier branches are dropped: ${dropPathRules.join(', ')} (default: linear, less often)`,
      oneOf(dropPathRules),
    ),
    option(
      '--drop-path-by <which>',
      `drop a branch per picture (row) or per batch: ${dropGranularities.join(', ')} (default: row)`,
      oneOf(dropGranularities),
    ),
    option(
      '--loss <name>',
      `${lossNames.join(', ')} (default: cross-entropy of classes, squared differences of pictures)`,
      oneOf(lossNames),
    ),
    new Option('--zero-init-residual', 'start with residual branches of zero'),
    option('--precise-bn <n>', 'recompute the statistics of norms from n batches at the end', whole(0)),
    option('--label-smoothing <s>', '(default: 0)', number),
    option(
      '--precision <name>',
      `precision of convolutions: ${precisions.join(', ')} (default: float32)`,
      oneOf(precisions),
    ),
  ]
}

/** The recipe of the given flags. */
export function recipeOf(flags: RecipeFlags): RecipeOptions {
  const names = [...recipeOptions().map((option) => option.attributeName()), 'seed'] as (keyof RecipeFlags)[]
  // Any number of betas may be given; `completeRecipe` checks the count.
  const given = Object.fromEntries(names.map((name) => [name, flags[name]])) as RecipeOptions
  return { ...given, schedule: flags.schedule ?? (flags.milestones ? 'step' : undefined) }
}
