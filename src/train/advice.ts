/** Mistakes that break nothing and cost points: what to say of them before a training begins. */
import type { NetworkSpec } from '../spec/spec.js'

/** Sentences for people; empty when all is well. */
export function adviceFor(spec: NetworkSpec): string[] {
  const stem = spec.stem.reduce((stride, layer) => stride * (('stride' in layer && layer.stride) || 1), 1)
  const stride = spec.stages.flatMap(({ blocks }) => blocks).reduce((product, block) => product * block.stride, stem)
  const { height, width } = spec.input
  const last = Math.ceil(Math.min(height, width) / stride)
  if (stem === 1 || last >= 4) return []
  return [
    `${spec.name} has a stem for large pictures: it shrinks ${height}x${width} by ${stem} at once and to ` +
      `${Math.ceil(height / stride)}x${Math.ceil(width / stride)} in the end; nets such as resnet20 or resnet56 suit small pictures`,
  ]
}
