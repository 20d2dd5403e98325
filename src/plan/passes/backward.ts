/** Fusions of the backward pass. */
import type { Graph, Node, Value } from '../../graph/graph.js'
import { f32 } from '../../graph/graph.js'
import { Rewriter } from '../rewrite.js'

/**
 * Cuts each batchNormGradient, with the reluGradient it reads if there is one, into sums of the gradient, which are
 * merged, and the gradient of the norm's input, which needs them.
 */
export function splitNormGradient(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNormGradient') continue
    const [dz, x, scale, mean, variance] = norm.inputs as [Value, Value, Value, Value, Value]
    const [dx, dscale, dshift] = norm.outputs as [Value, Value, Value]
    const [n, c] = x.type.shape as [number, number]
    const relu = rewriter.producer(dz, 'reluGradient')
    const sums = rewriter.value(f32(n, 2, c))
    const { path, attributes } = norm
    const part = (op: string, inputs: Value[], outputs: Value[], extra = {}): Node => ({
      op,
      attributes: { ...attributes, ...extra },
      inputs,
      outputs,
      path,
    })
    const [dy, y] = (relu?.inputs ?? [dz]) as [Value, Value?]
    const reduce = part('reduceNormGradient', [dy, x, mean, ...(y ? [y] : [])], y ? [sums, dz] : [sums], {
      mask: y ? 'output' : 'none',
    })
    rewriter.replace(relu ? [relu, norm] : [norm], [
      reduce,
      part('mergeNormGradient', [sums, variance], [dscale, dshift]),
      part('applyNormGradient', [dz, x, scale, mean, variance, dscale, dshift], [dx]),
    ])
  }
  return rewriter.done()
}

/** Number of inputs without the addend. */
const hosts: Readonly<Record<string, number>> = { conv2dInputGradient: 2, applyNormGradient: 7 }

/** A gradient that is only added to another gradient is written onto it. */
export function fuseGradientAdd(graph: Graph): Graph {
  const rewriter = new Rewriter(graph)
  for (const node of graph.nodes) {
    if (node.inputs.length !== hosts[node.op]) continue
    const dx = node.outputs[0]!
    const add = rewriter.onlyConsumer(dx, 'add')
    const addend = add?.inputs.find((value) => value !== dx)
    if (!add || !addend || rewriter.producer(addend, 'conv2dInputGradientAdd')) continue
    const op = node.op === 'conv2dInputGradient' ? 'conv2dInputGradientAdd' : node.op
    rewriter.replace([node, add], [{ ...node, op, inputs: [...node.inputs, addend], outputs: add.outputs }])
  }
  return rewriter.done()
}

/**
 * The sums of a norm's gradient are taken by the input gradient that computes what they are of. `bandsOf` tells into how
 * many bands of rows the engine cuts an image of it.
 */
export function fuseReduction(graph: Graph, bandsOf: (gradient: Node) => number): Graph {
  const rewriter = new Rewriter(graph)
  for (const reduce of graph.nodes) {
    if (reduce.op !== 'reduceNormGradient') continue
    const [dy, ...reduction] = reduce.inputs as [Value, ...Value[]]
    const [sums, dz = dy] = reduce.outputs as [Value, Value?]
    const gradient = rewriter.producer(dy, 'conv2dInputGradient') ?? rewriter.producer(dy, 'conv2dInputGradientAdd')
    const merge = rewriter.onlyConsumer(sums, 'mergeNormGradient')
    if (!gradient || !merge) continue
    // Without a mask dz is dy itself, which others may read too.
    if (dz !== dy && rewriter.onlyConsumer(dy, 'reduceNormGradient') !== reduce) continue
    const bands = bandsOf(gradient)
    const [, , c] = sums.type.shape as [number, number, number]
    const parts = rewriter.value(f32(dy.type.shape[0]! * bands, 2, c))
    rewriter.replace(
      [gradient, reduce],
      [
        {
          ...gradient,
          op: `${gradient.op}Reduce`,
          attributes: { ...gradient.attributes, ...reduce.attributes, bands },
          inputs: [...gradient.inputs, ...reduction],
          outputs: [dz, parts],
        },
      ],
    )
    rewriter.replace([merge], [{ ...merge, inputs: [parts, merge.inputs[1]!] }])
  }
  return rewriter.done()
}
