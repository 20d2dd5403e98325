/**
 * Paths name the parts of a network everywhere: parameters, errors, taps, lesions. Stages, blocks and layers count
 * from 1. Examples: `stem.conv`, `stage1.block2.conv1`, `stage2.block1.shortcut.norm`, `head.classifier.weight`.
 */

import { ConfigError } from '../util/errors.js'
import { described } from '../util/expect.js'

/** For example `stage2`. */
export type StagePath = `stage${number}`
/** For example `stage2.block3`. */
export type BlockPath = `${StagePath}.block${number}`
/** A layer, block or stage. A block or stage stands for its last layer. */
export type LayerPath = 'stem' | `stem.${string}` | StagePath | BlockPath | `${BlockPath}.${string}` | `head.${string}`
/** The names of parameters and buffers, after the path of their layer. */
export type ParameterName = 'weight' | 'bias' | 'scale' | 'shift'
/** The names of running statistics, after the path of their layer. */
export type BufferName = 'mean' | 'variance'

export function stagePath(stage: number): StagePath {
  return `stage${stage}`
}

export function blockPath(stage: number, block: number): BlockPath {
  return `stage${stage}.block${block}`
}

/**
 * Parses the numbers of a block path, which count from 1.
 * @throws ConfigError if it is not a block path
 */
export function parseBlockPath(path: string): { readonly stage: number; readonly block: number } {
  if (typeof path !== 'string')
    throw new ConfigError(`path: expected the path of a block, such as stage2.block3, got ${described(path)}`)
  const match = /^stage([1-9]\d*)\.block([1-9]\d*)$/.exec(path)
  if (!match) throw new ConfigError(`${path}: expected the path of a block, such as stage2.block3`)
  return { stage: Number(match[1]), block: Number(match[2]) }
}
