/** Graphs of anybody's that break a rule are refused in words. */
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph } from '../../src/graph/graph.js'
import { expectGraph, ops } from '../../src/ops/index.js'
import { emit } from '../../src/ops/op.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { stepGraph } from '../../src/train/step/step.js'

const built = (): Graph => {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(1, 2, 4, 4))
  const weight = builder.input('w', 'parameter', f32(2, 2, 3, 3))
  const attributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as const
  builder.output('y', emit(builder, ops.conv2d, attributes, [x, weight], 'stem')[0]!)
  return builder.build()
}
const remedy = 'build graphs with GraphBuilder and emit'

describe('a graph is refused', () => {
  const graph = built()
  const node = graph.nodes[0]!
  const other = { id: 99, type: f32(1, 2, 3, 3) }

  test.each<[string, Graph, string]>([
    [
      'whose operation does not exist',
      { ...graph, nodes: [{ ...node, op: 'fold' }] },
      `no operation is named fold; ${remedy}`,
    ],
    [
      'that reads a value before it exists',
      { ...graph, inputs: graph.inputs.slice(1) },
      `conv2d at stem uses value 0 before it exists; ${remedy}`,
    ],
    [
      'whose output nobody computes',
      { ...graph, outputs: [{ name: 'y', value: other }] },
      `output y is not computed; ${remedy}`,
    ],
    [
      'whose node has other outputs than its rule gives',
      { ...graph, nodes: [{ ...node, outputs: [other] }], outputs: [] },
      `conv2d at stem has other outputs than its shape rule gives; ${remedy}`,
    ],
    [
      'whose attributes are missing',
      { ...graph, nodes: [{ ...node, attributes: {} }] },
      'an operation cannot read its operands or attributes (',
    ],
  ])('%s', (_, broken, message) => {
    expect(() => expectGraph(broken, 'differentiate: graph')).toThrow(`differentiate: graph: ${message}`)
  })

  test('without a loss, as a step of a training', () => {
    expect(() => stepGraph([built()], completeRecipe({}))).toThrow(
      'differentiate: the graph has no output named loss; it has y',
    )
    expect(() => stepGraph([built(), built()], completeRecipe({}))).toThrow(
      'stepGraph: expected a graph with a scalar output named loss; give it out with output()',
    )
  })
})
