/**
 * The table of heads with all that is asked of them: one row for each kind of head in the type `HeadSpec`, so that the
 * compiler names the row that is missing.
 */
import { specHeadOf } from '../../spec/heads/index.js'
import type { AnyHead, HeadKind, HeadSpec } from '../../spec/spec.js'
import { classifier } from './classifier.js'
import type { ModelHead } from './head.js'
import { picture } from './picture.js'

/** The heads of this package, by kind. */
export const heads: { readonly [K in HeadKind]: ModelHead<Extract<HeadSpec, { kind: K }>> } = { classifier, picture }

/** A table of heads by kind: that of this package, or one with rows of one's own. */
export type Heads = Readonly<Record<string, ModelHead>>

/**
 * The row of a head.
 * @throws ConfigError for a kind that the table does not have
 */
export function headOf(head: AnyHead, table: Heads = heads): ModelHead {
  return specHeadOf(head, table) as ModelHead // a row of `table`, which has whole rows
}
