/** Passes that fuse operations of the backward pass. */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { f32 } from '../../graph/graph.js'
import type { NormAttributes } from '../../ops/batch-norm.js'
import { changed, hasOperand, nodeOf, operandsOf } from '../../ops/operands.js'
import { Rewriter } from '../rewrite.js'

/**
 * Splits each batchNormGradient, with the reluGradient that it reads if there is one: sums of the gradient are taken
 * and merged, then the gradient of the norm's input is computed from them.
 */
export function splitNormGradient(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNormGradient') continue
    const { dy: dz, x, scale, mean, variance } = operandsOf('batchNormGradient', norm)
    const [dx, dscale, dshift] = norm.outputs as [Value, Value, Value]
    const [n, c] = x.type.shape as [number, number]
    const relu = rewriter.producer(dz, 'reluGradient')
    const sums = rewriter.value(f32(n, 2, c))
    const attributes = norm.attributes as NormAttributes
    const { dy, y } = relu ? operandsOf('reluGradient', relu) : { dy: dz, y: undefined }
    const apply = { dz, x, scale, mean, variance, dscale, dshift }
    rewriter.replace(relu ? [relu, norm] : [norm], [
      nodeOf('reduceNormGradient', attributes, { dy, x, mean, y }, y ? [sums, dz] : [sums], norm.path),
      nodeOf('mergeNormGradient', attributes, { sums, variance }, [dscale, dshift], norm.path),
      nodeOf('applyNormGradient', attributes, apply, [dx], norm.path),
    ])
  }
  return rewriter.done()
}

/** The operations that can add another gradient to their own. */
const hosts = ['conv2dInputGradient', 'applyNormGradient'] as const

/** Fuses the addition of two gradients into the operation that computes one of them. */
export function fuseGradientAdd(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const node of graph.nodes) {
    const host = hosts.find((op) => op === node.op)
    if (!host || hasOperand(node, 'addend') || hasOperand(node, 'normX')) continue
    const dx = node.outputs[0]!
    const add = rewriter.onlyConsumer(dx, 'add')
    const addend = add?.inputs.find((value) => value !== dx)
    if (!add || !addend) continue
    rewriter.replace([node, add], [changed(host, node, { operands: { addend }, outputs: add.outputs })])
  }
  return rewriter.done()
}

/**
 * Lets the operation that computes an input gradient also take its sums for the norm. `bandsOf` returns the number of
 * bands of rows that the engine cuts an image into.
 */
export function fuseReduction(graph: Graph, bandsOf: (gradient: Node) => number): Graph {
  const rewriter = new Rewriter(graph)
  for (const reduce of graph.nodes) {
    if (reduce.op !== 'reduceNormGradient') continue
    const { dy, x, mean, y, scale, shift, variance } = operandsOf('reduceNormGradient', reduce)
    const [sums, dz = dy] = reduce.outputs as [Value, Value?]
    const gradient = rewriter.producer(dy, 'conv2dInputGradient')
    const merge = rewriter.onlyConsumer(sums, 'mergeNormGradient')
    if (!gradient || hasOperand(gradient, 'normX') || !merge) continue
    // Without a mask dz is dy itself, which other nodes may read too.
    if (dz !== dy && rewriter.onlyConsumer(dy, 'reduceNormGradient') !== reduce) continue
    const bands = bandsOf(gradient)
    const [, , c] = sums.type.shape as [number, number, number]
    const parts = rewriter.value(f32(dy.type.shape[0]! * bands, 2, c))
    const { epsilon } = reduce.attributes as NormAttributes
    rewriter.replace(
      [gradient, reduce],
      [
        changed('conv2dInputGradient', gradient, {
          attributes: { normEpsilon: epsilon, bands },
          operands: { normX: x, normMean: mean, normY: y, normScale: scale, normShift: shift, normVariance: variance },
          outputs: [dz, parts],
        }),
      ],
    )
    rewriter.replace([merge], [changed('mergeNormGradient', merge, { operands: { sums: parts } })])
  }
  return rewriter.done()
}
