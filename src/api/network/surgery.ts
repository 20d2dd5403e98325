/** Surgery on trained networks: the spec changes, and weights move with their blocks. Nothing is changed in place. */
import { expectNetwork } from '../../formats/expect-network.js'
import type { Tensor, TrainedNetwork } from '../../formats/trained-network.js'
import { forwardGraph } from '../../model/forward.js'
import { initialise } from '../../model/initialise.js'
import { parametersOf } from '../../model/parameters.js'
import { type BlockPath, stagePath } from '../../spec/paths.js'
import type { BlockSpec, NetworkSpec } from '../../spec/spec.js'
import { appendBlocks, pathAfterRemoval, pathAfterSwap, removeBlock, swapBlocks } from '../../spec/surgery.js'
import { ConfigError } from '../../util/errors.js'
import { expectOptions, whole } from '../../util/expect.js'

/** Options of `deepen`. */
export interface DeepenOptions {
  /** The number of the stage, from 1. */
  readonly stage: number
  /** How many blocks are appended to the stage. */
  readonly blocks: number
  /** Seed of the weights that are not zero. Default 0. */
  readonly seed?: number
}

/**
 * Appends residual blocks to a stage of a trained network. The new blocks are exact identities at first: at inference
 * the logits are the same to the bit. Their branches end in zeros (the scale of the last norm, or the last
 * convolution). Their other weights are fresh, so that they learn when training continues. Throws a ConfigError when
 * the stage's blocks cannot be identities because they have no shortcut, or one that changes its input.
 */
export function deepened(network: TrainedNetwork, options: DeepenOptions): TrainedNetwork {
  expectNetwork(network, 'deepen: network')
  expectOptions(options, 'deepen: options', { stage: whole(1), blocks: whole(1), seed: whole(0) })
  const { spec, preprocessing, weights } = network
  const { stage, blocks, seed = 0 } = options
  const deeper = { ...appendBlocks(spec, stage, blocks), name: `${spec.name}-deeper` }
  const reason = noIdentity(deeper.stages[stage - 1]!.blocks.at(-1)!)
  if (reason) throw new ConfigError(`${stagePath(stage)}: its blocks cannot be identities: ${reason}`)
  const fresh = initialise(deeper, { seed, zeroInitResidual: true })
  const grown = new Map(
    parametersOf(forwardGraph(deeper, { batch: 1, mode: 'inference' })).map(({ path, shape }): [string, Tensor] => [
      path,
      weights.get(path) ?? { shape, data: fresh.get(path)! },
    ]),
  )
  return { spec: deeper, preprocessing, weights: grown }
}

/** A trained network without one block: a lesion. Throws as `removeBlock` does. */
export function withoutBlock(network: TrainedNetwork, path: BlockPath): TrainedNetwork {
  expectNetwork(network, 'withoutBlock: network')
  return withMovedWeights(network, removeBlock(network.spec, path), (name) => pathAfterRemoval(name, path))
}

/** A trained network with two blocks in each other's place. Throws as `swapBlocks` does. */
export function withSwappedBlocks(network: TrainedNetwork, first: BlockPath, second: BlockPath): TrainedNetwork {
  expectNetwork(network, 'withSwappedBlocks: network')
  return withMovedWeights(network, swapBlocks(network.spec, first, second), (name) =>
    pathAfterSwap(name, first, second),
  )
}

/**
 * A trained network with another spec, whose weights have moved with their blocks.
 * @param rename gives the new path of a parameter, or undefined for a parameter that is removed
 */
export function withMovedWeights(
  { preprocessing, weights }: TrainedNetwork,
  spec: NetworkSpec,
  rename: (path: string) => string | undefined,
): TrainedNetwork {
  const kept = [...weights].flatMap(([path, value]): [string, Tensor][] => {
    const name = rename(path)
    return name === undefined ? [] : [[name, value]]
  })
  return { spec, preprocessing, weights: new Map(kept) }
}

/** The reason why a block that keeps sizes cannot be an identity while its branch gives zeros; undefined if it can. */
function noIdentity({ order, shortcut, shortcutScale = 1, gate }: BlockSpec): string | undefined {
  if (shortcut === 'none' || shortcut === 'noise') return 'they have no shortcut'
  if (shortcut === 'project-always') return 'their shortcuts project'
  if (shortcutScale !== 1 || gate) return 'their shortcuts are scaled or gated'
  if (order === 'norm-after-add') return 'they normalise after the addition'
  if (order === 'relu-before-add') return 'their branches end in a ReLU, before which zeros would never learn'
  return undefined
}
