/** Access to a node's operands by name, for passes and engines, so that no code counts positions. */
import type { Node, Value } from '../graph/graph.js'
import { invariant } from '../util/errors.js'
import { type AttributesOf, type OpName, opOf, type ops } from './index.js'
import { namedOperands, type Operands, type OptionalOperands, plainNames } from './op.js'

/** The operands of an operation by name; undefined if left out. */
export type OperandsOf<Name extends OpName> = Operands<(typeof ops)[Name]['inputs']>

/** The optional operands of an operation, by name. */
export type OptionalOperandsOf<Name extends OpName> = OptionalOperands<(typeof ops)[Name]['inputs']>

/** The operands of a node. Its operation must be the one named. */
export function operandsOf<Name extends OpName>(op: Name, node: Node): OperandsOf<Name> {
  invariant(node.op === op, `${node.path}: its operation is ${node.op}, not ${op}`)
  return Object.fromEntries(operandNames(node).map((name, i) => [name, node.inputs[i]!])) as OperandsOf<Name>
}

/** The operand of a node by its name; undefined if left out. */
export function operandOf(node: Node, name: string): Value | undefined {
  return node.inputs[operandNames(node).indexOf(name)]
}

/** Whether a node has an optional operand. */
export function hasOperand({ named = [] }: Node, name: string): boolean {
  return named.includes(name)
}

/** The name of each input of a node. Only the first of inputs without a fixed number has a name. */
export function operandNames(node: Node): readonly string[] {
  const { inputs, named = [] } = node
  return [...plainNames(opOf(node).inputs).slice(0, inputs.length - named.length), ...named]
}

/** Makes a node from operands by name. */
export function nodeOf<Name extends OpName>(
  op: Name,
  attributes: AttributesOf<Name>,
  operands: OperandsOf<Name>,
  outputs: readonly Value[],
  path: string,
): Node {
  const given = operands as Readonly<Record<string, Value | undefined>>
  const { inputs } = opOf({ op })
  const needed = inputs.filter((name) => !name.endsWith('?'))
  const named = namedOperands({ inputs }, given)
  const values = [...needed, ...named].map((name) => given[name]!)
  return { op, attributes, inputs: values, ...(named.length > 0 && { named }), outputs, path }
}

/** Changes to a node. */
export interface Changes<Name extends OpName> {
  readonly attributes?: Partial<AttributesOf<Name>>
  readonly operands?: Partial<OperandsOf<Name>>
  readonly outputs?: readonly Value[]
}

/** Returns the node with other or additional operands, attributes and outputs. */
export function changed<Name extends OpName>(op: Name, node: Node, changes: Changes<Name>): Node {
  const { attributes = {}, operands = {}, outputs = node.outputs } = changes
  const all = { ...operandsOf(op, node), ...operands } as OperandsOf<Name>
  return nodeOf(op, { ...node.attributes, ...attributes } as AttributesOf<Name>, all, outputs, node.path)
}
