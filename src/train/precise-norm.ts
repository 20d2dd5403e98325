/**
 * Precise batch norm [Wu and Johnson 2021]. Running statistics are an average in which old weights still count. At the
 * end of a training they are replaced by the statistics of some batches under the final weights.
 */
import type { Engine } from '../engine/engine.js'
import type { Value } from '../graph/graph.js'
import { prune } from '../graph/prune.js'
import { compileGraph } from '../inference/compile.js'
import type { Tensor } from '../inference/weights.js'
import { forwardGraph } from '../model/forward.js'
import type { Heads } from '../model/heads/index.js'
import type { NetworkSpec } from '../spec/spec.js'

export interface PreciseOptions {
  /** Parameters and running statistics of the network, by path. */
  readonly weights: ReadonlyMap<string, Tensor>
  /** Number of pictures in a batch. */
  readonly batchSize: number
  readonly batches: number
  /** Returns the normalised pictures of a batch, counted from 0. They are used before the next batch is asked for. */
  readonly pictures: (batch: number) => Float32Array
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/**
 * Computes statistics by path, `….mean` and `….variance`, over all values of all batches. The variance is unbiased.
 * Every batch passes the network as in training, normalised by its own statistics.
 */
export async function preciseStatistics(
  engine: Engine,
  spec: NetworkSpec,
  { weights, batchSize, batches, pictures, heads }: PreciseOptions,
): Promise<Map<string, Float32Array>> {
  const forward = forwardGraph(spec, { batch: batchSize, mode: 'training', statisticsShare: 1, heads })
  const graph = prune({ ...forward, outputs: [] })
  const norms = graph.nodes.filter(({ op }) => op === 'batchNorm').map(({ path, inputs }) => new Norm(path, inputs[0]!))
  const executable = await compileGraph(engine, graph)
  try {
    for (const { name, role } of graph.inputs)
      if (role === 'parameter' || role === 'buffer') executable.write(name, weights.get(name)!.data)
    for (let batch = 0; batch < batches; batch++) {
      executable.write('pictures', pictures(batch))
      await executable.run()
      for (const norm of norms) norm.add(await executable.read(norm.mean), await executable.read(norm.variance))
    }
  } finally {
    await executable.dispose()
  }
  return new Map(norms.flatMap((norm) => norm.statistics()))
}

/** Merges the statistics of batches in float64 [Chan, Golub and LeVeque 1979]. */
class Norm {
  readonly mean: string
  readonly variance: string
  /** Number of values of a channel in one batch. */
  readonly #size: number
  #count = 0
  readonly #means: Float64Array
  /** Sums of squared deviations from the mean. */
  readonly #deviations: Float64Array

  constructor(path: string, x: Value) {
    const [batch, channels, height, width] = x.type.shape as [number, number, number, number]
    this.mean = `${path}.mean`
    this.variance = `${path}.variance`
    this.#size = batch * height * width
    this.#means = new Float64Array(channels)
    this.#deviations = new Float64Array(channels)
  }

  /** Adds one batch, given its mean and unbiased variance. */
  add(mean: Float32Array, variance: Float32Array): void {
    const count = this.#count + this.#size
    for (let k = 0; k < mean.length; k++) {
      const delta = mean[k]! - this.#means[k]!
      this.#means[k]! += (delta * this.#size) / count
      this.#deviations[k]! += variance[k]! * (this.#size - 1) + (delta * delta * this.#count * this.#size) / count
    }
    this.#count = count
  }

  statistics(): [path: string, values: Float32Array][] {
    return [
      [this.mean, Float32Array.from(this.#means)],
      [this.variance, Float32Array.from(this.#deviations, (sum) => sum / (this.#count - 1))],
    ]
  }
}
