/** A trained network at work: pictures in, answers out. */

import type { TableRow } from '../../data/table-dataset.js'
import type { Executable } from '../../engine/engine.js'
import type { Preprocessing, Tensor, TrainedNetwork } from '../../formats/trained-network.js'
import type { Graph } from '../../graph/graph.js'
import { compileGraph } from '../../inference/compile.js'
import { allFinite } from '../../inference/finite.js'
import { lostAnswers } from '../../inference/lost-numbers.js'
import { writeWeights } from '../../inference/weights.js'
import { forwardGraph } from '../../model/forward.js'
import { type Heads, heads as ownHeads } from '../../model/heads/index.js'
import { classifierOf } from '../../spec/heads/index.js'
import type { LayerPath } from '../../spec/paths.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { ConfigError } from '../../util/errors.js'
import {
  described,
  expectFloats,
  expectKind,
  expectOptions,
  kind,
  list,
  listOf,
  signal as signalKind,
  text,
} from '../../util/expect.js'
import { exp } from '../../util/math.js'
import type { ChosenEngine } from '../engines/choice.js'
import {
  asShares,
  classNumber,
  type Explanation,
  gradientGraph,
  lastMaps,
  mapOnPicture,
  meansOfMaps,
  weighedMaps,
} from './explain.js'
import { type Picture, partRead, pictureSize, preparePicture } from './picture.js'
import { isRow, prepareRow } from './row.js'

/** One of the answers to a picture. */
export interface Prediction {
  /** The name of the class. */
  readonly label: string
  /** In [0, 1]; those of all classes add up to 1. */
  readonly probability: number
}

/** The output of a layer for a batch: for convolutions and the like [pictures, channels, height, width]. */
export type Activation = Tensor

/** Of all that a network is asked. */
export interface RunOptions {
  /** Ends the work between two runs of the engine; what was awaited is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** How answers are given. */
export interface ClassifyOptions extends RunOptions {
  /** How many answers to give for each picture, the most probable first; by default 5. */
  readonly top?: number | undefined
}

/** The class to explain, and the layer to explain it at. */
export interface ExplainOptions extends RunOptions {
  /** The class, by its name or by its number from 0; by default the most probable one. */
  readonly class?: string | number | undefined
  /**
   * Explains by Grad-CAM at this block, stage or layer, for example `stage3.block2`: the earlier, the finer and the less
   * telling. By default the class activation map of the last maps.
   */
  readonly block?: LayerPath | undefined
}

/** Pictures a run, at most. */
const MOST_PICTURES = 16
/** Compiled plans that are kept: full runs, and those of a rest or a single picture. */
const KEPT_PLANS = 2

/** Made by `load`. Dispose of it when done. */
export class Network implements TrainedNetwork, AsyncDisposable {
  readonly spec: NetworkSpec
  readonly preprocessing: Preprocessing
  /** Parameters and running statistics, by path. */
  readonly weights: ReadonlyMap<string, Tensor>
  readonly engine: ChosenEngine
  readonly #release: () => Promise<void>
  readonly #heads: Heads
  /** The compiled plans, the one used last at the end. */
  readonly #plans = new Map<string, Executable>()
  #disposed: Promise<void> | undefined
  /** All that uses the engine stands in this queue. */
  #queue: Promise<unknown> = Promise.resolve()

  /**
   * @param release called once at the end of `dispose`, for example to end the engine
   * @param heads the kinds of heads that there are
   */
  constructor(
    engine: ChosenEngine,
    { spec, preprocessing, weights }: TrainedNetwork,
    release: () => Promise<void> = async () => {},
    heads: Heads = ownHeads,
  ) {
    this.#heads = heads
    this.engine = engine
    this.spec = spec
    this.preprocessing = preprocessing
    this.weights = weights
    this.#release = release
  }

