/**
 * Finds the layer where a network first gave NaN or an infinity. It repeats the forward pass and reads every layer. An
 * evaluation changes no weights, so this can be done afterwards.
 */
import type { Engine } from '../engine/engine.js'
import { forwardGraph } from '../model/forward.js'
import { type Heads, headOf } from '../model/heads/index.js'
import { placedBlocks } from '../spec/blocks.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { DataError, EngineError } from '../util/errors.js'
import { allFinite, firstNotFinite } from './finite.js'
import { type TapState, tapInference } from './tap.js'
import type { Tensor } from './weights.js'

/** The outputs of a trained network hold NaN or an infinity. */
export class LostNumbers extends DataError {
  /** A text that names the first place with NaN or an infinity. */
  readonly where: string

  /** @param name the name of the network */
  constructor(name: string, where: string) {
    super(
      `${name}: gives NaN or an infinity instead of numbers; ${where}; ` +
        'take an earlier checkpoint, or train again with a smaller learning rate',
    )
    this.where = where
  }
}

/** The place if the pictures held NaN before the network read them. */
export const PICTURES = 'the pictures already held NaN or an infinity: check the mean and std of the data set'

/** Makes the error for outputs that hold NaN or an infinity. It names the first place with one. */
export async function lostAnswers(engine: Engine, state: TapState): Promise<LostNumbers> {
  const { name } = state.spec
  if (!allFinite(state.pictures)) return new LostNumbers(name, PICTURES)
  const weight = firstNotFinite(state.weights)
  if (weight) return new LostNumbers(name, `its ${weight.name} holds ${weight.value}`)
  const tap = async (taps: readonly LayerPath[]) => ({
    results: await tapInference(engine, state, taps),
    statistics: new Map<string, Tensor>(),
  })
  return new LostNumbers(
    name,
    await found(
      () => firstLayer(state.spec, tap, state.heads),
      'all layers gave finite numbers when they were run one by one',
    ),
  )
}

/** @throws LostNumbers for weights that hold NaN or an infinity, naming the first such tensor */
export function expectNumbers({ spec, weights }: Pick<TapState, 'spec' | 'weights'>): void {
  const lost = firstNotFinite(weights)
  if (lost) throw new LostNumbers(spec.name, `its ${lost.name} holds ${lost.value}`)
}

/** @param otherwise the text if every layer is finite */
export async function found(look: () => Promise<string | undefined>, otherwise: string): Promise<string> {
  try {
    return (await look()) ?? otherwise
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return `the layer where it appeared first is unknown (${error.message})`
  }
}

/** Reads the outputs of layers. For norms that use the statistics of the batch it reads these too. */
export type Tap = (taps: readonly LayerPath[]) => Promise<{
  readonly results: ReadonlyMap<string, Tensor>
  readonly statistics: ReadonlyMap<string, Tensor>
}>

/** A part of the network. It is so small that the outputs of all its layers fit into memory beside a training. */
interface Part {
  readonly path: string
  /** Its last layer. A head with several outputs has several last layers. */
  readonly ends: readonly LayerPath[]
}

function partsOf(spec: NetworkSpec, heads?: Heads): Part[] {
  const blocks = placedBlocks(spec).map(({ path }) => ({ path, ends: [path] }))
  return [
    { path: 'stem', ends: ['stem'] },
    ...blocks,
    { path: 'head', ends: headOf(spec.head, heads).lastLayers(spec.head) },
  ]
}

const inside = (path: string, part: string) => path === part || path.startsWith(`${part}.`)

/**
 * Reads the ends of all parts and the statistics of all norms first, then each layer of the first part that is not
 * finite.
 */
export async function firstLayer(spec: NetworkSpec, tap: Tap, heads?: Heads): Promise<string | undefined> {
  const parts = partsOf(spec, heads)
  const ends = await tap(parts.flatMap(({ ends }) => ends))
  const statistic = firstNotFinite(ends.statistics)?.name ?? ''
  const isLost = (path: LayerPath) => !allFinite(ends.results.get(path)!.data)
  const part = parts.find(({ path, ends: last }) => inside(statistic, path) || last.some(isLost))
  if (!part) return undefined
  const layers = layersOf(spec, heads).filter((path) => inside(path, part.path))
  const { results, statistics } = await tap(layers)
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
  return `it appeared first in layer ${layer}, where ${what} became ${value}`
}

/** The parts in the order of the forward pass. */
function layersOf(spec: NetworkSpec, heads?: Heads): LayerPath[] {
  const { nodes } = forwardGraph(spec, { batch: 2, mode: 'inference', heads })
  return [...new Set(nodes.map(({ path }) => path))] as LayerPath[] // every node is of a layer
}
