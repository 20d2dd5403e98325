/**
 * The graph of one training step: forward pass, gradients and update in one graph, so that a step is one plan and one
 * run. `addUpdates` lists the inputs that it adds to those of the forward graph.
 */
import { differentiate } from '../../autodiff/differentiate.js'
import * as kinds from '../../graph/expect.js'
import type { Graph } from '../../graph/graph.js'
import { forwardGraph } from '../../model/forward.js'
import type { LossSettings } from '../../model/heads/head.js'
import type { Heads } from '../../model/heads/index.js'
import { roundOperands } from '../../ops/precision.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { decayRules, optimizerNames, type Recipe } from '../../tasks/recipe.js'
import { expectFields, expectKind, flag, kind, number, numbers, oneOf } from '../../util/expect.js'
import { accumulated } from './accumulate.js'
import { addUpdates, type UpdateSettings } from './optimizer.js'

/** The part of a recipe that the graph of a step depends on. */
export type StepSettings = UpdateSettings &
  Pick<Recipe, 'batchSize' | 'accumulate' | 'labelSmoothing' | 'dropPath' | 'dropPathRule' | 'dropPathBy' | 'seed'> &
  Partial<Pick<Recipe, 'precision' | 'loss'>>

/**
 * Builds the graph of a step. Its outputs are `loss` (mean of the step, before the update) and `logits` [batch,
 * classes], or the scalar `squares` for nets that enlarge. With `accumulate` above 1, each batch has its own data inputs and
 * outputs: see `batchName`.
 */
export function trainingGraph(spec: NetworkSpec, settings: StepSettings, heads?: Heads): Graph {
  const { batchSize, accumulate, dropPath, dropPathRule, dropPathBy, seed } = settings
  const forwards = Array.from({ length: accumulate }, (_, batch) =>
    forwardGraph(spec, {
      batch: batchSize,
      mode: 'training',
      ...lossOptions(settings),
      dropPath: { rate: dropPath, rule: dropPathRule, by: dropPathBy, seed, batch },
      heads,
    }),
  )
  return stepGraph(settings.precision === 'bf16' ? forwards.map(roundOperands) : forwards, settings)
}

/** Converts a recipe's loss settings for the forward pass. */
export function lossOptions({ labelSmoothing, loss }: Pick<StepSettings, 'labelSmoothing' | 'loss'>): LossSettings {
  return { labelSmoothing, lossName: loss }
}

const graphs = kind<readonly Graph[]>('a list of one or more graphs, such as forwardGraph() gives', (given) => {
  return Array.isArray(given) && given.length > 0 && given.every((one) => kinds.graph.fits(one))
})
const fields = {
  ...{ optimizer: oneOf(optimizerNames), momentum: number, nesterov: flag, betas: numbers, epsilon: number },
  ...{ weightDecay: number, decayOn: oneOf(decayRules), clipNorm: number, clipRate: number },
}

/**
 * Builds the step of any graphs with parameters and a scalar output `loss`, one graph per batch. They may differ only
 * in their random numbers. The kind of loss does not matter.
 * @throws ConfigError if there is no graph, one has no scalar output `loss`, or a setting is missing
 */
export function stepGraph(forwards: readonly Graph[], settings: UpdateSettings): Graph {
  expectKind(forwards, 'stepGraph: forwards', graphs)
  expectFields(settings, 'stepGraph: settings', 'the settings of an update, as completeRecipe() gives them', fields)
  const [first, ...others] = forwards
  const parameters = first!.inputs.filter(({ role }) => role === 'parameter').map(({ value }) => value)
  return addUpdates(others.length > 0 ? accumulated(forwards) : differentiate(first!, 'loss', parameters), settings)
}
