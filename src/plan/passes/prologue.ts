/**
 * A training norm whose output only convolutions and their gradients read is never written down: forward convolutions
 * and weight gradients normalise their input while they read it, and what the ReLU let through is told by computing the
 * norm again. So of a residual branch only the outputs of its convolutions are kept.
 */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

/** Makes a reader of y one of x, which it normalises itself. */
type Rewrite = (reader: Node, norm: Node) => Node
const vectorsOf = ({ inputs }: Node) => inputs.slice(1) // scale, shift, mean, variance

const readers: Readonly<Record<string, Rewrite>> = {
  conv2dStatistics: (reader, norm) => ({
    ...reader,
    attributes: { ...reader.attributes, ...norm.attributes },
    inputs: [norm.inputs[0]!, ...reader.inputs.slice(1), ...vectorsOf(norm)],
  }),
  conv2dWeightGradient: (reader, norm) => ({
    ...reader,
    op: 'conv2dWeightGradientNormalised',
    attributes: { ...reader.attributes, ...norm.attributes },
    inputs: [norm.inputs[0]!, ...reader.inputs.slice(1), ...vectorsOf(norm)],
  }),
  reduceNormGradient: (reader, norm) => {
    const [, scale, shift, , variance] = norm.inputs as [Value, Value, Value, Value, Value]
    return {
      ...reader,
      attributes: { ...reader.attributes, mask: 'norm' },
      inputs: [...reader.inputs.slice(0, 3), scale, shift, variance],
    }
  },
}

/** Whether a node reads y in the place where it can be replaced, and nowhere else. */
function reads({ op, inputs, attributes }: Node, norm: Node): boolean {
  const y = norm.outputs[0]!
  const place = op === 'reduceNormGradient' ? 3 : 0
  if (op === 'conv2dStatistics' && attributes.epsilon !== undefined) return false
  // A mask is found again from the norm's own input and mean, and only where there is a ReLU.
  if (op === 'reduceNormGradient' && !(norm.attributes.relu && inputs[1] === norm.inputs[0])) return false
  return op in readers && inputs[place] === y && inputs.filter((value) => value === y).length === 1
}

/** `suits` tells which readers the engine can give a norm. */
export function fuseNormalise(graph: Graph, suits: (reader: Node) => boolean): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'normalise' || norm.inputs.length !== 5) continue
    const y = norm.outputs[0]!
    const consumers = rewriter.consumers(y)
    if (rewriter.kept(y) || consumers.length === 0) continue
    if (!consumers.every((reader) => reads(reader, norm) && suits(reader))) continue
    rewriter.replace([norm], [])
    for (const reader of consumers) rewriter.replace([reader], [readers[reader.op]!(reader, norm)])
  }
  return rewriter.done()
}