  /**
   * Tells the class of a picture or of a row of numbers, the most probable first; for a list of them, a list of such
   * answers.
   */
  classify(picture: Picture | TableRow, options?: ClassifyOptions): Promise<Prediction[]>
  classify(pictures: readonly Picture[] | readonly TableRow[], options?: ClassifyOptions): Promise<Prediction[][]>
  async classify(
    given: Picture | TableRow | readonly Picture[] | readonly TableRow[],
    options: ClassifyOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    expectOptions(options, 'classify: options', { signal: signalKind })
    const { top = 5, signal } = options
    if (!Number.isSafeInteger(top) || top < 1)
      throw new ConfigError(`top: expected a whole number of at least 1, got ${described(top)}`)
    const { classes } = classifierOf(this.spec)
    const single = !this.#isList(given)
    const logits = await this.predict(this.prepare(single ? [given] : given), { signal })
    const answers = Array.from({ length: logits.length / classes }, (_, i) =>
      ranked(logits.subarray(i * classes, (i + 1) * classes), this.preprocessing.classes).slice(0, top),
    )
    return single ? answers[0]! : answers
  }

  /**
   * The features of pictures before the classifier: the mean of each of its last maps, [pictures][width]. Alike
   * pictures have alike features, also of things that it never learned.
   */
  async embed(
    given: Picture | TableRow | readonly Picture[] | readonly TableRow[],
    options: RunOptions = {},
  ): Promise<Float32Array> {
    classifierOf(this.spec)
    const batch = this.prepare(this.#isList(given) ? given : [given])
    return (await this.#answers(batch, ['head.pool'], options))['head.pool']!.data
  }

  /**
   * Where on a picture the network sees a class: see `Explanation`.
   * @throws ConfigError for a class or block that it does not have, or a network that gives pictures; DataError for a
   * picture that cannot be used
   */
  async explain(picture: Picture, options: ExplainOptions = {}): Promise<Explanation> {
    classifierOf(this.spec)
    expectOptions(options, 'explain: options', { signal: signalKind, block: text, class: className })
    const { block, signal } = options
    const { classes } = this.preprocessing
    const batch = this.prepare([picture])
    const layer = block ?? lastMaps(this.spec)
    const { logits, [layer]: maps } = await this.#answers(batch, [layer], { signal })
    const shares = probabilities(logits!.data)
    const number =
      options.class === undefined
        ? shares.indexOf(Math.max(...shares))
        : classNumber(options.class, classes, this.spec.name)
    const weights = block === undefined ? this.#classifierOf(number) : await this.#pullOf(batch, block, number, signal)
    const evidence = weighedMaps(maps!, weights)
    const map = asShares(evidence)
    const size = pictureSize(picture)
    const read = partRead(size, this.preprocessing)
    return {
      label: classes[number]!,
      probability: shares[number]!,
      method: block === undefined ? 'class-activation-map' : 'grad-cam',
      layer,
      evidence,
      map,
      pictureMap: mapOnPicture(map, size, read),
      read,
    }
  }

  /**
   * Pictures, or rows of a table, as the network reads them, [pictures][channels][height][width] normalised floats: see
   * `predict`.
   * @throws DataError naming the picture or row that cannot be used
   */
  prepare(pictures: readonly (Picture | TableRow)[]): Float32Array {
    expectKind(pictures, 'prepare: pictures', list)
    const { length } = this.#picture()
    const batch = new Float32Array(pictures.length * length)
    pictures.forEach((picture, i) => {
      const place = `${i + 1} of ${pictures.length}`
      if (isRow(picture)) prepareRow(picture, this.preprocessing, batch, i * length, `row ${place}`)
      else preparePicture(picture, this.preprocessing, batch, i * length, `picture ${place}`)
    })
    return batch
  }

  /**
   * Logits [pictures][classes] of a batch of any number of pictures.
   * @param batch [pictures][channels][height][width] floats, normalised as `preprocessing` says
   * @throws DataError when a logit is no number, naming the first layer that gave none; so do `classify`, `embed` and
   * `explain`
   */
  async predict(batch: Float32Array, options: RunOptions = {}): Promise<Float32Array> {
    classifierOf(this.spec)
    const { logits } = await this.#answers(expectFloats(batch, 'predict: batch'), [], options)
    return logits!.data
  }

  /**
   * The outputs of the network for a batch of any number of pictures, by name: `logits`, `picture`, or those of one's own
   * head.
   * @param batch [pictures][channels][height][width] floats, normalised as `preprocessing` says
   * @throws DataError when a number of them is none, naming the first layer that gave none
   */
  async outputs(batch: Float32Array, options: RunOptions = {}): Promise<{ readonly [name: string]: Activation }> {
    return this.#answers(expectFloats(batch, 'outputs: batch'), [], options)
  }

  /**
   * The outputs of layers, blocks or stages for a batch, by path, for example `stage2.block1.add`.
   * @throws ConfigError for a path that the network does not have, naming those near it
   */
  async activations<P extends LayerPath>(
    batch: Float32Array,
    paths: readonly P[],
    options: RunOptions = {},
  ): Promise<{ readonly [path in P]: Activation }> {
    expectKind(paths, 'activations: paths', listOf(text, 'a list of paths, such as stage2.block1.add'))
    const found = await this.#run(expectFloats(batch, 'activations: batch'), paths, options)
    return Object.fromEntries(paths.map((path) => [path, found[path]])) as { [path in P]: Activation }
  }

  /** Frees what the plans hold, after the run under way. The network is of no use after this. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#exclusively(async () => {
      for (const executable of this.#plans.values()) await executable.dispose()
      await this.#release()
    })
    return this.#disposed
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** How much each of the last maps counts for a class. */
  #classifierOf(number: number): Float32Array {
    const { shape, data } = this.weights.get('head.classifier.weight')!
    const width = shape[1]!
    return data.subarray(number * width, (number + 1) * width)
  }

  /** The mean gradient of a logit at each map of a layer. */
  #pullOf(batch: Float32Array, layer: LayerPath, number: number, signal?: AbortSignal): Promise<Float64Array> {
    const seed = Float32Array.from({ length: classifierOf(this.spec).classes }, (_, i) => (i === number ? 1 : 0))
    return this.#exclusively(async () => {
      signal?.throwIfAborted()
      const executable = await this.#plan(`gradient at ${layer}`, () => gradientGraph(this.spec, layer))
      const outputs = await outputsOf(executable, { pictures: batch, seed })
      return meansOfMaps(outputs.get('gradient')!)
    })
  }

  /** A list of texts may be a row with a mistake in it; where pictures are read it is taken for what it was meant as. */
  #isList(
    given: Picture | TableRow | readonly Picture[] | readonly TableRow[],
  ): given is readonly Picture[] | readonly TableRow[] {
    if (!Array.isArray(given)) return false
    const readsRows = this.spec.input.height === 1 && this.spec.input.width === 1
    return !isRow(given) || (!readsRows && typeof given[0] !== 'number')
  }

  #picture(): { readonly length: number; readonly text: string } {
    const { channels, height, width } = this.spec.input
    return { length: channels * height * width, text: `${channels}x${height}x${width}` }
  }

  /** Outputs by name, over all pictures. @throws LostNumbers when one holds NaN or an infinity */
  async #answers(batch: Float32Array, taps: readonly LayerPath[], options: RunOptions) {
    const found = await this.#run(batch, taps, options)
    const lost = Object.values(found).find(({ data }) => !allFinite(data))
    if (!lost) return found
    const { shape, data } = lost
    const picture = Math.floor(data.findIndex((value) => !Number.isFinite(value)) / (data.length / shape[0]!))
    const { length } = this.#picture()
    const pictures = batch.slice(picture * length, (picture + 1) * length)
    const { engine, spec, weights } = this
    throw await this.#exclusively(() => lostAnswers(engine, { spec, weights, pictures, heads: this.#heads }))
  }

  /** Outputs by name, over all pictures. */
  async #run(
    batch: Float32Array,
    taps: readonly LayerPath[],
    options: RunOptions,
  ): Promise<{ readonly [name: string]: Activation }> {
    expectOptions(options, 'options', { signal: signalKind })
    const { signal } = options
    const { length, text } = this.#picture()
    const count = batch.length / length
    if (!Number.isSafeInteger(count) || count < 1)
      throw new ConfigError(
        `${this.spec.name}: expected a batch of one or more pictures of ${text}, that is a multiple of ${length} floats, got ${batch.length}`,
      )
    const parts: Map<string, Activation>[] = []
    for (let first = 0; first < count; first += MOST_PICTURES) {
      const size = Math.min(MOST_PICTURES, count - first)
      const pictures = batch.subarray(first * length, (first + size) * length)
      parts.push(
        await this.#exclusively(async () => {
          signal?.throwIfAborted()
          return this.#runPart(pictures, size, taps)
        }),
      )
    }
    return Object.fromEntries([...parts[0]!.keys()].map((name) => [name, joined(parts.map((part) => part.get(name)!))]))
  }

  async #runPart(pictures: Float32Array, size: number, taps: readonly LayerPath[]): Promise<Map<string, Activation>> {
    const executable = await this.#plan(JSON.stringify([size, taps]), () =>
      forwardGraph(this.spec, { batch: size, mode: 'inference', taps, heads: this.#heads }),
    )
    return outputsOf(executable, { pictures })
  }

  /** The plan of a graph: kept from before, or compiled. */
  async #plan(key: string, graph: () => Graph): Promise<Executable> {
    if (this.#disposed) throw new ConfigError(`${this.spec.name}: this network was disposed of; load it again`)
    const kept = this.#plans.get(key)
    this.#plans.delete(key)
    const executable = kept ?? (await this.#compile(graph()))
    this.#plans.set(key, executable)
    for (const [oldest, plan] of [...this.#plans].slice(0, -KEPT_PLANS)) {
      this.#plans.delete(oldest)
      await plan.dispose()
    }
    return executable
  }

  async #compile(graph: Graph): Promise<Executable> {
    const executable = await compileGraph(this.engine, graph)
    const inputs = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    try {
      writeWeights(executable, inputs, this.weights, this.spec.name)
      return executable
    } catch (error) {
      await executable.dispose()
      throw error
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }
}

const className = kind(
  'the name or the number of a class',
  (value) => typeof value === 'string' || Number.isFinite(value),
)

/** Runs once; all outputs by name. */
async function outputsOf(
  executable: Executable,
  inputs: { readonly [name: string]: Float32Array },
): Promise<Map<string, Activation>> {
  for (const [name, data] of Object.entries(inputs)) executable.write(name, data)
  await executable.run()
  const outputs = new Map<string, Activation>()
  for (const { name, value } of executable.plan.graph.outputs)
    outputs.set(name, { shape: value.type.shape, data: await executable.read(name) })
  return outputs
}

/** Softmax. */
function probabilities(logits: Float32Array): number[] {
  const largest = logits.reduce((a, b) => Math.max(a, b))
  const weights = Array.from(logits, (logit) => exp(logit - largest))
  const total = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / total)
}

function ranked(logits: Float32Array, classes: readonly string[]): Prediction[] {
  return probabilities(logits)
    .map((probability, i) => ({ label: classes[i]!, probability }))
    .sort((a, b) => b.probability - a.probability)
}

/** One after the other along the first dimension. */
function joined(parts: readonly Activation[]): Activation {
  const [{ shape, data }] = parts as [Activation]
  if (parts.length === 1) return { shape, data }
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part.data, at)
    at += part.data.length
  }
  return { shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...shape.slice(1)], data: whole }
}
