/** Finds convolutions that no pass has fused with anything yet. */
import type { Node, Value } from '../../graph/graph.js'
import type { Rewriter } from '../rewrite.js'

/** The convolution that computes a value, if its only operands are x and weight. */
export function bareConvolution(rewriter: Rewriter, value: Value): Node | undefined {
  const conv = rewriter.producer(value, 'conv2d')
  const isBare = conv && !conv.named?.length && !conv.attributes.relu && conv.attributes.bands === undefined
  return isBare ? conv : undefined
}
