/** The plain twin: the same network without its shortcuts. */
import { type SpecHeads, specHeadOf, specHeads } from './heads/index.js'
import type { AnyHead, BlockSpec, NetworkSpec } from './spec.js'

/**
 * The same network without shortcuts: equal depth and widths, and with option A equal parameters too. A net that gives
 * pictures loses the shortcut of its head as well.
 */
export function plainTwin<H extends AnyHead>(spec: NetworkSpec<H>, heads: SpecHeads = specHeads): NetworkSpec<H> {
  return twinWith(spec, specHeadOf(spec.head, heads).plainTwin(spec.head) as H) // a head and its twin are of one kind
}

/** The same where the head of the twin is known, as of presets: pages that import these alone do without the table. */
export function twinWith<H extends AnyHead>(spec: NetworkSpec<H>, head = spec.head): NetworkSpec<H> {
  const name = spec.name.startsWith('resnet') ? spec.name.replace('resnet', 'plain') : `plain-${spec.name}`
  const stages = spec.stages.map(({ blocks }) => ({ blocks: blocks.map(withoutShortcut) }))
  return { ...spec, name: spec.name.startsWith('plain') ? spec.name : name, stages, head }
}

function withoutShortcut({ branch, stride, strideIn, order, norm }: BlockSpec): BlockSpec {
  return { branch, stride, strideIn, order, shortcut: 'none', ...(norm === undefined ? {} : { norm }) }
}
