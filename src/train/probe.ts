/** Looks into a training step: what layers give for a batch, and how long its gradients are. Nothing is changed by it. */
import { differentiate } from '../autodiff/differentiate.js'
import type { Engine } from '../engine/engine.js'
import { GraphBuilder } from '../graph/builder.js'
import type { Graph } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import type { Recompute } from '../plan/passes/recompute.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { compileGraph } from './compile.js'
import type { BatchInputs } from './learning.js'
import type { Recipe } from './recipe.js'
import { lossOptions } from './step.js'
import { type NamedWeights, writeWeights } from './weights.js'

/** Where the network stands, and the batch to look at. */
export interface ProbeState {
  readonly spec: NetworkSpec
  readonly recipe: Pick<
    Recipe,
    'batchSize' | 'labelSmoothing' | 'loss' | 'dropPath' | 'dropPathRule' | 'dropPathBy' | 'seed'
  >
  /** What the backward pass makes again instead of keeping it. */
  readonly recompute: Recompute
  /** The number of the step, and which of its batches it is, both from 0. */
  readonly step: number
  readonly batch: number
  /** Parameters and running statistics. */
  readonly weights: ReadonlyMap<string, NamedWeights>
  /** Pictures [batch][channels][height][width], normalised, and what should come of them. */
  readonly inputs: BatchInputs
}

/** By path: what layers, blocks or stages give for the batch, with norms in training mode. */
export async function tapActivations(
  engine: Engine,
  state: ProbeState,
  taps: readonly LayerPath[],
): Promise<Map<string, NamedWeights>> {
  const { spec, recipe } = state
  const options = { batch: recipe.batchSize, mode: 'training', ...lossOptions(recipe), taps } as const
  return run(engine, state, forwardGraph(spec, options), taps)
}

/** The forward pass just as the step makes it, dropped branches too. */
export async function tapForward(
  engine: Engine,
  state: ProbeState,
  taps: readonly LayerPath[],
): Promise<{
  /** By path: what layers, blocks or stages give. */
  readonly results: ReadonlyMap<string, NamedWeights>
  /** By path, `….mean` and `….variance`: those of the batch, in the order of the norms. */
  readonly statistics: ReadonlyMap<string, NamedWeights>
}> {
  const { batchSize, dropPath, dropPathRule, dropPathBy, seed } = state.recipe
  const graph = forwardGraph(state.spec, {
    batch: batchSize,
    mode: 'training',
    ...lossOptions(state.recipe),
    dropPath: { rate: dropPath, rule: dropPathRule, by: dropPathBy, seed, batch: state.batch },
    statisticsShare: 1, // so that running statistics become those of the batch
    taps,
  })
  const buffers = graph.inputs.filter(({ role }) => role === 'buffer').map(({ name }) => name)
  // Running statistics may have been lost with the rest: 0 of NaN would be NaN.
  const weights = new Map(state.weights)
  for (const name of buffers) weights.set(name, zeros(weights.get(name)!))
  const found = await run(engine, { ...state, weights }, graph, [...taps, ...buffers])
  const named = (names: readonly string[]) => new Map(names.map((name) => [name, found.get(name)!]))
  return { results: named(taps), statistics: named(buffers) }
}

/** What layers give at inference, by path. */
export async function tapInference(
  engine: Engine,
  { spec, weights, pictures }: Pick<ProbeState, 'spec' | 'weights'> & { readonly pictures: Float32Array },
  taps: readonly LayerPath[],
): Promise<Map<string, NamedWeights>> {
  const { channels, height, width } = spec.input
  const batch = pictures.length / (channels * height * width)
  const graph = forwardGraph(spec, { batch, mode: 'inference', taps })
  return run(engine, { spec, weights, inputs: { pictures } }, graph, taps)
}

/** By path of the parameter: the Euclidean length of the gradient of the batch's loss, without weight decay. */
export async function gradientNorms(engine: Engine, state: ProbeState): Promise<Map<string, number>> {
  const { spec, recipe } = state
  const forward = forwardGraph(spec, { batch: recipe.batchSize, mode: 'training', ...lossOptions(recipe) })
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

function zeros({ shape, data }: NamedWeights): NamedWeights {
  return { shape, data: new Float32Array(data.length) }
}

/** What a run reads; of a training its place in that. */
type RunState = Pick<ProbeState, 'spec' | 'weights' | 'inputs'> & Partial<Pick<ProbeState, 'step' | 'recompute'>>

/** Compiles the graph, runs it once, and reads some of its inputs and outputs. */
async function run(
  engine: Engine,
  { weights, inputs, step = 0, spec, recompute = 'none' }: RunState,
  graph: Graph,
  names: readonly string[],
): Promise<Map<string, NamedWeights>> {
  const executable = await compileGraph(engine, graph, { recompute })
  try {
    const state = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    writeWeights(executable, state, weights, spec.name)
    for (const [name, values] of Object.entries(inputs)) executable.write(name, values)
    if (graph.inputs.some(({ name }) => name === 'step')) executable.write('step', Int32Array.of(step))
    await executable.run()
    const shapes = new Map([...graph.inputs, ...graph.outputs].map(({ name, value }) => [name, value.type.shape]))
    const found = new Map<string, NamedWeights>()
    for (const name of names) found.set(name, { shape: shapes.get(name)!, data: await executable.read(name) })
    return found
  } finally {
    await executable.dispose()
  }
}
