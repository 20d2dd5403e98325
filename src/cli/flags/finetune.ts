/** The flags of the command finetune. */
import type { CheckpointEvery, Freeze } from '../../internal.node.js'
import type { EngineFlags } from './options.js'
import type { RecipeFlags } from './recipe.js'
import type { KnownFlags } from './weights.js'

export interface FinetuneFlags extends EngineFlags, RecipeFlags, KnownFlags {
  readonly weights?: string
  readonly freeze?: Freeze
  readonly views?: number
  readonly heldOut?: number
  /** In bytes, as are the next two. */
  readonly featureMemory?: number
  readonly cache?: string
  readonly cacheLimit?: number
  readonly dataMemory?: number
  readonly saveDir?: string
  readonly resume?: string | true
  readonly checkpointEvery?: CheckpointEvery
  readonly json?: true
}
