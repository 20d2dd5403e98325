/** The plain twin: the same network without its shortcuts. */
import { type SpecHeads, specHeadOf, specHeads } from './heads/index.js'
import type { AnyHead, BlockSpec, NetworkSpec } from './spec.js'

/**
 * The same network without shortcuts: equal depth and widths, and with option A equal parameters. A net that gives
 * pictures also loses the shortcut of its head.
 */
export function plainTwin<H extends AnyHead>(spec: NetworkSpec<H>, heads: SpecHeads = specHeads): NetworkSpec<H> {
  const head = specHeadOf(spec.head, heads).plainTwin(spec.head) as H // a head and its twin have one kind
  return { ...plainBlocks(spec), head }
}

/** The same, but leaves the head as it is. Pages that import only presets need no table of heads. */
export function plainBlocks<H extends AnyHead>(spec: NetworkSpec<H>): NetworkSpec<H> {
  const name = spec.name.startsWith('resnet') ? spec.name.replace('resnet', 'plain') : `plain-${spec.name}`
  const stages = spec.stages.map(({ blocks }) => ({ blocks: blocks.map(withoutShortcut) }))
  return { ...spec, name: spec.name.startsWith('plain') ? spec.name : name, stages }
}

function withoutShortcut({ branch, stride, strideIn, order, norm }: BlockSpec): BlockSpec {
  return { branch, stride, strideIn, order, shortcut: 'none', ...(norm !== undefined && { norm }) }
}
