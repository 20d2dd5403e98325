/** Changes the weights of trained nets to remove or swap blocks, and tests them without a new plan. */
import type { Tensor } from '../formats/trained-network.js'
import { LostNumbers } from '../inference/lost-numbers.js'
import { placedBlocks } from '../spec/blocks.js'
import { classifierOf } from '../spec/heads/index.js'
import type { BlockPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { Evaluator } from '../tasks/classify/evaluator.js'
import type { Random } from '../util/random.js'
import type { Workbench } from './workbench.js'

/** Parameters and running statistics by path. */
export type Weights = ReadonlyMap<string, Tensor>

/**
 * Returns the test error in percent of a net with changed weights. If it gives no numbers, the error is that of
 * guessing.
 */
export type ErrorOf = (weights: Weights) => Promise<number>

/** Provides the error of a net on (at most so many) test pictures of a seed. The plan is made once. */
export async function judging<T>(
  bench: Workbench,
  spec: NetworkSpec,
  seed: number,
  pictures: number,
  work: (errorOf: ErrorOf) => Promise<T>,
): Promise<T> {
  const { test: whole, normalisation, classes } = bench.data(seed)
  const test = { ...whole, count: Math.min(whole.count, pictures) }
  const evaluator = await Evaluator.open(bench.engine, spec, Evaluator.plan(bench.engine, spec, test.count))
  try {
    return await work(async (weights) => {
      evaluator.setWeights(weights)
      try {
        return (await evaluator.evaluate(test, { normalisation, classes, input: spec.input }, bench.signal)).top1Error
      } catch (error) {
        if (error instanceof LostNumbers) return 100 * (1 - 1 / classifierOf(spec).classes)
        throw error
      }
    })
  } finally {
    await evaluator.dispose()
  }
}

/** The paths of blocks that keep sizes, which can be removed or swapped. */
export function keepingSize(spec: NetworkSpec): BlockPath[] {
  return placedBlocks(spec)
    .filter(({ changesSize }) => !changesSize)
    .map(({ path }) => path)
}

/** The weights with blocks in another order: the place `paths[i]` gets what stood at `paths[order[i]]`. */
export function reordered(weights: Weights, paths: readonly BlockPath[], order: readonly number[]): Weights {
  const moved = new Map(weights)
  order.forEach((from, to) => {
    if (from === to) return
    const prefix = `${paths[from]}.`
    for (const [name, tensor] of weights)
      if (name.startsWith(prefix)) moved.set(`${paths[to]}.${name.slice(prefix.length)}`, tensor)
  })
  return moved
}

/** A random choice of so many items, in their order. All choices are equally likely. */
export function someOf<T>(items: readonly T[], count: number, random: Random): T[] {
  const order = random.shuffle(Array.from(items, (_, index) => index))
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((index) => items[index]!)
}
