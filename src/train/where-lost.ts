/**
 * Where a training lost its numbers. A step whose loss is no number updates nothing, so its forward pass can be made once
 * more, with an eye on every layer.
 */
import type { Engine } from '../engine/engine.js'
import { forwardGraph } from '../model/forward.js'
import { placedBlocks } from '../spec/blocks.js'
import { taskOf } from '../spec/heads.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { EngineError } from '../util/errors.js'
import { allFinite, firstNotFinite } from './finite.js'
import { type ProbeState, tapForward } from './probe.js'

/** The first place that held no number, in words. */
export async function whereLost(engine: Engine, state: ProbeState): Promise<string> {
  if (!allFinite(state.inputs.pictures))
    return 'the pictures were no numbers when they came in: check the mean and std of the data set'
  const parameters = [...state.weights].filter(([path]) => !/\.(mean|variance)$/.test(path))
  const weight = firstNotFinite(new Map(parameters))
  if (weight) return `${weight.name} had become ${weight.value}: the gradient of an earlier step overflowed`
  try {
    return (await firstLayer(engine, state)) ?? 'all layers still gave numbers: it is the loss that overflowed'
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return `which layer was the first to see it cannot be told (${error.message})`
  }
}

/** A part of the network, so small that the results of all its layers fit into memory beside those of a training. */
interface Part {
  readonly path: string
  /** Its last layer. */
  readonly end: LayerPath
}

function partsOf(spec: NetworkSpec): Part[] {
  const blocks = placedBlocks(spec).map(({ path }) => ({ path, end: path }))
  return [
    { path: 'stem', end: 'stem' },
    ...blocks,
    { path: 'head', end: taskOf(spec) === 'classify' ? 'head.classifier' : 'head.conv' },
  ]
}

const inside = (path: string, part: string) => path === part || path.startsWith(`${part}.`)

/** Looks at the ends of all parts and the statistics of all norms first, then at each layer of the first bad part. */
async function firstLayer(engine: Engine, state: ProbeState): Promise<string | undefined> {
  const parts = partsOf(state.spec)
  const ends = await tapForward(
    engine,
    state,
    parts.map(({ end }) => end),
  )
  const statistic = firstNotFinite(ends.statistics)?.name ?? ''
  const part = parts.find(({ path, end }) => inside(statistic, path) || !allFinite(ends.results.get(end)!.data))
  if (!part) return undefined
  const layers = layersOf(state.spec).filter((path) => inside(path, part.path))
  const { results, statistics } = await tapForward(engine, state, layers)
  for (const layer of layers) {
    for (const name of ['mean', 'variance']) {
      const values = statistics.get(`${layer}.${name}`)?.data
      if (values && !allFinite(values)) return told(layer, `the ${name} of the batch`, values)
    }
    const { data } = results.get(layer)!
    if (!allFinite(data)) return told(layer, 'a result', data)
  }
  return undefined
}

function told(layer: string, what: string, values: Float32Array): string {
  const value = values.find((number) => !Number.isFinite(number))
  return `the first layer to see it was ${layer}, where ${what} became ${value}`
}

/** In the order of the forward pass. */
function layersOf(spec: NetworkSpec): LayerPath[] {
  const { nodes } = forwardGraph(spec, { batch: 2, mode: 'inference' })
  return [...new Set(nodes.map(({ path }) => path))] as LayerPath[] // every node is of a layer
}
