/** The table of lowerings, from each operation to kernel calls. It is total: the compiler demands one per operation. */
import type { Node } from '../../../graph/graph.js'
import { type AttributesOf, isOpName, type OpName } from '../../../ops/index.js'
import { invariant } from '../../../util/errors.js'
import * as arithmetic from './arithmetic.js'
import * as bias from './bias.js'
import * as classifier from './classifier.js'
import * as conv from './conv.js'
import * as elementwise from './elementwise.js'
import type { Lowering } from './lowering.js'
import * as norm from './norm.js'
import * as pool from './pool.js'
import * as rearrange from './rearrange.js'
import * as sums from './sums.js'
import * as update from './update.js'

const lowerings: { readonly [Name in OpName]: Lowering<AttributesOf<Name>> } = {
  ...arithmetic,
  ...bias,
  ...classifier,
  ...conv,
  ...elementwise,
  ...norm,
  ...pool,
  ...rearrange,
  ...sums,
  ...update,
}

export function loweringOf(node: Node): Lowering<unknown> {
  invariant(isOpName(node.op), `no operation is named ${node.op}`)
  return lowerings[node.op] as Lowering<unknown>
}

export function canLower(op: string): boolean {
  return Object.hasOwn(lowerings, op)
}
