/** The random parts of each block in training: dropped branches, and shortcuts with dropout or replaced by noise. */
import type { NoiseAttributes } from '../ops/add-noise.js'
import type { DropoutAttributes } from '../ops/dropout.js'
import { placedBlocks } from '../spec/blocks.js'
import type { BlockPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { type DropPath, dropsOf } from './drop-path.js'

export interface Stochastic {
  /** Drops the residual branch as a whole. */
  readonly branch?: DropoutAttributes | undefined
  /** Drops elements of the shortcut. */
  readonly shortcut?: DropoutAttributes
  /** Replaces the shortcut. */
  readonly noise?: NoiseAttributes
}

/** Shortcuts are numbered from here, so that they share no random numbers with branches. */
const SHORTCUTS = 0x100000

/** Random parts by the path of the block, only for blocks that have any. */
export function stochasticOf(spec: NetworkSpec, dropPath: DropPath): Map<BlockPath, Stochastic> {
  const { seed, batch = 0 } = dropPath
  const drops = dropsOf(spec, dropPath)
  const blocks = placedBlocks(spec)
  const stochastic = new Map<BlockPath, Stochastic>()
  blocks.forEach(({ path, spec: { shortcut, shortcutDropout = 0, shortcutScale = 1 } }, index) => {
    const layer = SHORTCUTS + batch * blocks.length + index
    const branch = drops.get(path)
    if (shortcut === 'noise') stochastic.set(path, { noise: { deviation: shortcutScale, seed, layer } })
    else if (shortcutDropout > 0) {
      const elements = { rate: shortcutDropout, granularity: 'element', seed, layer } as const
      stochastic.set(path, { branch, shortcut: elements })
    } else if (branch) stochastic.set(path, { branch })
  })
  return stochastic
}
