/**
 * The operands of a convolution, as they are or rounded to bfloat16 (8 bits of significand, nearest even).
 * Products and sums are float32 in both cases, and so is all else: parameters, norms, loss, updates.
 */
import type { Graph } from '../graph/graph.js'

/** The precisions that convolutions can multiply in: `float32`, or `bf16`, whose operands are rounded first. */
export const precisions = ['float32', 'bf16'] as const
/** One of `precisions`. */
export type Precision = (typeof precisions)[number]

/** The unit that multiplies bfloat16 faster: the tile unit (AMX), or instructions that multiply pairs (vdpbf16ps). */
export type Bf16Unit = 'tiles' | 'vectors'

/** The forward graph with all convolutions rounded. Their gradients, derived from it, are rounded too. */
export function roundOperands(graph: Graph): Graph {
  return withPrecision(graph, ({ op }) => op === 'conv2d')
}

/** Where the engine gains nothing by it, operands stay as they are. */
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
