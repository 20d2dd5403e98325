/** Runs a graph once with given weights and reads some of its values. The functions that inspect networks use it. */
import type { Engine } from '../engine/engine.js'
import type { Graph } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import type { Heads } from '../model/heads/index.js'
import type { Recompute } from '../plan/passes/recompute.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { compileGraph } from './compile.js'
import { type Tensor, writeWeights } from './weights.js'

/** A network at inference, and the pictures that it reads. */
export interface TapState {
  readonly spec: NetworkSpec
  /** Parameters and running statistics. */
  readonly weights: ReadonlyMap<string, Tensor>
  /** [batch][channels][height][width], normalised. */
  readonly pictures: Float32Array
  /** The table of heads. Default: the heads of this package. */
  readonly heads?: Heads | undefined
}

/** The outputs of layers at inference, by path. */
export async function tapInference(
  engine: Engine,
  { spec, weights, pictures, heads }: TapState,
  taps: readonly LayerPath[],
): Promise<Map<string, Tensor>> {
  const { channels, height, width } = spec.input
  const batch = pictures.length / (channels * height * width)
  const graph = forwardGraph(spec, { batch, mode: 'inference', taps, heads })
  return runOnce(engine, { spec, weights, inputs: { pictures } }, graph, taps)
}

/** The inputs of a single run. */
export interface RunState {
  readonly spec: NetworkSpec
  /** Parameters and running statistics. */
  readonly weights: ReadonlyMap<string, Tensor>
  /** Data inputs by name. */
  readonly inputs: Readonly<Record<string, Float32Array | Int32Array>>
  /** For a training: the number of the step, from 0. */
  readonly step?: number
  readonly recompute?: Recompute
}

/** Compiles the graph, runs it once, and reads some of its inputs and outputs. */
export async function runOnce(
  engine: Engine,
  { weights, inputs, step = 0, spec, recompute = 'none' }: RunState,
  graph: Graph,
  names: readonly string[],
): Promise<Map<string, Tensor>> {
  const executable = await compileGraph(engine, graph, { recompute })
  try {
    const state = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    writeWeights(executable, state, weights, spec.name)
    for (const [name, values] of Object.entries(inputs)) executable.write(name, values)
    if (graph.inputs.some(({ name }) => name === 'step')) executable.write('step', Int32Array.of(step))
    await executable.run()
    const shapes = new Map([...graph.inputs, ...graph.outputs].map(({ name, value }) => [name, value.type.shape]))
    const found = new Map<string, Tensor>()
    for (const name of names) found.set(name, { shape: shapes.get(name)!, data: await executable.read(name) })
    return found
  } finally {
    await executable.dispose()
  }
}
