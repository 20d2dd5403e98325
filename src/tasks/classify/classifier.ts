/** A network that classifies pictures or rows, and explains which part of a picture an answer comes from. */

import type { Dataset } from '../../data/dataset.js'
import { isSource, type Picture, type PictureSource } from '../../data/picture/picture.js'
import type { TableRow } from '../../data/table-dataset.js'
import { type Given, Network, type RunOptions } from '../../inference/network.js'
import { partRead, pictureSize } from '../../inference/picture.js'
import { classifierLayers } from '../../model/heads/classifier.js'
import { wrongHead } from '../../spec/heads/index.js'
import type { LayerPath } from '../../spec/paths.js'
import type { ClassifierHead } from '../../spec/spec.js'
import { ConfigError } from '../../util/errors.js'
import { described, expectFloats, expectOptions, kind, signal as signalKind, text } from '../../util/expect.js'
import { exp } from '../../util/math.js'
import type { Evaluated } from '../evaluated.js'
import type { ClassMatchOptions } from './class-match.js'
import { classNumber, type Explanation, gradientGraph, lastMaps } from './explain.js'
import type { ClassifyingEvaluation } from './scores.js'

/** One answer for a picture. */
export interface Prediction {
  /** The name of the class. */
  readonly label: string
  /** In [0, 1] (softmax). The probabilities of all classes add up to 1. */
  readonly probability: number
  /** Another name of `probability`. It is a getter and not a field, so JSON and copies do not have it. */
  readonly score: number
}

/** Options of `classify`. */
export interface ClassifyOptions extends RunOptions {
  /** The number of answers for each picture, the most probable first. Default 5. */
  readonly top?: number | undefined
}

/** Options of `explain`. */
export interface ExplainOptions extends RunOptions {
  /** The class, by its name or by its number from 0. Default: the most probable class. */
  readonly class?: string | number | undefined
  /**
   * Explains by Grad-CAM at this block, stage or layer, for example `stage3.block2`. Earlier layers give finer maps
   * that depend less on the class. Default: the class activation map of the last maps.
   */
  readonly block?: LayerPath | undefined
}

/** A network that classifies. Its `kind` is `classifier`. */
export class Classifier extends Network<ClassifierHead> {
  override readonly kind = 'classifier'

  /** The names of the classes, in the order of the logits. */
  get classes(): readonly string[] {
    return this.preprocessing.classes
  }

  /** The number of classes. */
  get numClasses(): number {
    return this.spec.head.classes
  }

  /**
   * Classifies a picture or a row of numbers. Returns the most probable classes first. For a list of pictures or rows
   * it returns a list of such answers. A picture is given decoded, or as the path, address, `Blob` or bytes of its
   * file.
   * @throws DataError for a picture that cannot be read or used, naming it; for a logit that is NaN or infinite, naming
   * the first layer that gave such a value
   */
  classify(picture: Picture | PictureSource | TableRow, options?: ClassifyOptions): Promise<Prediction[]>
  classify(
    pictures: readonly (Picture | PictureSource)[] | readonly TableRow[],
    options?: ClassifyOptions,
  ): Promise<Prediction[][]>
  async classify(
    given: Given | readonly Given[],
    options: ClassifyOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    expectOptions(options, 'classify: options', { signal: signalKind })
    const { top = 5, signal } = options
    if (!Number.isSafeInteger(top) || top < 1)
      throw new ConfigError(`top: expected a whole number of at least 1, got ${described(top)}`)
    const { single, all } = this.listed(given)
    const logits = await this.logits(await this.prepared(all, options), { signal })
    const answers = Array.from({ length: logits.length / this.numClasses }, (_, i) =>
      ranked(logits.subarray(i * this.numClasses, (i + 1) * this.numClasses), this.classes).slice(0, top),
    )
    return single ? answers[0]! : answers
  }

  /** Another name of `classify`, which the command line and other libraries use. */
  predict(picture: Picture | PictureSource | TableRow, options?: ClassifyOptions): Promise<Prediction[]>
  predict(
    pictures: readonly (Picture | PictureSource)[] | readonly TableRow[],
    options?: ClassifyOptions,
  ): Promise<Prediction[][]>
  predict(given: Given | readonly Given[], options?: ClassifyOptions): Promise<Prediction[] | Prediction[][]> {
    return this.classify(given as Picture, options)
  }

