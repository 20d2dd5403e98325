/** Looks into a training step: outputs of layers for a batch, and gradient norms. It changes nothing. */
import { differentiate } from '../autodiff/differentiate.js'
import type { Engine } from '../engine/engine.js'
import { GraphBuilder } from '../graph/builder.js'
import { runOnce as run } from '../inference/tap.js'
import type { Tensor } from '../inference/weights.js'
import { forwardGraph } from '../model/forward.js'
import type { Heads } from '../model/heads/index.js'
import type { Recompute } from '../plan/passes/recompute.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { Recipe } from '../tasks/recipe.js'
import type { BatchInputs } from '../tasks/task.js'
import { lossOptions } from './step/step.js'

/** The state of a training, and the batch to look at. */
export interface ProbeState {
  readonly spec: NetworkSpec
  readonly recipe: Pick<
    Recipe,
    'batchSize' | 'labelSmoothing' | 'loss' | 'dropPath' | 'dropPathRule' | 'dropPathBy' | 'seed'
  >
  /** The values that the backward pass recomputes instead of keeping them. */
  readonly recompute: Recompute
  /** The number of the step, and of the batch within it, both from 0. */
  readonly step: number
  readonly batch: number
  /** Parameters and running statistics. */
  readonly weights: ReadonlyMap<string, Tensor>
  /** Normalised pictures [batch][channels][height][width] and their targets. */
  readonly inputs: BatchInputs
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/** Outputs of layers, blocks or stages for the batch, by path, with norms in training mode. */
export async function tapActivations(
  engine: Engine,
  state: ProbeState,
  taps: readonly LayerPath[],
): Promise<Map<string, Tensor>> {
  const { spec, recipe } = state
  const options = {
    batch: recipe.batchSize,
    mode: 'training',
    ...lossOptions(recipe),
    taps,
    heads: state.heads,
  } as const
  return run(engine, state, forwardGraph(spec, options), taps)
}

/** Runs the forward pass exactly as the step does, dropped branches included. */
export async function tapForward(
  engine: Engine,
  state: ProbeState,
  taps: readonly LayerPath[],
): Promise<{
  /** Outputs of layers, blocks or stages, by path. */
  readonly results: ReadonlyMap<string, Tensor>
  /** The batch's statistics by path, `….mean` and `….variance`, in the order of the norms. */
  readonly statistics: ReadonlyMap<string, Tensor>
}> {
  const { batchSize, dropPath, dropPathRule, dropPathBy, seed } = state.recipe
  const graph = forwardGraph(state.spec, {
    batch: batchSize,
    mode: 'training',
    ...lossOptions(state.recipe),
    dropPath: { rate: dropPath, rule: dropPathRule, by: dropPathBy, seed, batch: state.batch },
    statisticsShare: 1, // makes running statistics the batch's own
    taps,
    heads: state.heads,
  })
  const buffers = graph.inputs.filter(({ role }) => role === 'buffer').map(({ name }) => name)
  // Running statistics may be lost as well, and 0 times NaN is NaN.
  const weights = new Map(state.weights)
  for (const name of buffers) weights.set(name, zeros(weights.get(name)!))
  const found = await run(engine, { ...state, weights }, graph, [...taps, ...buffers])
  const named = (names: readonly string[]) => new Map(names.map((name) => [name, found.get(name)!]))
  return { results: named(taps), statistics: named(buffers) }
}

/** Euclidean norm of the gradient of the batch's loss, by path of the parameter, without weight decay. */
export async function gradientNorms(engine: Engine, state: ProbeState): Promise<Map<string, number>> {
  const { spec, recipe } = state
  const forward = forwardGraph(spec, {
    batch: recipe.batchSize,
    mode: 'training',
    ...lossOptions(recipe),
    heads: state.heads,
  })
  const parameters = forward.inputs.filter(({ role }) => role === 'parameter')
  const values = parameters.map(({ value }) => value)
  const { graph, gradients } = differentiate(forward, 'loss', values)
  const builder = new GraphBuilder(graph)
  const outputs = new Map(parameters.map(({ name }) => [`gradient/${name}`, name]))
  for (const { name, value } of parameters) builder.output(`gradient/${name}`, gradients.get(value)!)
  const norms = new Map<string, number>()
  for (const [output, { data }] of await run(engine, state, builder.build(), [...outputs.keys()]))
    norms.set(outputs.get(output)!, Math.sqrt(data.reduce((sum, value) => sum + value * value, 0)))
  return norms
}

function zeros({ shape, data }: Tensor): Tensor {
  return { shape, data: new Float32Array(data.length) }
}
