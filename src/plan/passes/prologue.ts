/**
 * A training norm whose output only convolutions and their gradients read is never written down: forward convolutions
 * and weight gradients normalise their input while they read it, and the mask of the ReLU is found by computing the norm
 * again. So of a residual branch only the outputs of its convolutions are kept.
 */
import type { Graph, Node } from '../../graph/graph.js'
import type { NormaliseAttributes } from '../../ops/fused-norm.js'
import { changed, hasOperand, operandOf, operandsOf } from '../../ops/operands.js'
import { Rewriter } from '../rewrite.js'

/** How an operation that can do without the output of a norm reads it. */
interface Reader {
  /** The operand that may be the norm's output. */
  readonly operand: string
  /** Whether this node can take this norm in. */
  suits(reader: Node, norm: Node): boolean
  /** Makes a reader of the norm's output one of its input. */
  rewrite(reader: Node, norm: Node): Node
}

/** The operands and attributes of a convolution or weight gradient that normalises x on the way in. */
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
    // A mask is found again from the norm's own input and mean, and only where there is a ReLU.
    suits: (reduce, norm) =>
      norm.attributes.relu === true && operandsOf('reduceNormGradient', reduce).x === operandsOf('normalise', norm).x,
    rewrite: (reduce, norm) => {
      const { scale, shift, variance } = operandsOf('normalise', norm)
      return changed('reduceNormGradient', reduce, { operands: { y: undefined, scale, shift, variance } })
    },
  },
}

/** Whether a node reads y in the place where it can be replaced, and nowhere else. */
function reads(node: Node, norm: Node): boolean {
  const reader = readers[node.op]
  if (!reader?.suits(node, norm)) return false
  const y = norm.outputs[0]!
  return operandOf(node, reader.operand) === y && node.inputs.filter((value) => value === y).length === 1
}

/** `suits` tells which readers the engine can give a norm. */
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
