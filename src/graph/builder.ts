/** Builds a graph node by node. `emit` of the ops room adds operations and infers their output types. */
import { invariant, ShapeError } from '../util/errors.js'
import { expectTensor } from '../util/shape.js'
import type { Attributes, Graph, GraphInput, GraphOutput, InputRole, Node, TensorType, Update, Value } from './graph.js'

/** Makes a graph, from nothing or from another; `build` gives it. `emit` adds operations. */
export class GraphBuilder {
  readonly #inputs: GraphInput[] = []
  readonly #nodes: Node[] = []
  readonly #outputs: GraphOutput[] = []
  readonly #updates: Update[] = []
  readonly #inputNames = new Set<string>()
  readonly #outputNames = new Set<string>()
  #nextId = 0

  /** Starts empty, or with the contents of `from`, whose values keep their identity. */
  constructor(from?: Graph) {
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
   * @throws ShapeError, which names the input, if no tensor can have its type
   */
  input(name: string, role: InputRole, type: TensorType): Value {
    invariant(!this.#inputNames.has(name), `the graph has two inputs named ${name}`)
    const value = this.#named(name, type)
    this.#inputNames.add(name)
    this.#inputs.push({ name, role, value })
    return value
  }

  /**
   * Adds a node whose output types are known, and returns its outputs.
   * @param named names of the last inputs, if these are optional operands
   * @param own the operation itself, if no table has it
   * @throws ShapeError if no tensor can have one of the types
   */
  node(
    op: string,
    attributes: Attributes,
    inputs: readonly Value[],
    types: readonly TensorType[],
    path: string,
    named: readonly string[] = [],
    own?: object,
  ): readonly Value[] {
    const outputs = types.map((type) => this.#value(type))
    this.#nodes.push({
      ...{ op, attributes, inputs, outputs, path },
      ...(named.length > 0 && { named }),
      ...(own && { own }),
    })
    return outputs
  }

  /** Gives a value out under a name that no other output has. */
  output(name: string, value: Value): void {
    invariant(!this.#outputNames.has(name), `the graph has two outputs named ${name}`)
    this.#outputNames.add(name)
    this.#outputs.push({ name, value })
  }

  /** After each run the input `target` holds what `source` computed: how a training changes weights. */
  update(target: Value, source: Value): void {
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
