/** Builds a graph node by node. `emit` of the ops room adds operations and infers their output types. */
import { ConfigError, ShapeError } from '../util/errors.js'
import { expectKind, listOf, optional, text } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { expectTensor, sameShape, shapeText } from '../util/shape.js'
import * as kinds from './expect.js'
import type { Attributes, Graph, GraphInput, GraphOutput, InputRole, Node, TensorType, Update, Value } from './graph.js'

const types = listOf(kinds.tensorType, 'a list of types of tensors')
const texts = listOf(text, 'a list of texts')

/** Makes a graph, from nothing or from another; `build` gives it. `emit` adds operations. */
export class GraphBuilder {
  readonly #inputs: GraphInput[] = []
  readonly #nodes: Node[] = []
  readonly #outputs: GraphOutput[] = []
  readonly #updates: Update[] = []
  readonly #inputNames = new Set<string>()
  readonly #outputNames = new Set<string>()
  #nextId = 0

  /**
   * Starts empty, or with the contents of `from`, whose values keep their identity.
   * @throws ConfigError if `from` is no graph
   */
  constructor(from?: Graph) {
    expectKind(from, 'GraphBuilder: from', optional(kinds.graph))
    if (!from) return
    // One by one: graphs of very deep nets have more nodes than a call can take as arguments.
    for (const node of from.nodes) this.#nodes.push(node)
    for (const output of from.outputs) this.#outputs.push(output)
    for (const update of from.updates) this.#updates.push(update)
    for (const input of from.inputs) {
      const { name, value } = input
      this.#inputs.push(input)
      this.#inputNames.add(name)
      this.#nextId = Math.max(this.#nextId, value.id + 1)
    }
    for (const { name } of from.outputs) this.#outputNames.add(name)
    for (const node of from.nodes) for (const value of node.outputs) this.#nextId = Math.max(this.#nextId, value.id + 1)
  }

  /**
   * Adds an input, whose name no other has.
   * @throws ShapeError, which names the input, if no tensor can have its type; ConfigError if its name is taken
   */
  input(name: string, role: InputRole, type: TensorType): Value {
    expectKind(name, 'GraphBuilder.input: name', text)
    expectKind(role, 'GraphBuilder.input: role', kinds.role)
    expectKind(type, 'GraphBuilder.input: type', kinds.tensorType)
    expectFree(this.#inputNames, 'input', name)
    const value = this.#named(name, type)
    this.#inputNames.add(name)
    this.#inputs.push({ name, role, value })
    return value
  }

  /**
   * Adds a node whose output types are known, and returns its outputs.
   * @param named names of the last inputs, if these are optional operands
   * @param own the operation itself, if no table has it
   * @throws ShapeError if no tensor can have one of the types; ConfigError if an argument is of the wrong kind
   */
  node(
    op: string,
    attributes: Attributes,
    inputs: readonly Value[],
    given: readonly TensorType[],
    path: string,
    named: readonly string[] = [],
    own?: object,
  ): readonly Value[] {
    expectKind(op, 'GraphBuilder.node: op', text)
    expectKind(attributes, 'GraphBuilder.node: attributes', kinds.attributes)
    expectKind(inputs, 'GraphBuilder.node: inputs', kinds.values)
    expectKind(given, 'GraphBuilder.node: types', types)
    expectKind(path, 'GraphBuilder.node: path', text)
    expectKind(named, 'GraphBuilder.node: named', texts)
    const outputs = given.map((type) => this.#value(type))
    this.#nodes.push({
      ...{ op, attributes, inputs, outputs, path },
      ...(named.length > 0 && { named }),
      ...(own && { own }),
    })
    return outputs
  }

  /**
   * Gives a value out under a name that no other output has.
   * @throws ConfigError if the name is taken, or `value` is no value
   */
  output(name: string, value: Value): void {
    expectKind(name, 'GraphBuilder.output: name', text)
    expectKind(value, 'GraphBuilder.output: value', kinds.value)
    expectFree(this.#outputNames, 'output', name)
    this.#outputNames.add(name)
    this.#outputs.push({ name, value })
  }

  /**
   * After each run the input `target` holds what `source` computed. A training changes its weights so.
   * @throws ShapeError if their shapes differ; ConfigError if one is no value
   */
  update(target: Value, source: Value): void {
    expectKind(target, 'GraphBuilder.update: target', kinds.value)
    expectKind(source, 'GraphBuilder.update: source', kinds.value)
    if (!sameShape(target.type.shape, source.type.shape))
      throw new ShapeError(
        `GraphBuilder.update: expected a source of the target's shape ${shapeText(target.type.shape)}, got ${shapeText(source.type.shape)}`,
      )
    this.#updates.push({ target, source })
  }

  /** The graph as it is now; the builder can go on. */
  build(): Graph {
    return {
      inputs: [...this.#inputs],
      nodes: [...this.#nodes],
      outputs: [...this.#outputs],
      updates: [...this.#updates],
    }
  }

  #named(name: string, type: TensorType): Value {
    try {
      return this.#value(type)
    } catch (error) {
      throw error instanceof ShapeError ? new ShapeError(`${name}: ${error.message}`) : error
    }
  }

  #value(type: TensorType): Value {
    expectTensor(type.shape)
    return { id: this.#nextId++, type }
  }
}

function expectFree(names: ReadonlySet<string>, what: string, name: string): void {
  if (names.has(name))
    throw new ConfigError(`the graph has two ${what}s named ${printable(name)}; give one of them another name`)
}
