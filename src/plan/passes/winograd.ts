/**
 * Makes the transform of a weight a node of its own, for engines that convolve by Winograd's algorithm. Inference, with
 * fixed weights, then transforms them once.
 */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { f32 } from '../../graph/graph.js'
import { changed, nodeOf, operandsOf } from '../../ops/operands.js'
import { WINOGRAD_POINTS } from '../../ops/window.js'
import { Rewriter } from '../rewrite.js'

/** `suits` tells which convolution nodes the engine computes by this algorithm. */
export function transformWeights(graph: Graph, suits: (node: Node) => boolean): Graph {
  const rewriter = new Rewriter(graph)
  const known = new Map<Value, Value>()
  for (const conv of graph.nodes) {
    if (!suits(conv)) continue
    const { weight } = operandsOf('conv2d', conv)
    const [o, i] = weight.type.shape as [number, number]
    const transformed = known.get(weight) ?? rewriter.value(f32(o, i, WINOGRAD_POINTS, WINOGRAD_POINTS))
    const rewritten = changed('conv2d', conv, { attributes: { winograd: true }, operands: { weight: transformed } })
    const transform = nodeOf('winogradWeight', {}, { weight }, [transformed], conv.path)
    rewriter.replace([conv], known.has(weight) ? [rewritten] : [transform, rewritten])
    known.set(weight, transformed)
  }
  return rewriter.done()
}
