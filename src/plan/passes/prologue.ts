/**
 * Fuses a training norm into its readers, if these are only convolutions and their gradients, so that its output is
 * never stored. Forward convolutions and weight gradients normalise their input while they read it. The mask of the
 * ReLU is found by computing the norm again. So a residual branch keeps only the outputs of its convolutions.
 */
import type { Graph, Node } from '../../graph/graph.js'
import type { NormaliseAttributes } from '../../ops/fused-norm.js'
import { changed, hasOperand, operandOf, operandsOf } from '../../ops/operands.js'
import { Rewriter } from '../rewrite.js'

/** A kind of operation that reads the output of a norm and can do without it. */
interface Reader {
  /** The operand that may be the norm's output. */
  readonly operand: string
  /** Whether this node can fuse this norm. */
  suits(reader: Node, norm: Node): boolean
  /** Makes the node read the norm's input instead of its output. */
  rewrite(reader: Node, norm: Node): Node
}

/** Operands and attributes of a convolution or weight gradient that normalises its input x. */
function inputNorm(norm: Node) {
  const { x, scale, shift, mean, variance } = operandsOf('normalise', norm)
  const { epsilon, relu } = norm.attributes as NormaliseAttributes
  return {
    operands: { x, normScale: scale, normShift: shift, normMean: mean, normVariance: variance },
    attributes: { normEpsilon: epsilon, normRelu: relu },
  }
}

const readers: Readonly<Record<string, Reader>> = {
  conv2d: {
    operand: 'x',
    suits: (conv) => conv.attributes.bands !== undefined && !hasOperand(conv, 'normScale'),
    rewrite: (conv, norm) => changed('conv2d', conv, inputNorm(norm)),
  },
  conv2dWeightGradient: {
    operand: 'x',
    suits: (gradient) => !hasOperand(gradient, 'normScale'),
    rewrite: (gradient, norm) => changed('conv2dWeightGradient', gradient, inputNorm(norm)),
  },
  reduceNormGradient: {
    operand: 'y',
    // The mask is computed from the norm's own input and mean, and only if there is a ReLU.
    suits: (reduce, norm) =>
      norm.attributes.relu === true && operandsOf('reduceNormGradient', reduce).x === operandsOf('normalise', norm).x,
    rewrite: (reduce, norm) => {
      const { scale, shift, variance } = operandsOf('normalise', norm)
      return changed('reduceNormGradient', reduce, { operands: { y: undefined, scale, shift, variance } })
    },
  },
}

/** Whether a node reads y only as the operand that can be replaced. */
function reads(node: Node, norm: Node): boolean {
  const reader = readers[node.op]
  if (!reader?.suits(node, norm)) return false
  const y = norm.outputs[0]!
  return operandOf(node, reader.operand) === y && node.inputs.filter((value) => value === y).length === 1
}

/** `suits` tells which readers the engine can fuse a norm into. */
export function fuseNormalise(graph: Graph, suits: (reader: Node) => boolean): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'normalise' || hasOperand(norm, 'addend')) continue
    const y = norm.outputs[0]!
    const consumers = rewriter.consumers(y)
    if (rewriter.kept(y) || consumers.length === 0) continue
    if (!consumers.every((reader) => reads(reader, norm) && suits(reader))) continue
    rewriter.replace([norm], [])
    for (const reader of consumers) rewriter.replace([reader], [readers[reader.op]!.rewrite(reader, norm)])
  }
  return rewriter.done()
}
