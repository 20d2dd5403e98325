/**
 * Splits each batch norm of a training graph into statistics and normalisation; where a convolution computes what is
 * normalised, it takes the statistics itself while the image is in cache, which saves a pass over memory.
 */
import type { Graph, Value } from '../../graph/graph.js'
import { f32 } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

/** `bandsOf` tells into how many bands of rows the engine cuts an image of a batch. */
export function splitBatchNorm(graph: Graph, bandsOf: (n: number, rows: number) => number): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNorm') continue
    const [x, scale, shift] = norm.inputs as [Value, Value, Value]
    const [n, c, h] = x.type.shape as [number, number, number]
    const conv = rewriter.producer(x, 'conv2d')
    const bands = conv ? bandsOf(n, h) : 1
    const statistics = rewriter.value(f32(n * bands, 2, c))
    if (conv)
      rewriter.replace(
        [conv],
        [
          {
            ...conv,
            op: 'conv2dStatistics',
            attributes: { ...conv.attributes, bands },
            outputs: [...conv.outputs, statistics],
          },
        ],
      )
    const normalise = {
      ...norm,
      op: 'normalise',
      attributes: { ...norm.attributes, relu: false },
      inputs: [x, statistics, scale, shift],
    }
    const before = conv
      ? []
      : [{ op: 'imageStatistics', attributes: {}, inputs: [x], outputs: [statistics], path: norm.path }]
    rewriter.replace([norm], [...before, normalise])
  }
  return rewriter.done()
}
