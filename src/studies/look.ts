/** Outputs of trained and fresh nets for a batch of test pictures, and their sizes. */

import { fillBatch } from '../data/batches.js'
import { inputSize } from '../data/dataset.js'
import type { TrainedNetwork } from '../formats/trained-network.js'
import { Runner } from '../inference/runner.js'
import type { LayerPath } from '../spec/paths.js'
import { completeRecipe } from '../tasks/complete-recipe.js'
import { tapActivations } from '../train/probe.js'
import type { Workbench } from './workbench.js'

/** The first test pictures of a seed, normalised: [count][channels][height][width]. */
export function testBatch(bench: Workbench, seed: number, count: number): Float32Array {
  const { test, normalisation } = bench.data(seed)
  const { channels, height, width } = inputSize(test)
  const batch = new Float32Array(count * channels * height * width)
  const indices = Array.from({ length: count }, (_, i) => i % test.count)
  fillBatch(test, indices, batch, new Int32Array(count), { normalisation, seed: 0, epoch: 0 })
  return batch
}

/** The outputs of layers for a batch, with norms in inference mode. */
export async function activationsOf<P extends LayerPath>(
  bench: Workbench,
  network: TrainedNetwork,
  batch: Float32Array,
  paths: readonly P[],
): Promise<{ readonly [path in P]: Float32Array }> {
  const runner = new Runner(bench.engine, network)
  try {
    const found = await runner.run(batch, paths, bench.signal)
    return Object.fromEntries(paths.map((path) => [path, found[path]!.data])) as { [path in P]: Float32Array }
  } finally {
    await runner.dispose()
  }
}

/** The same with norms in training mode. */
export async function batchActivationsOf<P extends LayerPath>(
  bench: Workbench,
  { spec, weights }: TrainedNetwork,
  batch: Float32Array,
  paths: readonly P[],
): Promise<{ readonly [path in P]: Float32Array }> {
  const { channels, height, width } = spec.input
  const batchSize = batch.length / (channels * height * width)
  const recipe = completeRecipe({ batchSize })
  const labels = new Int32Array(batchSize)
  const state = {
    spec,
    recipe,
    recompute: 'none',
    step: 0,
    batch: 0,
    weights,
    inputs: { pictures: batch, labels },
  } as const
  const found = await tapActivations(bench.engine, state, paths)
  return Object.fromEntries(paths.map((path) => [path, found.get(path)!.data])) as { [path in P]: Float32Array }
}

/** Euclidean norm. */
export function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
}

/** Standard deviation over all elements. */
export function deviationOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

/** Largest difference of two arrays, divided by the largest value of the first. */
export function largestError(expected: Float32Array, got: Float32Array): number {
  let [largest, difference] = [0, 0]
  expected.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value))
    difference = Math.max(difference, Math.abs(value - got[i]!))
  })
  return difference / largest
}
