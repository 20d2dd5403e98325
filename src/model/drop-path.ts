/**
 * Stochastic depth [Huang 2016]: in training, residual branches are dropped by chance, later ones more often. Those that
 * stay are scaled up, so that inference is the network as it is.
 */
import type { DropoutAttributes } from '../ops/dropout.js'
import { passesInput, placedBlocks } from '../spec/blocks.js'
import type { BlockPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'

export interface DropPath {
  /** Probability that the last residual branch is dropped, in [0, 1). Branch l of L is dropped with l / L of it. */
  readonly rate: number
  /** What is dropped as one: the branch for one picture (a row of the batch), or for the whole batch. */
  readonly by: 'row' | 'batch'
  /** Names what is dropped, together with the number of the step. */
  readonly seed: number
  /** Which of the batches of a step this is, from 0: each has random numbers of its own. Default 0. */
  readonly batch?: number
}

/**
 * How each residual branch is dropped, by the path of its block; empty where the rate is 0.
 * @throws ConfigError when the network has no residual blocks.
 */
export function dropsOf(spec: NetworkSpec, { rate, by, seed, batch = 0 }: DropPath): Map<BlockPath, DropoutAttributes> {
  if (!(rate >= 0 && rate < 1)) throw new ConfigError(`dropPath: expected a rate in [0, 1), got ${rate}`)
  if (rate === 0) return new Map()
  const residual = placedBlocks(spec).filter(({ spec: block }) => passesInput(block))
  if (residual.length === 0)
    throw new ConfigError(
      `dropPath: ${spec.name} has no shortcuts that could stand in for a dropped branch; leave it out`,
    )
  return new Map(
    residual.map(({ path }, index) => [
      path,
      {
        rate: (rate * (index + 1)) / residual.length,
        granularity: by,
        seed,
        layer: batch * residual.length + index,
      },
    ]),
  )
}
