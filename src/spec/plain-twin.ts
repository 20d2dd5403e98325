/** The plain twin: the same network without its shortcuts. */
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
