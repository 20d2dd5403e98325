/**
 * Cuts each batch norm of a training graph into its parts: statistics, which are merged, then the norm itself. Where a
 * convolution computes what is normalised, perhaps with a shortcut added, it takes the statistics itself while the image
 * is in cache, which saves a pass over memory.
 */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { f32 } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

/** `bandsOf` tells into how many bands of rows the engine cuts an image of a batch. */
export function splitBatchNorm(graph: Graph, bandsOf: (n: number, rows: number) => number): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNorm') continue
    const [x, scale, shift] = norm.inputs as [Value, Value, Value]
    const [y, mean, variance] = norm.outputs as [Value, Value, Value]
    const [n, c, rows, columns] = x.type.shape as [number, number, number, number]
    const source = findConvolution(rewriter, x)
    const bands = source ? bandsOf(n, rows) : 1
    const statistics = rewriter.value(f32(n * bands, 2, c))
    if (source) {
      const { conv, add, residual } = source
      rewriter.replace(add ? [conv, add] : [conv], [
        {
          ...conv,
          op: 'conv2dStatistics',
          attributes: { ...conv.attributes, bands, ...(residual && { add: true }) },
          inputs: [...conv.inputs, ...(residual ? [residual] : [])],
          outputs: [x, statistics],
        },
      ])
    }
    const { path, attributes } = norm
    const part = (op: string, extra: object, inputs: Value[], outputs: Value[]) =>
      ({ op, attributes: extra, inputs, outputs, path }) as Node
    rewriter.replace(
      [norm],
      [
        ...(source ? [] : [part('imageStatistics', {}, [x], [statistics])]),
        part('mergeStatistics', { rows, columns, bands }, [statistics], [mean, variance]),
        part('normalise', { ...attributes, relu: false }, [x, scale, shift, mean, variance], [y]),
      ],
    )
  }
  return rewriter.done()
}

/** The convolution that computes x, or one whose output is only read by the addition that does. */
function findConvolution(rewriter: Rewriter, x: Value): { conv: Node; add?: Node; residual?: Value } | undefined {
  const conv = rewriter.producer(x, 'conv2d')
  if (conv) return { conv }
  const add = rewriter.producer(x, 'add')
  for (const value of add?.inputs ?? []) {
    const branch = rewriter.producer(value, 'conv2d')
    const residual = add!.inputs.find((other) => other !== value)
    if (branch && residual && rewriter.onlyConsumer(value, 'add') === add) return { conv: branch, add: add!, residual }
  }
  return undefined
}
