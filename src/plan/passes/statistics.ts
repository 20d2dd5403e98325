/**
 * Splits each batch norm of a training graph into its parts: statistics, which are merged, then the norm itself. If a
 * convolution computes the norm's input, perhaps with a shortcut added, it also takes the statistics while the image is
 * in cache, which saves a pass over memory.
 */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { f32 } from '../../graph/graph.js'
import type { NormAttributes } from '../../ops/batch-norm.js'
import { changed, nodeOf, operandsOf } from '../../ops/operands.js'
import { Rewriter } from '../rewrite.js'
import { bareConvolution } from './bare.js'

/** `bandsOf` returns the number of bands of rows that the engine cuts an image of a batch into. */
export function splitBatchNorm(graph: Graph, bandsOf: (n: number, rows: number) => number): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNorm') continue
    const { x, scale, shift } = operandsOf('batchNorm', norm)
    const [y, mean, variance] = norm.outputs as [Value, Value, Value]
    const [n, c, rows, columns] = x.type.shape as [number, number, number, number]
    const source = findConvolution(rewriter, x)
    const bands = source ? bandsOf(n, rows) : 1
    const statistics = rewriter.value(f32(n * bands, 2, c))
    if (source) {
      const { conv, add, addend } = source
      const taken = { attributes: { bands }, operands: { addend }, outputs: [x, statistics] }
      rewriter.replace(add ? [conv, add] : [conv], [changed('conv2d', conv, taken)])
    }
    const { path } = norm
    const { epsilon } = norm.attributes as NormAttributes
    const vectors = { scale, shift, mean, variance }
    rewriter.replace(
      [norm],
      [
        ...(source ? [] : [nodeOf('imageStatistics', {}, { x }, [statistics], path)]),
        nodeOf('mergeStatistics', { rows, columns, bands }, { statistics }, [mean, variance], path),
        nodeOf('normalise', { epsilon, relu: false }, { x, ...vectors }, [y], path),
      ],
    )
  }
  return rewriter.done()
}

/** The convolution that computes x, or the one whose output only the addition reads that computes x. */
function findConvolution(rewriter: Rewriter, x: Value): { conv: Node; add?: Node; addend?: Value } | undefined {
  const conv = bareConvolution(rewriter, x)
  if (conv) return { conv }
  const add = rewriter.producer(x, 'add')
  for (const value of add?.inputs ?? []) {
    const branch = bareConvolution(rewriter, value)
    const addend = add!.inputs.find((other) => other !== value)
    if (branch && addend && rewriter.onlyConsumer(value, 'add') === add) return { conv: branch, add: add!, addend }
  }
  return undefined
}
