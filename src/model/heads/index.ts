/**
 * The table of heads with their full interface. It has one row per kind of head in the type `HeadSpec`, so the compiler
 * names a missing row.
 */
import { specHeadOf } from '../../spec/heads/index.js'
import type { AnyHead, HeadKind, HeadSpec } from '../../spec/spec.js'
import { classifier } from './classifier.js'
import type { ModelHead } from './head.js'
import { picture } from './picture.js'

/** The heads of this package, by kind. */
export const heads: { readonly [K in HeadKind]: ModelHead<Extract<HeadSpec, { kind: K }>> } = { classifier, picture }

/** A table of heads by kind: this package's, or one with more rows. */
export type Heads = Readonly<Record<string, ModelHead>>

/**
 * Returns the row of a head.
 * @throws ConfigError for a kind that is not in the table
 */
export function headOf(head: AnyHead, table: Heads = heads): ModelHead {
  return specHeadOf(head, table) as ModelHead // rows of `table` are whole
}
