/**
 * The graph of one training step: forward pass, gradients and SGD update in one, so that one plan and one run make a
 * step. Inputs beside those of the forward graph: `lr`, a scalar, and `velocity/<parameter>`, which start at zero.
 */
import { differentiate } from '../autodiff/differentiate.js'
import { GraphBuilder } from '../graph/builder.js'
import { f32, type Graph } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import { verify } from '../ops/index.js'
import { emit } from '../ops/op.js'
import { sgd } from '../ops/sgd.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { DecayRule, Recipe } from './recipe.js'

/** The part of a recipe that the graph of a step depends on. */
export type StepSettings = Pick<
  Recipe,
  'batchSize' | 'momentum' | 'nesterov' | 'weightDecay' | 'decayOn' | 'labelSmoothing'
>

export function velocityName(parameter: string): string {
  return `velocity/${parameter}`
}

/** Whether weight decay acts on a parameter: weights of convolutions and classifiers, unlike the others, end so. */
function decays(parameter: string, rule: DecayRule): boolean {
  return rule === 'all' || parameter.endsWith('.weight')
}

/** Outputs `loss` (mean of the batch, before the update) and `logits` [batch, classes]. */
export function trainingGraph(spec: NetworkSpec, settings: StepSettings): Graph {
  const { batchSize, momentum, nesterov, weightDecay, decayOn, labelSmoothing } = settings
  const forward = forwardGraph(spec, { batch: batchSize, mode: 'training', labelSmoothing })
  const parameters = forward.inputs.filter(({ role }) => role === 'parameter')
  const { graph, gradients } = differentiate(
    forward,
    'loss',
    parameters.map(({ value }) => value),
  )
  const builder = new GraphBuilder(graph)
  const lr = builder.input('lr', 'scalar', f32())
  for (const { name, value } of parameters) {
    const velocity = builder.input(velocityName(name), 'optimizer', value.type)
    const attributes = { momentum, nesterov, weightDecay: decays(name, decayOn) ? weightDecay : 0 }
    const [next, nextVelocity] = emit(builder, sgd, attributes, [value, gradients.get(value)!, velocity, lr], name)
    builder.update(value, next!)
    builder.update(velocity, nextVelocity!)
  }
  return verify(builder.build())
}
