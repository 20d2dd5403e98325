/** A trained network that computes. Each task has its own class, with methods for its purpose. */

import { isSource, type Picture, type PictureSource } from '../data/picture/picture.js'
import type { TableRow } from '../data/table-dataset.js'
import type { ChosenEngine, Executable } from '../engine/engine.js'
import type { Preprocessing, Tensor, TrainedNetwork } from '../formats/trained-network.js'
import { type Heads, heads as ownHeads } from '../model/heads/index.js'
import type { LayerPath } from '../spec/paths.js'
import type { AnyHead, NetworkSpec } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'
import {
  expectFloats,
  expectKind,
  expectOptions,
  list,
  listOf,
  name,
  signal as signalKind,
  text,
} from '../util/expect.js'
import { printable } from '../util/printable.js'
import type { Host, OpenedEngine } from './host.js'
import { preparePicture } from './picture.js'
import { isRow, prepareRow } from './row.js'
import { type Outputs, Runner } from './runner.js'

/** Options of every method that computes. */
export interface RunOptions {
  /**
   * Aborting the signal ends the work between two runs of the engine; the promise then rejects with the signal's
   * reason.
   */
  readonly signal?: AbortSignal | undefined
}

/** Pictures or rows of a table. Pictures may be decoded or still in their files. */
export type Given = Picture | PictureSource | TableRow

/**
 * A network that computes. `load` returns one, and so do training, fine-tuning and surgery. `kind` tells its class. The
 * first computation opens the engine; `load` opens it at once. Dispose of the network when done.
 */
export class Network<H extends AnyHead = AnyHead> implements TrainedNetwork, AsyncDisposable {
  /** `classifier`, `upscaler`, or the kind of a head of your own. */
  readonly kind: string
  readonly spec: NetworkSpec<H>
  readonly preprocessing: Preprocessing
  /** Parameters and running statistics, by path. */
  readonly weights: ReadonlyMap<string, Tensor>
  readonly #host: Host
  readonly #heads: Heads
  /** Resources that are disposed of with the network, before its engine. */
  protected readonly owned: Pick<Executable, 'dispose'>[] = []
  #opening: Promise<OpenedEngine & { readonly runner: Runner }> | undefined
  #engine: ChosenEngine | undefined
  #disposed: Promise<void> | undefined

  /** @param heads the table of heads */
  constructor({ spec, preprocessing, weights }: TrainedNetwork, host: Host, heads: Heads = ownHeads) {
    this.kind = spec.head.kind
    this.spec = spec as NetworkSpec<H>
    this.preprocessing = preprocessing
    this.weights = weights
    this.#host = host
    this.#heads = heads
  }

  /** The engine that computes; undefined before it is open. */
  get engine(): ChosenEngine | undefined {
    return this.#engine
  }

  /**
   * Opens the engine now and returns it.
   * @throws EngineError when no engine works here; ConfigError when the network was disposed of
   */
  async ready(): Promise<ChosenEngine> {
    return (await this.runner()).engine as ChosenEngine
  }

  /**
   * The weights at a path, for example `stem.conv.weight`. The scale and shift of a norm answer to `weight` and `bias`
   * too, its running mean and variance to `running_mean` and `running_var`.
   * @throws ConfigError for a path that the network does not have, naming those near it
   */
  parameter(path: string): Tensor {
    expectKind(path, 'parameter: path', text)
    const found = this.weights.get(path) ?? this.weights.get(ownPath(path))
    if (found) return found
    const names = [...this.weights.keys()]
    const near = names.filter((name) => name.startsWith(path.replace(/\.[^.]*$/, '.'))).slice(0, 4)
    const some = near.length > 0 ? near : names.slice(0, 2)
    throw new ConfigError(
      `parameter: ${this.spec.name} has no ${printable(path, 60)}; there are ${some.join(', ')}${names.length > some.length ? ' …' : ''}`,
    )
  }

  /**
   * Pictures, or rows of a table, as the network reads them: [pictures][channels][height][width] floats, normalised.
   * @throws DataError naming the picture or row that cannot be used
   */
  prepare(pictures: readonly (Picture | TableRow)[]): Float32Array {
    expectKind(pictures, 'prepare: pictures', list)
    const batch = this.#batchOf(pictures.length)
    pictures.forEach((picture, i) => {
      this.#prepare(picture, batch, i, pictures.length)
    })
    return batch
  }

  /**
   * Computes the outputs of the network for a batch of any number of pictures. A head of your own names its outputs;
   * the heads of this package give `logits` or `picture`.
   * @param batch [pictures][channels][height][width] floats, normalised as `preprocessing` says: see `prepare`
   * @throws DataError when an output holds NaN or an infinity, naming the first layer that gave one
   */
  async outputs(batch: Float32Array, options: RunOptions = {}): Promise<Outputs> {
    return this.answers(expectFloats(batch, 'outputs: batch'), [], options)
  }

