/** Pure functions from a spec to a changed one: the plain twin, and blocks removed. */
import { ConfigError, ShapeError } from '../util/errors.js'
import { placedBlocks } from './blocks.js'
import { type BlockPath, blockPath, parseBlockPath } from './paths.js'
import type { BlockSpec, HeadSpec, NetworkSpec } from './spec.js'

/**
 * The same network without shortcuts: equal depth and widths, and with option A equal parameters too. A net that gives
 * pictures loses the shortcut of its head as well.
 */
export function plainTwin(spec: NetworkSpec): NetworkSpec {
  const name = spec.name.startsWith('resnet') ? spec.name.replace('resnet', 'plain') : `plain-${spec.name}`
  const stages = spec.stages.map(({ blocks }) => ({ blocks: blocks.map(withoutShortcut) }))
  const head: HeadSpec = 'kind' in spec.head ? { ...spec.head, shortcut: 'none' } : spec.head
  return { ...spec, name: spec.name.startsWith('plain') ? spec.name : name, stages, head }
}

function withoutShortcut({ branch, stride, strideIn, order, norm }: BlockSpec): BlockSpec {
  return { branch, stride, strideIn, order, shortcut: 'none', ...(norm === undefined ? {} : { norm }) }
}

/**
 * The network without one block; the later blocks of its stage move up by one, see `pathAfterRemoval`.
 * Throws a ConfigError if there is no such block or if it is its stage's only one, a ShapeError if the block changes
 * sizes, so that its neighbours would not fit together.
 */
export function removeBlock(spec: NetworkSpec, path: BlockPath): NetworkSpec {
  const { stage } = parseBlockPath(path)
  const placed = placedBlocks(spec)
  const block = placed.find((other) => other.path === path)
  if (!block) throw new ConfigError(`${path}: ${spec.name} has no such block; its ${extentText(spec)}`)
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
  const kept = placed.filter((other) => other.stage === stage && other.path !== path).map((other) => other.spec)
  return { ...spec, stages: spec.stages.map((other, index) => (index === stage - 1 ? { blocks: kept } : other)) }
}

/**
 * What a path of a network is called after `removeBlock(spec, removed)`: undefined for what was removed. So the
 * parameters of the whole network find their places in the lesioned one.
 */
export function pathAfterRemoval(path: string, removed: BlockPath): string | undefined {
  const gone = parseBlockPath(removed)
  const match = /^stage(\d+)\.block(\d+)(?=\.|$)/.exec(path)
  if (!match || Number(match[1]) !== gone.stage || Number(match[2]) < gone.block) return path
  if (Number(match[2]) === gone.block) return undefined
  return blockPath(gone.stage, Number(match[2]) - 1) + path.slice(match[0].length)
}

function extentText(spec: NetworkSpec): string {
  return `stages have ${spec.stages.map(({ blocks }) => blocks.length).join(', ')} blocks`
}
