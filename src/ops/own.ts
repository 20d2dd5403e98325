/**
 * Operations of your own. Such an operation is a value: a node carries it, so that differentiating, planning and the
 * reference engine find it there. Nothing is registered, and the table of operations stays closed.
 */
import type { Attributes } from '../graph/graph.js'
import { ConfigError } from '../util/errors.js'
import { callback, expectKind, type Fields, kind, list, object, text } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { isOpName } from './index.js'
import type { Names, OwnOp } from './op.js'

const rule = kind('a function or { none: reason }', (value) => {
  return typeof value === 'function' || typeof (value as { none?: unknown } | null)?.none === 'string'
})
const fields: Fields = {
  name: text,
  inputs: list,
  outputs: list,
  infer: callback,
  cost: callback,
  gradient: rule,
  kernel: callback,
}

/**
 * Defines an operation. The reference engine runs its `kernel`; the fast engines have none for it and say so before
 * anything runs. The types of its attributes and the names of its operands follow from the definition.
 * @param op its shape rule gives the types of the outputs, its cost multiply-adds, its gradient emits operations
 * @throws ConfigError where a part is missing, or the name is one of the package's operations
 */
export function defineOwnOp<A extends Attributes, const N extends Names>(op: OwnOp<A, N>): OwnOp<A, N> {
  expectKind(op, 'defineOp: op', object)
  for (const [field, wanted] of Object.entries(fields))
    expectKind((op as unknown as Record<string, unknown>)[field], `defineOp: op.${field}`, wanted)
  if (isOpName(op.name))
    throw new ConfigError(`defineOp: ${printable(op.name)} is an operation of this package; take another name`)
  return op
}
