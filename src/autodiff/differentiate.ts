/**
 * Reverse-mode differentiation, from graph to graph: appends the nodes that compute the gradients of a scalar output.
 * It visits only nodes on a path from the wanted values to that output. Each gradient is an ordinary value.
 */
import { GraphBuilder } from '../graph/builder.js'
import * as kinds from '../graph/expect.js'
import type { Graph, Node, Value } from '../graph/graph.js'
import { add } from '../ops/add.js'
import { fill } from '../ops/fill.js'
import { expectGraph, opOf, verify } from '../ops/index.js'
import { emit, placed } from '../ops/op.js'
import { ConfigError } from '../util/errors.js'
import { callback, expectKind, text } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { sameShape, shapeText } from '../util/shape.js'

/** A graph with gradients: each is an ordinary value of it. */
export interface Differentiated {
  readonly graph: Graph
  /** The gradient of each wanted value; zeros for a value that the output does not depend on. */
  readonly gradients: ReadonlyMap<Value, Value>
}

/**
 * Differentiates the scalar output named `output` with respect to `wrt`.
 * @throws ConfigError if the graph has no such output, it is no scalar, an operation on the way has no gradient, or an
 * argument is of the wrong kind
 */
export function differentiate(graph: Graph, output: string, wrt: readonly Value[]): Differentiated {
  expectGraph(graph, 'differentiate: graph')
  expectKind(output, 'differentiate: output', text)
  expectValues(graph, wrt, 'differentiate: wrt')
  const target = graph.outputs.find(({ name }) => name === output)?.value
  if (!target)
    throw new ConfigError(
      `differentiate: the graph has no output named ${printable(output)}; it has ${graph.outputs.map(({ name }) => name).join(', ') || 'none'}`,
    )
  if (target.type.shape.length > 0)
    throw new ConfigError(
      `differentiate: expected a scalar output, and ${output} has the shape ${shapeText(target.type.shape)}; take its sum or its mean`,
    )

  const builder = new GraphBuilder(graph)
  const one = emit(builder, fill, { shape: [], value: 1 }, [], 'gradient')[0]!
  return pullBack(builder.build(), new Map([[target, one]]), wrt)
}

/**
 * Walks a graph in reverse from any of its values. `seeds` gives their gradients to start from: values of the graph of
 * the same shapes. The result holds the gradients of the sum of all seed · value.
 * @param passes whether the gradient goes from a node to one of its inputs, counted from 0 in the order of the
 * operation; by default always
 * @throws ConfigError if a value is none of the graph, a seed has another shape than its value, or an operation on the
 * way has no gradient
 */
export function pullBack(
  graph: Graph,
  seeds: ReadonlyMap<Value, Value>,
  wrt: readonly Value[],
  passes: (node: Node, input: number) => boolean = () => true,
): Differentiated {
  expectGraph(graph, 'pullBack: graph')
  kinds.expectMap(seeds, 'pullBack: seeds', [kinds.value, kinds.value])
  expectValues(graph, wrt, 'pullBack: wrt')
  expectKind(passes, 'pullBack: passes', callback)
  expectValues(graph, [...seeds.keys(), ...seeds.values()], 'pullBack: seeds')
  for (const [{ type }, { type: seed }] of seeds)
    if (!sameShape(type.shape, seed.shape))
      throw new ConfigError(
        `pullBack: seeds: expected a gradient of the shape ${shapeText(type.shape)}, got one of ${shapeText(seed.shape)}`,
      )
  const builder = new GraphBuilder(graph)
  const moving = dependents(graph, wrt)
  const gradients = new Map(seeds)
  const zeros = (value: Value) => emit(builder, fill, { shape: value.type.shape, value: 0 }, [], 'gradient')[0]!
  const accumulate = (value: Value, gradient: Value, path: string) => {
    const sum = gradients.get(value)
    gradients.set(value, sum ? emit(builder, add, {}, [sum, gradient], path)[0]! : gradient)
  }

  for (const node of graph.nodes.toReversed()) {
    const outputGradients = node.outputs.map((value) => gradients.get(value))
    if (!outputGradients.some(Boolean) || !node.inputs.some((value) => moving.has(value))) continue
    const op = opOf(node)
    const inputs = placed(op, node.inputs, node.named)
    const needed = inputs.map((value) => moving.has(value))
    const { gradient, name } = op
    if (typeof gradient !== 'function')
      throw new ConfigError(`${node.path}: ${name} cannot be differentiated: ${gradient.none}`)
    const inputGradients = gradient({
      attributes: node.attributes,
      inputs,
      outputs: node.outputs,
      outputGradients,
      needed,
      emit: (op, attributes, inputs, named) => emit(builder, op, attributes, inputs, node.path, named),
    })
    inputs.forEach((value, i) => {
      const contribution = inputGradients[i]
      if (needed[i] && contribution && passes(node, i)) accumulate(value, contribution, node.path)
    })
  }
  const wanted = new Map(wrt.map((value) => [value, gradients.get(value) ?? zeros(value)]))
  return { graph: verify(builder.build()), gradients: wanted }
}

function expectValues(graph: Graph, wanted: readonly Value[], who: string): void {
  expectKind(wanted, who, kinds.values)
  const known = new Set([...graph.inputs.map(({ value }) => value), ...graph.nodes.flatMap(({ outputs }) => outputs)])
  const foreign = wanted.find((value) => !known.has(value))
  if (foreign)
    throw new ConfigError(`${who}: value ${foreign.id} is none of this graph; take values of the builder that made it`)
}

/** The values that depend on any of `sources`, including `sources`. */
function dependents(graph: Graph, sources: readonly Value[]): ReadonlySet<Value> {
  const set = new Set(sources)
  for (const node of graph.nodes)
    if (node.inputs.some((value) => set.has(value))) for (const value of node.outputs) set.add(value)
  return set
}
