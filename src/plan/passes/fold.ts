/**
 * Folds channel-wise operations into the convolution before them: the bias and, for inference, batch norm. The folding
 * of a norm runs once, in the setup.
 */
import { f32, type Graph } from '../../graph/graph.js'
import type { NormAttributes } from '../../ops/batch-norm.js'
import { changed, nodeOf, operandsOf } from '../../ops/operands.js'
import { Rewriter } from '../rewrite.js'
import { bareConvolution } from './bare.js'

export function foldBatchNorms(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNormInference') continue
    const { x: y, ...vectors } = operandsOf('batchNormInference', norm)
    const conv = bareConvolution(rewriter, y)
    if (!conv || rewriter.onlyConsumer(y, 'batchNormInference') !== norm) continue
    const { weight } = operandsOf('conv2d', conv)
    const folded = rewriter.value(weight.type)
    const bias = rewriter.value(f32(weight.type.shape[0]!))
    const attributes = norm.attributes as NormAttributes
    rewriter.replace(
      [conv, norm],
      [
        nodeOf('foldBatchNorm', attributes, { weight, ...vectors }, [folded, bias], norm.path),
        changed('conv2d', conv, { operands: { weight: folded, bias }, outputs: norm.outputs }),
      ],
    )
  }
  return rewriter.done()
}

/** Fuses the bias into its convolution. Convolutions that multiply rounded operands take no bias. */
export function foldBiases(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const sum of graph.nodes) {
    if (sum.op !== 'addBias') continue
    const { x: y, bias } = operandsOf('addBias', sum)
    const conv = bareConvolution(rewriter, y)
    if (!conv || conv.attributes.precision || rewriter.onlyConsumer(y, 'addBias') !== sum) continue
    rewriter.replace([conv, sum], [changed('conv2d', conv, { operands: { bias }, outputs: sum.outputs })])
  }
  return rewriter.done()
}
