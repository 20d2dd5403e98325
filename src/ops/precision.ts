/**
 * Precision of a convolution's operands: as they are, or rounded to bfloat16 (8 bits of significand, to nearest even).
 * All else is float32 in both cases: products, sums, parameters, norms, loss and updates.
 */
import type { Graph } from '../graph/graph.js'

/** The precisions of convolutions: `float32`, or `bf16`, which rounds the operands first. */
export const precisions = ['float32', 'bf16'] as const
/** One of `precisions`. */
export type Precision = (typeof precisions)[number]

/** The unit that multiplies bfloat16 faster: the tile unit (AMX), or instructions for pairs (vdpbf16ps). */
export type Bf16Unit = 'tiles' | 'vectors'

/** Rounds the operands of all convolutions in the forward graph. Gradients derived from it round theirs too. */
export function roundOperands(graph: Graph): Graph {
  return withPrecision(graph, ({ op }) => op === 'conv2d')
}

/** Keeps rounding only where the engine gains speed by it. */
export function keepRounded(graph: Graph, gains: (node: Graph['nodes'][number]) => boolean): Graph {
  return withPrecision(graph, (node) => node.attributes.precision === 'bf16' && gains(node))
}

/** Whether any operation rounds its operands. */
export function isRounded({ nodes }: Graph): boolean {
  return nodes.some(({ attributes }) => attributes.precision === 'bf16')
}

function withPrecision(graph: Graph, rounds: (node: Graph['nodes'][number]) => boolean): Graph {
  const nodes = graph.nodes.map((node) => {
    const { precision, ...attributes } = node.attributes
    if (rounds(node)) return { ...node, attributes: { ...attributes, precision: 'bf16' } }
    return precision === undefined ? node : { ...node, attributes }
  })
  return { ...graph, nodes }
}
