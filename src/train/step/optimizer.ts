/**
 * Clips gradients and updates each parameter by SGD or Adam, as operations appended to a graph. If the loss is not
 * finite, nothing is updated, so the weights that led to it can be inspected. It adds these inputs: `lr`, a scalar;
 * `step`, the number of the step from 0, if Adam needs it; and the optimizer's state, `velocity/<parameter>` or
 * `mean/<parameter>` and `square/<parameter>`, which starts at zero.
 */
import type { Differentiated } from '../../autodiff/differentiate.js'
import { GraphBuilder } from '../../graph/builder.js'
import { f32, type Graph, type GraphInput, i32, type Value } from '../../graph/graph.js'
import { adam } from '../../ops/adam.js'
import { clipByNorm, clipByRate, globalNorm } from '../../ops/clip.js'
import { verify } from '../../ops/index.js'
import { emit } from '../../ops/op.js'
import { sgd } from '../../ops/sgd.js'
import type { DecayRule, Recipe } from '../../tasks/recipe.js'
import { lossOf } from './accumulate.js'

/** The part of a recipe that the update depends on. */
export type UpdateSettings = Pick<
  Recipe,
  'optimizer' | 'momentum' | 'nesterov' | 'betas' | 'epsilon' | 'weightDecay' | 'decayOn' | 'clipNorm' | 'clipRate'
>

export type OptimizerState = 'velocity' | 'mean' | 'square'

/** The name of a parameter's state, as an input of the graph and as a tensor of a checkpoint. */
export function stateName(state: OptimizerState, parameter: string): string {
  return `${state}/${parameter}`
}

/** Whether a tensor of a checkpoint is optimizer state. Paths of parameters and buffers have no slash. */
export function isStateName(tensor: string): boolean {
  return tensor.includes('/')
}

/** Whether weight decay acts on a parameter. Only names of weights of convolutions and classifiers end in `.weight`. */
function decays(parameter: string, rule: DecayRule): boolean {
  return rule === 'all' || parameter.endsWith('.weight')
}

/** Adds an update of each parameter to the graph. */
export function addUpdates({ graph, gradients }: Differentiated, settings: UpdateSettings): Graph {
  const { optimizer, decayOn } = settings
  const builder = new GraphBuilder(graph)
  const parameters = graph.inputs.filter(({ role }) => role === 'parameter')
  const lr = builder.input('lr', 'scalar', f32())
  const loss = lossOf(graph)
  const limited = limitGradients(
    builder,
    parameters.map(({ value }) => gradients.get(value)!),
    lr,
    settings,
  )
  const step = optimizer === 'sgd' ? undefined : stepInput(builder, graph)
  parameters.forEach((parameter, i) => {
    const weightDecay = decays(parameter.name, decayOn) ? settings.weightDecay : 0
    if (step) updateByAdam(builder, parameter, limited[i]!, [lr, step, loss], { ...settings, weightDecay })
    else updateBySgd(builder, parameter, limited[i]!, [lr, loss], { ...settings, weightDecay })
  })
  return verify(builder.build())
}

/** Clips gradients. `clipNorm` bounds the norm of all gradients taken together. */
function limitGradients(
  builder: GraphBuilder,
  gradients: readonly Value[],
  lr: Value,
  { clipNorm, clipRate }: UpdateSettings,
): readonly Value[] {
  if (clipNorm > 0) {
    const norm = emit(builder, globalNorm, {}, gradients, 'clip')[0]!
    return gradients.map((gradient) => emit(builder, clipByNorm, { limit: clipNorm }, [gradient, norm], 'clip')[0]!)
  }
  if (clipRate > 0)
    return gradients.map((gradient) => emit(builder, clipByRate, { limit: clipRate }, [gradient, lr], 'clip')[0]!)
  return gradients
}

/** The step number as an input. Dropped branches may have added it before. */
function stepInput(builder: GraphBuilder, graph: Graph): Value {
  return graph.inputs.find(({ name }) => name === 'step')?.value ?? builder.input('step', 'scalar', i32())
}

function updateBySgd(
  builder: GraphBuilder,
  { name, value }: GraphInput,
  gradient: Value,
  scalars: readonly Value[],
  { momentum, nesterov, weightDecay }: UpdateSettings,
): void {
  const velocity = builder.input(stateName('velocity', name), 'optimizer', value.type)
  const attributes = { momentum, nesterov, weightDecay }
  const [next, nextVelocity] = emit(builder, sgd, attributes, [value, gradient, velocity, ...scalars], name)
  builder.update(value, next!)
  builder.update(velocity, nextVelocity!)
}

function updateByAdam(
  builder: GraphBuilder,
  { name, value }: GraphInput,
  gradient: Value,
  scalars: readonly Value[],
  { optimizer, betas, epsilon, weightDecay }: UpdateSettings,
): void {
  const mean = builder.input(stateName('mean', name), 'optimizer', value.type)
  const square = builder.input(stateName('square', name), 'optimizer', value.type)
  const attributes = { beta1: betas[0], beta2: betas[1], epsilon, weightDecay, decoupled: optimizer === 'adamw' }
  const [next, nextMean, nextSquare] = emit(
    builder,
    adam,
    attributes,
    [value, gradient, mean, square, ...scalars],
    name,
  )
  builder.update(value, next!)
  builder.update(mean, nextMean!)
  builder.update(square, nextSquare!)
}
