/** Fusions of the backward pass. */
import type { Graph, Value } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

/** reluGradient and the batchNormGradient that reads it become one: the mask costs no pass of its own. */
export function fuseNormGradient(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNormGradient') continue
    const [dz, ...rest] = norm.inputs as [Value, ...Value[]]
    const mask = rewriter.producer(dz, 'reluGradient')
    if (!mask) continue
    const keep = rewriter.consumers(dz).length > 1
    rewriter.replace(
      [mask, norm],
      [
        {
          ...norm,
          op: 'normaliseGradient',
          attributes: { ...norm.attributes, keep },
          inputs: [...mask.inputs, ...rest],
          outputs: keep ? [...norm.outputs, dz] : norm.outputs,
        },
      ],
    )
  }
  return rewriter.done()
}

/** An input gradient that is only added to another gradient is written onto it. */
export function fuseGradientAdd(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const conv of graph.nodes) {
    if (conv.op !== 'conv2dInputGradient') continue
    const dx = conv.outputs[0]!
    const add = rewriter.onlyConsumer(dx, 'add')
    const addend = add?.inputs.find((value) => value !== dx)
    if (!add || !addend || rewriter.producer(addend, 'conv2dInputGradientAdd')) continue
    rewriter.replace(
      [conv, add],
      [{ ...conv, op: 'conv2dInputGradientAdd', inputs: [...conv.inputs, addend], outputs: add.outputs }],
    )
  }
  return rewriter.done()
}
