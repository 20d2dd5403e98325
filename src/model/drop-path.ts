/**
 * Stochastic depth [Huang 2016]: training drops residual branches at random and scales the others up, so that inference
 * uses the network as it is.
 */
import type { DropoutAttributes } from '../ops/dropout.js'
import { passesInput, placedBlocks } from '../spec/blocks.js'
import type { BlockPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'

/**
 * `linear`: of L branches, branch l is dropped with l / L of the rate [Huang 2016, §3]. `uniform`: all have the same
 * rate, so that the lengths of the trained paths are centred, like those of the effective paths [Veit 2016, §5].
 */
export const dropPathRules = ['linear', 'uniform'] as const
/** One of `dropPathRules`. */
export type DropPathRule = (typeof dropPathRules)[number]

export interface DropPath {
  /** Probability that the last residual branch is dropped, in [0, 1). */
  readonly rate: number
  /** How the rates of the others follow from it. */
  readonly rule: DropPathRule
  /** The unit that is dropped: the branch for one picture (a row of the batch), or for the whole batch. */
  readonly by: 'row' | 'batch'
  /** Together with the number of the step, decides which units are dropped. */
  readonly seed: number
  /** Index of the batch in its step, from 0. Each has random numbers of its own. Default 0. */
  readonly batch?: number
}

/**
 * How each residual branch is dropped, by the path of its block; empty if the rate is 0.
 * @throws ConfigError if the network has no residual blocks
 */
export function dropsOf(
  spec: NetworkSpec,
  { rate, rule, by, seed, batch = 0 }: DropPath,
): Map<BlockPath, DropoutAttributes> {
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
        rate: rule === 'uniform' ? rate : (rate * (index + 1)) / residual.length,
        granularity: by,
        seed,
        layer: batch * residual.length + index,
      },
    ]),
  )
}
