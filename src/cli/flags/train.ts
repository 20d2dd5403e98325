/** The flags of the command train. */
import type { CheckpointEvery, Recompute } from '../../internal.node.js'
import type { AugmentFlags } from './augment.js'
import type { DataFlags, EngineFlags } from './options.js'
import type { RecipeFlags } from './recipe.js'

export interface TrainFlags extends DataFlags, EngineFlags, AugmentFlags, RecipeFlags {
  readonly scale?: number[]
  readonly arch?: string
  readonly size?: number
  readonly valSplit?: number
  readonly resume?: string | true
  readonly saveDir?: string
  readonly checkpointEvery?: CheckpointEvery
  readonly recompute?: Recompute
  readonly json?: true
}
