/**
 * Computes the features that the frozen part of a network gives for the pictures of a data set, once. The result is a
 * data set, from which the rest of the network learns. Norms use their running statistics, as at inference.
 */
import type { Augmentation } from '../../data/augment.js'
import { fillBatch } from '../../data/batches.js'
import { type Dataset, noNormalisation, type Pictures } from '../../data/dataset.js'
import type { Engine, Executable } from '../../engine/engine.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { prune } from '../../graph/prune.js'
import { compileGraph } from '../../inference/compile.js'
import { allFinite } from '../../inference/finite.js'
import { LostNumbers } from '../../inference/lost-numbers.js'
import { writeWeights } from '../../inference/weights.js'
import { forwardGraph } from '../../model/forward.js'
import type { Heads } from '../../model/heads/index.js'
import type { LayerPath } from '../../spec/paths.js'
import type { InputSpec } from '../../spec/spec.js'

/** Options for computing features. */
export interface FeatureOptions {
  /** The last layer of the frozen part. */
  readonly at: LayerPath
  /** Views of each training picture. The first view is the picture as evaluation sees it; the others are augmented. */
  readonly views: number
  readonly augmentation: Augmentation
  readonly seed: number
  /** Called with the progress over all views of all parts. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/** Pictures per run. */
const BATCH = 16

/** Channels, height and width of a layer's output for one picture. Pooled features have a height and width of 1. */
export function featureSize({ spec }: Pick<TrainedNetwork, 'spec'>, at: LayerPath, heads?: Heads): InputSpec {
  const { outputs } = forwardGraph(spec, { batch: 1, mode: 'inference', taps: [at], heads })
  const [, channels, height = 1, width = 1] = outputs.find(({ name }) => name === at)!.value.type.shape as number[]
  return { channels: channels!, height, width }
}

/** The data set with features in place of pictures. */
export async function featuresOf(
  engine: Engine,
  network: TrainedNetwork,
  data: Dataset,
  options: FeatureOptions,
): Promise<Dataset> {
  const { at, views, heads } = options
  const size = featureSize(network, at, heads)
  const graph = forwardGraph(network.spec, { batch: BATCH, mode: 'inference', taps: [at], heads })
  const front = prune({ ...graph, outputs: graph.outputs.filter(({ name }) => name === at) })
  const total = views * data.train.count + (data.val?.count ?? 0) + data.test.count
  let done = 0
  const onPictures = (count: number) => {
    done += count
    options.onProgress?.(done, total)
  }
  const executable = await compileGraph(engine, front)
  try {
    const isRead = new Set(front.nodes.flatMap(({ inputs }) => inputs))
    const inputs = front.inputs.filter(({ role, value }) => role !== 'data' && isRead.has(value))
    const own = new Set(inputs.map(({ name }) => name))
    const weights = new Map([...network.weights].filter(([path]) => own.has(path)))
    writeWeights(executable, inputs, weights, network.spec.name)
    const naming = (error: unknown) => {
      throw error instanceof LostNumbers ? new LostNumbers(network.spec.name, error.where) : error
    }
    const part = async (pictures: Pictures, count: number): Promise<Pictures> => {
      const made: Float32Array[] = []
      for (let view = 0; view < count; view++)
        made.push(await viewOf(executable, pictures, data, view, size, options, onPictures).catch(naming))
      return { count: pictures.count, labels: pictures.labels, ...size, pixels: { views: made } }
    }
    const val = data.val && (await part(data.val, 1))
    return {
      name: data.name,
      classes: data.classes,
      train: await part(data.train, views),
      ...(val ? { val } : {}),
      test: await part(data.test, 1),
      ...(data.heldOut === undefined ? {} : { heldOut: data.heldOut }),
      normalisation: noNormalisation(size.channels),
    }
  } finally {
    await executable.dispose()
  }
}

/** [count][channels][height][width]. A short last batch is padded with pictures whose results are dropped. */
async function viewOf(
  executable: Executable,
  pictures: Pictures,
  { normalisation }: Dataset,
  view: number,
  { channels, height, width }: InputSpec,
  { at, augmentation, seed, signal }: FeatureOptions,
  onPictures: (count: number) => void,
): Promise<Float32Array> {
  const { count } = pictures
  const length = channels * height * width
  const found = new Float32Array(count * length)
  const shape = executable.plan.graph.inputs.find(({ name }) => name === 'pictures')!.value.type.shape
  const batch = new Float32Array(shape.reduce((a, b) => a * b))
  const labels = new Int32Array(BATCH)
  const changed = view === 0 ? {} : { augmentation }
  const prepare = (first: number) => {
    const indices = Array.from({ length: BATCH }, (_, i) => Math.min(first + i, count - 1))
    fillBatch(pictures, indices, batch, labels, { normalisation, ...changed, seed, epoch: view })
  }
  for (let first = 0; first < count; first += BATCH) {
    signal?.throwIfAborted()
    if (first === 0) prepare(0)
    executable.write('pictures', batch)
    const running = executable.run()
    try {
      if (first + BATCH < count) prepare(first + BATCH)
    } finally {
      await running
    }
    const used = Math.min(BATCH, count - first)
    const features = await executable.read(at)
    if (!allFinite(features)) throw new LostNumbers('', `the frozen part of the network gave them at ${at}`)
    found.set(features.subarray(0, used * length), first * length)
    onPictures(used)
    await new Promise((resolve) => setTimeout(resolve, 0)) // signals and timers have their turn
  }
  return found
}
