/**
 * What follows a convolution channel by channel goes into it: its bias and, for inference, batch norm. The folding of a
 * norm runs once, in the setup.
 */
import { f32, type Graph, type Value } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

export function foldBatchNorms(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNormInference') continue
    const [y, ...statistics] = norm.inputs as [Value, Value, Value, Value, Value]
    const conv = rewriter.producer(y, 'conv2d')
    if (!conv || rewriter.onlyConsumer(y, 'batchNormInference') !== norm) continue
    const [x, weight] = conv.inputs as [Value, Value]
    const folded = rewriter.value(weight.type)
    const bias = rewriter.value(f32(weight.type.shape[0]!))
    rewriter.replace(
      [conv, norm],
      [
        {
          op: 'foldBatchNorm',
          attributes: norm.attributes,
          inputs: [weight, ...statistics],
          outputs: [folded, bias],
          path: norm.path,
        },
        {
          op: 'conv2dActivation',
          attributes: { ...conv.attributes, relu: false },
          inputs: [x, folded, bias],
          outputs: norm.outputs,
          path: conv.path,
        },
      ],
    )
  }
  return rewriter.done()
}

/** The bias of a convolution is added by the convolution itself; those that multiply rounded operands know none. */
export function foldBiases(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const sum of graph.nodes) {
    if (sum.op !== 'addBias') continue
    const [y, bias] = sum.inputs as [Value, Value]
    const conv = rewriter.producer(y, 'conv2d')
    if (!conv || conv.attributes.precision || rewriter.onlyConsumer(y, 'addBias') !== sum) continue
    rewriter.replace(
      [conv, sum],
      [
        {
          op: 'conv2dActivation',
          attributes: { ...conv.attributes, relu: false },
          inputs: [...conv.inputs, bias],
          outputs: sum.outputs,
          path: conv.path,
        },
      ],
    )
  }
  return rewriter.done()
}
