/** Fuses the addition of a shortcut and the ReLU into the node before them: normalise, or a convolution with a bias. */
import type { Graph, Node } from '../../graph/graph.js'
import { changed, hasOperand } from '../../ops/operands.js'
import { Rewriter } from '../rewrite.js'

/** The operation of a node that can fuse more into it; undefined for others. Its ReLU and its statistics come last. */
function hostOf(node: Node): 'normalise' | 'conv2d' | undefined {
  if (node.attributes.relu || node.attributes.bands !== undefined) return undefined
  if (node.op === 'normalise') return node.op
  return node.op === 'conv2d' && hasOperand(node, 'bias') ? node.op : undefined
}

export function fuseAdd(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const node of graph.nodes) {
    const host = hostOf(node)
    if (!host || hasOperand(node, 'addend')) continue
    const [y, ...rest] = node.outputs
    const add = rewriter.onlyConsumer(y!, 'add')
    const addend = add?.inputs.find((value) => value !== y)
    if (!add || !addend) continue
    rewriter.replace([node, add], [changed(host, node, { operands: { addend }, outputs: [add.outputs[0]!, ...rest] })])
  }
  return rewriter.done()
}

export function fuseRelu(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const node of graph.nodes) {
    const host = hostOf(node)
    if (!host) continue
    const [y, ...rest] = node.outputs
    const relu = rewriter.onlyConsumer(y!, 'relu')
    if (!relu) continue
    rewriter.replace(
      [node, relu],
      [changed(host, node, { attributes: { relu: true }, outputs: [relu.outputs[0]!, ...rest] })],
    )
  }
  return rewriter.done()
}
