/** Surgery on trained networks: the spec changes, and weights keep to their blocks. Nothing is changed in place. */
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

/** Where and how a network grows. */
export interface DeepenOptions {
  /** From 1. */
  readonly stage: number
  /** How many blocks are appended to the stage. */
  readonly blocks: number
  /** Of the weights that do not have to be zero. Default 0. */
  readonly seed?: number
}

/**
 * A trained network with more residual blocks at the end of a stage, which are exact identities at first: at inference
 * it gives the same logits to the bit. Their branches end in zeros (the scale of the last norm, or the last convolution),
 * all other weights of them are fresh, so that they learn when training goes on.
 * Throws a ConfigError where the stage's blocks cannot be identities: without a shortcut, or with one that changes what
 * passes it.
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
  return moved(network, removeBlock(network.spec, path), (name) => pathAfterRemoval(name, path))
}

/** A trained network with two blocks in each other's place. Throws as `swapBlocks` does. */
export function withSwappedBlocks(network: TrainedNetwork, first: BlockPath, second: BlockPath): TrainedNetwork {
  expectNetwork(network, 'withSwappedBlocks: network')
  return moved(network, swapBlocks(network.spec, first, second), (name) => pathAfterSwap(name, first, second))
}

/** @param rename gives the new path of a parameter; undefined where it has no place any more */
function moved(
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

/** Why a block that keeps sizes cannot be an identity while its branch gives zeros; undefined where it can. */
function noIdentity({ order, shortcut, shortcutScale = 1, gate }: BlockSpec): string | undefined {
  if (shortcut === 'none' || shortcut === 'noise') return 'they have no shortcut'
  if (shortcut === 'project-always') return 'their shortcuts project'
  if (shortcutScale !== 1 || gate) return 'their shortcuts are scaled or gated'
  if (order === 'norm-after-add') return 'they normalise after the addition'
  if (order === 'relu-before-add') return 'their branches end in a ReLU, before which zeros would never learn'
  return undefined
}
