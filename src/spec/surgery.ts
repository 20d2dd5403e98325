/** Pure functions that change a spec: they remove, swap and add blocks. */

import { ConfigError, ShapeError } from '../util/errors.js'
import { described, expectKind, text, whole } from '../util/expect.js'
import { type PlacedBlock, placedBlocks } from './blocks.js'
import { expectSpec } from './expect-spec.js'
import { type BlockPath, blockPath, parseBlockPath, stagePath } from './paths.js'
import type { AnyHead, BlockSpec, NetworkSpec } from './spec.js'

/**
 * Removes one block. The later blocks of its stage move up by one, see `pathAfterRemoval`.
 * @throws ConfigError if there is no such block or it is its stage's only one, ShapeError if the block changes sizes,
 * so that its neighbours would not fit
 */
export function removeBlock<H extends AnyHead>(spec: NetworkSpec<H>, path: BlockPath): NetworkSpec<H> {
  expectSpec(spec, 'removeBlock: spec')
  const { stage } = parseBlockPath(path)
  const placed = placedBlocks(spec)
  const block = blockAt(spec, path)
  if (block.changesSize) {
    const removable = placed.filter((other) => other.stage === stage && !other.changesSize).map((other) => other.path)
    throw new ShapeError(
      `${path}: it changes the width from ${block.inputWidth} to ${block.width} and has stride ${block.spec.stride}, ` +
        `so the network does not fit together without it; ${removable.length > 0 ? `remove ${removable[0]} or another block that keeps sizes` : `stage${stage} has no block that keeps sizes`}`,
    )
  }
  const blocks = spec.stages[stage - 1]!.blocks
  if (blocks.length === 1)
    throw new ConfigError(`${path}: it is the only block of stage${stage}, and a stage needs at least one`)
  return withBlocks(spec, (other) => (other.path === path ? [] : [other.spec]))
}

/**
 * The path of the same layer after `removeBlock(spec, removed)`; undefined for removed layers. It maps parameters of
 * the whole network to the lesioned one.
 */
export function pathAfterRemoval(path: string, removed: BlockPath): string | undefined {
  expectKind(path, 'pathAfterRemoval: path', text)
  const gone = parseBlockPath(removed)
  return movedPath(path, (own) => {
    const { stage, block } = parseBlockPath(own)
    if (stage !== gone.stage || block < gone.block) return own
    return block === gone.block ? undefined : blockPath(stage, block - 1)
  })
}

/**
 * The path of a layer or parameter whose block may have moved.
 * @param placeOf gives the new path of a block, or undefined for a removed block
 */
export function movedPath(path: string, placeOf: (block: BlockPath) => BlockPath | undefined): string | undefined {
  const block = /^stage[1-9]\d*\.block[1-9]\d*(?=\.|$)/.exec(path)?.[0] as BlockPath | undefined
  if (block === undefined) return path
  const place = placeOf(block)
  return place === undefined ? undefined : place + path.slice(block.length)
}

function extentText(spec: NetworkSpec): string {
  return `stages have ${spec.stages.map(({ blocks }) => blocks.length).join(', ')} blocks`
}

/**
 * Swaps two blocks, see `pathAfterSwap`. [Veit 2016, figure 5]
 * @throws ConfigError if one of them does not exist, ShapeError unless both keep sizes and are equally wide
 */
export function swapBlocks<H extends AnyHead>(
  spec: NetworkSpec<H>,
  first: BlockPath,
  second: BlockPath,
): NetworkSpec<H> {
  expectSpec(spec, 'swapBlocks: spec')
  const [a, b] = [first, second].map((path) => {
    const block = blockAt(spec, path)
    if (block.changesSize)
      throw new ShapeError(
        `${path}: it changes the width from ${block.inputWidth} to ${block.width} and has stride ${block.spec.stride}; ` +
          'only blocks that keep sizes can be swapped',
      )
    return block
  }) as [PlacedBlock, PlacedBlock]
  if (a.width !== b.width)
    throw new ShapeError(`${first}: it is ${a.width} channels wide, ${second} ${b.width}; swap blocks of one width`)
  return withBlocks(spec, ({ path, spec: own }) => [path === first ? b.spec : path === second ? a.spec : own])
}

/** The path of the same layer after `swapBlocks(spec, first, second)`, so that parameters move with their blocks. */
export function pathAfterSwap(path: string, first: BlockPath, second: BlockPath): string {
  expectKind(path, 'pathAfterSwap: path', text)
  for (const block of [first, second]) parseBlockPath(block)
  return movedPath(path, (block) => (block === first ? second : block === second ? first : block))!
}

/**
 * Appends blocks to a stage, each like the stage's last block. All earlier paths stay valid. To grow a trained network,
 * see `deepen`.
 * @throws ConfigError for a stage that does not exist, or a number of blocks below 1
 */
export function appendBlocks<H extends AnyHead>(spec: NetworkSpec<H>, stage: number, blocks: number): NetworkSpec<H> {
  expectSpec(spec, 'appendBlocks: spec')
  expectKind(stage, 'appendBlocks: stage', whole(1))
  const last = spec.stages[stage - 1]?.blocks.at(-1)
  if (!last) throw new ConfigError(`${stagePath(stage)}: ${spec.name} has no such stage; it has ${spec.stages.length}`)
  if (!Number.isSafeInteger(blocks) || blocks < 1)
    throw new ConfigError(`${stagePath(stage)}: expected at least 1 block to append, got ${described(blocks)}`)
  const { activateBeforeSplit: _, ...kept } = last
  const added = Array.from({ length: blocks }, (): BlockSpec => ({ ...kept, stride: 1, strideIn: 0 }))
  const stages = spec.stages.map((other, index) =>
    index === stage - 1 ? { blocks: [...other.blocks, ...added] } : other,
  )
  return { ...spec, stages }
}

function blockAt(spec: NetworkSpec, path: BlockPath): PlacedBlock {
  parseBlockPath(path)
  const block = placedBlocks(spec).find((other) => other.path === path)
  if (!block) throw new ConfigError(`${path}: ${spec.name} has no such block; its ${extentText(spec)}`)
  return block
}

/** Replaces each block by a list of blocks. */
function withBlocks<H extends AnyHead>(
  spec: NetworkSpec<H>,
  replace: (block: PlacedBlock) => readonly BlockSpec[],
): NetworkSpec<H> {
  const placed = placedBlocks(spec)
  const stages = spec.stages.map((_, index) => ({
    blocks: placed.filter(({ stage }) => stage === index + 1).flatMap(replace),
  }))
  return { ...spec, stages }
}
