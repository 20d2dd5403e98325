/** Lists the parameters and running statistics of a network, from its graph. */
import * as kinds from '../graph/expect.js'
import type { Graph } from '../graph/graph.js'
import { expectKind } from '../util/expect.js'
import type { Shape } from '../util/shape.js'

/** One learned tensor or running statistic of a network. */
export interface ParameterInfo {
  /** For example `stage1.block2.conv1.weight`. */
  readonly path: string
  /** Whether it is learned (`parameter`) or a running statistic (`buffer`). */
  readonly role: 'parameter' | 'buffer'
  /**
   * Weights of convolutions are [out, in, height, width], of the classifier [classes, features]; all others are
   * [channels].
   */
  readonly shape: Shape
}

/** All parameters and buffers, in the order of the network. */
export function parametersOf(graph: Graph): ParameterInfo[] {
  expectKind(graph, 'parametersOf: graph', kinds.graph)
  return graph.inputs.flatMap(({ name, role, value }) =>
    role === 'parameter' || role === 'buffer' ? [{ path: name, role, shape: value.type.shape }] : [],
  )
}
