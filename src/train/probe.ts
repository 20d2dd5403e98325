/** Looks into a training step: what layers give for a batch, and how long its gradients are. Nothing is changed by it. */
import { differentiate } from '../autodiff/differentiate.js'
import type { Engine } from '../engine/engine.js'
import { GraphBuilder } from '../graph/builder.js'
import type { Graph } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { compileGraph } from './compile.js'
import type { Recipe } from './recipe.js'
import { type NamedWeights, writeWeights } from './weights.js'

/** Where the network stands, and the batch to look at. */
export interface ProbeState {
  readonly spec: NetworkSpec
  readonly recipe: Pick<Recipe, 'batchSize' | 'labelSmoothing'>
  /** Parameters and running statistics. */
  readonly weights: ReadonlyMap<string, NamedWeights>
  /** [batch][channels][height][width], normalised. */
  readonly pictures: Float32Array
  readonly labels: Int32Array
}

/** By path: what layers, blocks or stages give for the batch, with norms in training mode. */
export async function tapActivations(
  engine: Engine,
  state: ProbeState,
  taps: readonly LayerPath[],
): Promise<Map<string, NamedWeights>> {
  const { batchSize, labelSmoothing } = state.recipe
  return run(
    engine,
    state,
    forwardGraph(state.spec, { batch: batchSize, mode: 'training', labelSmoothing, taps }),
    taps,
  )
}

/** By path of the parameter: the Euclidean length of the gradient of the batch's loss, without weight decay. */
export async function gradientNorms(engine: Engine, state: ProbeState): Promise<Map<string, number>> {
  const { batchSize, labelSmoothing } = state.recipe
  const forward = forwardGraph(state.spec, { batch: batchSize, mode: 'training', labelSmoothing })
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

/** Compiles the graph, runs it once, and reads some of its outputs. */
async function run(
  engine: Engine,
  { weights, pictures, labels, spec }: ProbeState,
  graph: Graph,
  names: readonly string[],
): Promise<Map<string, NamedWeights>> {
  const executable = await compileGraph(engine, graph)
  try {
    const state = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    writeWeights(executable, state, weights, spec.name)
    executable.write('pictures', pictures)
    executable.write('labels', labels)
    await executable.run()
    const shapes = new Map(graph.outputs.map(({ name, value }) => [name, value.type.shape]))
    const found = new Map<string, NamedWeights>()
    for (const name of names) found.set(name, { shape: shapes.get(name)!, data: await executable.read(name) })
    return found
  } finally {
    await executable.dispose()
  }
}
