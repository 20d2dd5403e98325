/** Takes the addition of a shortcut and the ReLU into the node before them: normalise, or a folded convolution. */
import type { Graph } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

/** Number of inputs without the residual. */
const hosts: Readonly<Record<string, number>> = { normalise: 5, conv2dActivation: 3 }

export function fuseAdd(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const node of graph.nodes) {
    const y = node.outputs[0]!
    if (node.inputs.length !== hosts[node.op] || node.attributes.relu) continue
    const add = rewriter.onlyConsumer(y, 'add')
    if (!add) continue
    const residual = add.inputs.find((value) => value !== y)
    if (!residual) continue
    rewriter.replace(
      [node, add],
      [{ ...node, inputs: [...node.inputs, residual], outputs: [add.outputs[0]!, ...node.outputs.slice(1)] }],
    )
  }
  return rewriter.done()
}

export function fuseRelu(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const node of graph.nodes) {
    if (!(node.op in hosts) || node.attributes.relu) continue
    const relu = rewriter.onlyConsumer(node.outputs[0]!, 'relu')
    if (!relu) continue
    rewriter.replace(
      [node, relu],
      [
        {
          ...node,
          attributes: { ...node.attributes, relu: true },
          outputs: [relu.outputs[0]!, ...node.outputs.slice(1)],
        },
      ],
    )
  }
  return rewriter.done()
}