  /**
   * Reads the outputs of layers, blocks or stages for a batch, by path, for example `stage2.block1.add`. The output of
   * a convolution has the shape [pictures, channels, height, width].
   * @throws ConfigError for a path that the network does not have, naming those near it
   */
  async activations<P extends LayerPath>(
    batch: Float32Array,
    paths: readonly P[],
    options: RunOptions = {},
  ): Promise<{ readonly [path in P]: Tensor }> {
    expectKind(paths, 'activations: paths', listOf(text, 'a list of paths, such as stage2.block1.add'))
    expectOptions(options, 'options', { signal: signalKind })
    const runner = await this.runner()
    const found = await runner.run(expectFloats(batch, 'activations: batch'), paths, options.signal)
    return Object.fromEntries(paths.map((path) => [path, found[path]])) as { [path in P]: Tensor }
  }

  /**
   * Writes the network with its preprocessing to a file: `.safetensors`, which `load` and PyTorch read, or `.onnx`. In
   * a browser the file becomes a download.
   * @throws ConfigError for another ending; DataError when the file cannot be written
   */
  async save(path: string): Promise<void> {
    expectKind(path, 'save: path', name)
    await this.#host.save(this, path)
  }

  /** Frees the memory of the plans after the current work. The network cannot compute after this. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end()
    return this.#disposed
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** The runner of this network on its open engine. */
  protected async runner(): Promise<Runner> {
    if (this.#disposed) throw new ConfigError(`${this.spec.name}: this network was disposed of; load it again`)
    this.#opening ??= this.#open()
    return (await this.#opening).runner
  }

  /** Outputs by name. @throws LostNumbers when one holds NaN or an infinity */
  protected async answers(batch: Float32Array, taps: readonly LayerPath[], options: RunOptions): Promise<Outputs> {
    expectOptions(options, 'options', { signal: signalKind })
    return (await this.runner()).answers(batch, taps, options.signal)
  }

  /** Makes a list of a single picture or row. */
  protected listed(given: Given | readonly Given[]): { readonly single: boolean; readonly all: readonly Given[] } {
    const single = !this.#isList(given)
    return { single, all: single ? [given] : given }
  }

  /** Does the same as `prepare`, and also takes pictures that are still in their files. */
  protected async prepared(given: readonly Given[], options: RunOptions): Promise<Float32Array> {
    const batch = this.#batchOf(given.length)
    for (const [i, picture] of given.entries())
      this.#prepare(this.#isStored(picture) ? await this.decoded(picture, options) : picture, batch, i, given.length)
    return batch
  }

  /** The pixels of a picture that is still in its file. */
  protected decoded(source: PictureSource, { signal }: RunOptions, exact = false): Promise<Picture> {
    const channels = exact ? 'exact' : this.spec.input.channels === 4 ? 'rgba' : 'rgb'
    return this.#host.readPicture(source, { channels, signal })
  }

  /** Evaluates this network. The class of each task gives the result its type. */
  protected async measured(data: object, options: object): Promise<object> {
    return this.#host.evaluate(this, data, options, await this.ready())
  }

  async #open(): Promise<OpenedEngine & { readonly runner: Runner }> {
    try {
      const opened = await this.#host.open()
      this.#engine = opened.engine
      return { ...opened, runner: new Runner(opened.engine, this, this.#heads) }
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #end(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined)
    if (!opened) return
    await opened.runner.dispose()
    for (const one of this.owned) await one.dispose()
    await opened.release()
  }

  #batchOf(pictures: number): Float32Array {
    const { channels, height, width } = this.spec.input
    return new Float32Array(pictures * channels * height * width)
  }

  #prepare(picture: Picture | TableRow, batch: Float32Array, i: number, count: number): void {
    const at = i * (batch.length / count)
    const place = `${i + 1} of ${count}`
    if (isRow(picture)) prepareRow(picture, this.preprocessing, batch, at, `row ${place}`)
    else preparePicture(picture, this.preprocessing, batch, at, `picture ${place}`)
  }

  /**
   * Tells a row from a list of pictures. A list of texts may be a row with a mistake; a network that reads pictures
   * takes them for paths.
   */
  #isList(given: Given | readonly Given[]): given is readonly Given[] {
    if (!Array.isArray(given)) return false
    return this.#readsRows ? !isRow(given as TableRow) : typeof given[0] !== 'number'
  }

  #isStored(given: Given): given is PictureSource {
    return !this.#readsRows && isSource(given)
  }

  get #readsRows(): boolean {
    return this.spec.input.height === 1 && this.spec.input.width === 1
  }
}

/** PyTorch's names of a norm's tensors, and ours. */
const ofNorms: Readonly<Record<string, string>> = {
  weight: 'scale',
  bias: 'shift',
  running_mean: 'mean',
  running_var: 'variance',
}
const ownPath = (path: string) => path.replace(/\w+$/, (last) => ofNorms[last] ?? last)