  /**
   * Computes the features of pictures before the classifier: the mean of each of the last maps, [pictures][width].
   * Similar pictures have similar features, even if the network never learned what they show.
   */
  async embed(given: Given | readonly Given[], options: RunOptions = {}): Promise<Float32Array> {
    expectOptions(options, 'embed: options', { signal: signalKind })
    const batch = await this.prepared(this.listed(given).all, options)
    const { pool } = classifierLayers
    return (await this.answers(batch, [pool], options))[pool]!.data
  }

  /**
   * Explains which part of a picture speaks for a class: see `Explanation`.
   * @throws ConfigError for a class or block that it does not have; DataError for a picture that cannot be used
   */
  async explain(given: Picture | PictureSource, options: ExplainOptions = {}): Promise<Explanation> {
    expectOptions(options, 'explain: options', { signal: signalKind, block: text, class: className })
    const { block, signal } = options
    const picture = isSource(given) ? await this.decoded(given, options) : given
    const batch = this.prepare([picture])
    const layer = block ?? lastMaps(this.spec)
    const { logits, [layer]: maps } = await this.answers(batch, [layer], { signal })
    const shares = probabilities(logits!.data)
    const number =
      options.class === undefined
        ? shares.indexOf(Math.max(...shares))
        : classNumber(options.class, this.classes, this.spec.name)
    const { asShares, mapOnPicture, weighedMaps } = await import('./maps.js') // pages that only classify do without
    const weights = block === undefined ? this.#rowOf(number) : await this.#pullOf(batch, block, number, signal)
    const evidence = weighedMaps(maps!, weights)
    const map = asShares(evidence)
    const size = pictureSize(picture)
    const read = partRead(size, this.preprocessing)
    return {
      label: this.classes[number]!,
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
   * Computes the logits [pictures][classes] of a batch of any number of pictures.
   * @param batch [pictures][channels][height][width] floats, normalised as `preprocessing` says: see `prepare`
   * @throws DataError when a logit is NaN or infinite, naming the first layer that gave such a value; so do `classify`,
   * `embed` and `explain`
   */
  async logits(batch: Float32Array, options: RunOptions = {}): Promise<Float32Array> {
    const { logits } = await this.answers(expectFloats(batch, 'logits: batch'), [], options)
    return logits!.data
  }

  /**
   * Evaluates the network on the test part of a data set: error, accuracy and loss. See `evaluate`.
   * @throws ConfigError when the data has other classes, and `allowOtherClasses` was not given
   */
  evaluate(data: Dataset, options: ClassMatchOptions & RunOptions = {}): Promise<ClassifyingEvaluation & Evaluated> {
    return this.measured(data, options) as Promise<ClassifyingEvaluation & Evaluated>
  }

  /** Always throws: only an `Upscaler` upscales pictures. @throws ConfigError */
  async upscale(..._given: unknown[]): Promise<never> {
    throw wrongHead('picture', this.spec)
  }

  /** The weight of each of the last maps for a class. */
  #rowOf(number: number): Float32Array {
    const { shape, data } = this.weights.get(`${classifierLayers.classifier}.weight`)!
    const width = shape[1]!
    return data.subarray(number * width, (number + 1) * width)
  }

  /** The mean gradient of a logit at each map of a layer. */
  async #pullOf(batch: Float32Array, layer: LayerPath, number: number, signal?: AbortSignal): Promise<Float64Array> {
    const seed = Float32Array.from({ length: this.numClasses }, (_, i) => (i === number ? 1 : 0))
    const runner = await this.runner()
    const graph = () => gradientGraph(this.spec, layer)
    const found = await runner.runGraph(`gradient at ${layer}`, graph, { pictures: batch, seed }, signal)
    const { meansOfMaps } = await import('./maps.js')
    return meansOfMaps(found.gradient!)
  }
}

const className = kind(
  'the name or the number of a class',
  (value) => typeof value === 'string' || Number.isFinite(value),
)

/** Softmax. */
function probabilities(logits: Float32Array): number[] {
  const largest = logits.reduce((a, b) => Math.max(a, b))
  const weights = Array.from(logits, (logit) => exp(logit - largest))
  const total = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / total)
}

function ranked(logits: Float32Array, classes: readonly string[]): Prediction[] {
  return probabilities(logits)
    .map((probability, i) => prediction(classes[i]!, probability))
    .sort((a, b) => b.probability - a.probability)
}

function prediction(label: string, probability: number): Prediction {
  return Object.defineProperty({ label, probability, score: probability }, 'score', { enumerable: false })
}
