/** The flags of the commands eval and predict. Each task uses those that have a meaning for it. */
import type { LayerPath } from '../../internal.node.js'
import type { DataFlags, EngineFlags } from './options.js'
import type { KnownFlags, WeightFlags } from './weights.js'

export interface EvalFlags extends DataFlags, EngineFlags, KnownFlags {
  readonly weights: string
  readonly all?: true
  readonly allowOtherClasses?: true
  readonly json?: true
}

export interface PredictFlags extends WeightFlags, EngineFlags {
  readonly top: number
  readonly explain?: string
  readonly class?: string
  readonly block?: LayerPath
  readonly json?: true
}
