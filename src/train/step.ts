/**
 * The graph of one training step: forward pass, gradients and update in one, so that one plan and one run make a step.
 * Inputs beside those of the forward graph: see `addUpdates`.
 */
import { differentiate } from '../autodiff/differentiate.js'
import type { Graph } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import { roundOperands } from '../ops/precision.js'
import type { NetworkSpec } from '../spec/spec.js'
import { accumulated } from './accumulate.js'
import { addUpdates, type UpdateSettings } from './optimizer.js'
import type { Recipe } from './recipe.js'

/** The part of a recipe that the graph of a step depends on. */
export type StepSettings = UpdateSettings &
  Pick<Recipe, 'batchSize' | 'accumulate' | 'labelSmoothing' | 'dropPath' | 'dropPathBy' | 'seed'> &
  Partial<Pick<Recipe, 'precision'>>

/**
 * Outputs `loss` (mean of the step, before the update) and `logits` [batch, classes]. With `accumulate` above 1, inputs
 * `pictures` and `labels` and output `logits` are there once a batch: see `batchName`.
 */
export function trainingGraph(spec: NetworkSpec, settings: StepSettings): Graph {
  const { batchSize, accumulate, labelSmoothing, dropPath, dropPathBy, seed } = settings
  const forwards = Array.from({ length: accumulate }, (_, batch) =>
    forwardGraph(spec, {
      batch: batchSize,
      mode: 'training',
      labelSmoothing,
      dropPath: { rate: dropPath, by: dropPathBy, seed, batch },
    }),
  )
  return stepGraph(settings.precision === 'bf16' ? forwards.map(roundOperands) : forwards, settings)
}

/**
 * The step of any graphs that have parameters and a scalar output `loss`, one a batch, alike in all but their random
 * numbers; what their loss is measured by does not matter.
 */
export function stepGraph(forwards: readonly Graph[], settings: UpdateSettings): Graph {
  const [first, ...others] = forwards
  const parameters = first!.inputs.filter(({ role }) => role === 'parameter').map(({ value }) => value)
  return addUpdates(others.length > 0 ? accumulated(forwards) : differentiate(first!, 'loss', parameters), settings)
}
