/** Trained nets with changed weights: blocks taken out or swapped without a new plan, and judged again. */
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

/** Test error in percent of a net with whatever weights; that of guessing where it gives no numbers any more. */
export type ErrorOf = (weights: Weights) => Promise<number>

/** Hands out the error of a net on (at most so many) test pictures of a seed; the plan is made once. */
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

/** The paths of blocks that leave sizes as they are: those that can be taken out or swapped. */
export function keepingSize(spec: NetworkSpec): BlockPath[] {
  return placedBlocks(spec)
    .filter(({ changesSize }) => !changesSize)
    .map(({ path }) => path)
}

/**
 * The weights with some residual branches silenced, so that these blocks are their shortcuts alone: the same net as
 * without the block, where the shortcut is the identity.
 */
export function withoutBranches(spec: NetworkSpec, weights: Weights, gone: ReadonlySet<BlockPath>): Weights {
  const silenced = new Map(weights)
  for (const { path, spec: block } of placedBlocks(spec)) {
    if (!gone.has(path)) continue
    const last = block.branch.length
    const names = block.order === 'pre' ? [`conv${last}.weight`] : [`norm${last}.scale`, `norm${last}.shift`]
    for (const name of names.map((own) => `${path}.${own}`)) {
      const { shape, data } = weights.get(name)!
      silenced.set(name, { shape, data: new Float32Array(data.length) })
    }
  }
  return silenced
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

/** So many of the items, each choice equally likely, in their order. */
export function someOf<T>(items: readonly T[], count: number, random: Random): T[] {
  const order = random.shuffle(Array.from(items, (_, index) => index))
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((index) => items[index]!)
}
