/** What a row of the table of engine cases is. */
import { GraphBuilder } from '../../src/graph/builder.js'
import type { Graph, Value } from '../../src/graph/graph.js'
import type { OpName } from '../../src/ops/index.js'
import { Random } from '../../src/util/random.js'
import { elements } from '../../src/util/shape.js'
import type { Argument } from './single-op.js'
import type { Tolerance } from './tolerances.js'

export interface Case {
  /** The operation whose tolerances hold. */
  readonly op: OpName
  readonly title: string
  readonly graph: Graph
  /** The data of the inputs by name, the same at each call. */
  inputs(): Map<string, Float32Array | Int32Array>
  /** Tolerances of its own, by output. */
  readonly tolerances?: Readonly<Record<string, Tolerance>>
  /** Magnitudes that errors are measured against at least, by output; for outputs that are zero. */
  readonly scales?: Readonly<Record<string, number>>
}

/** A case of several operations: `build` gets the values of the arguments and says which values come out. */
export function compositeCase<Names extends string>(
  op: OpName,
  title: string,
  given: Readonly<Record<Names, Argument>>,
  build: (builder: GraphBuilder, values: Readonly<Record<Names, Value>>) => Readonly<Record<string, Value>>,
): Case {
  const list = Object.entries<Argument>(given)
  const builder = new GraphBuilder()
  const values = list.map(([name, { type, role = 'data' }]) => [name, builder.input(name, role, type)] as const)
  const outputs = build(builder, Object.fromEntries(values) as Record<Names, Value>)
  for (const [name, value] of Object.entries(outputs)) builder.output(name, value)
  return {
    op,
    title,
    graph: builder.build(),
    inputs: () =>
      new Map(list.map(([name, { type, fill }], i) => [name, fill(elements(type.shape), new Random(21, i))])),
  }
}
