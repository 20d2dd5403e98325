/** The cost of a network: params, MACs and acts per layer, counted on its inference graph. */

import { opOf } from '../ops/index.js'
import { expectSpec } from '../spec/expect-spec.js'
import type { NetworkSpec } from '../spec/spec.js'
import { elements, type Shape } from '../util/shape.js'
import { forwardGraph } from './forward.js'
import { type Heads, heads as ownHeads } from './heads/index.js'

export interface Cost {
  /** Number of learned numbers. Running statistics do not count. */
  readonly params: number
  /** Multiply-adds of convolutions and the classifier for one picture. FLOPs are twice as many. */
  readonly macs: number
  /** Number of outputs of convolutions and the classifier for one picture. */
  readonly acts: number
}

export interface LayerCost extends Cost {
  readonly path: string
  readonly op: string
  /** Shape for one picture: channels, height, width; or features. */
  readonly inputShape: Shape
  readonly outputShape: Shape
}

/** The cost of a network, in total and per layer. */
export interface Complexity extends Cost {
  /** In the order of computation. */
  readonly layers: readonly LayerCost[]
}

/**
 * Counts the cost of a network.
 * @param heads the known kinds of heads, by default those of this package
 */
export function complexity(spec: NetworkSpec, heads: Heads = ownHeads): Complexity {
  expectSpec(spec, 'complexity: spec', heads)
  const graph = forwardGraph(spec, { batch: 1, mode: 'inference', heads })
  const parameters = new Set(graph.inputs.filter(({ role }) => role === 'parameter').map(({ value }) => value))
  const layers = graph.nodes.map((node): LayerCost => {
    const { macs } = opOf(node).cost(
      node.inputs.map(({ type }) => type),
      node.outputs.map(({ type }) => type),
      node.attributes,
    )
    const outputShape = node.outputs[0]!.type.shape.slice(1)
    return {
      path: node.path,
      op: node.op,
      inputShape: node.inputs[0]!.type.shape.slice(1),
      outputShape,
      params: node.inputs
        .filter((value) => parameters.has(value))
        .reduce((sum, { type }) => sum + elements(type.shape), 0),
      macs,
      acts: macs > 0 ? elements(outputShape) : 0,
    }
  })
  return { layers, ...totalCost(layers) }
}

export function totalCost(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, { params, macs, acts }) => ({ params: sum.params + params, macs: sum.macs + macs, acts: sum.acts + acts }),
    { params: 0, macs: 0, acts: 0 },
  )
}
