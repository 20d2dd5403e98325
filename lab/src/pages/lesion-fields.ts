/** The fields of a lesion in the address: which blocks are gone, and the order of the others where it is not their own. */
import { type Fields, type FileName, file, list } from '../state/fields.js'

export interface LesionSettings {
  /** Blocks as `1.3`: the third of the first stage. */
  readonly gone: readonly string[]
  /** All blocks in their order; empty: their own. */
  readonly order: readonly string[]
  /** Of whom the nets are, where they do not come with the lab: the one that is shown as residual, and its plain twin. */
  readonly net: FileName | undefined
  readonly twin: FileName | undefined
}

export const lesionFields: Fields<LesionSettings> = {
  gone: list([], 200),
  order: list([], 200),
  net: file,
  twin: file,
}

/** `stage1.block3` is `1.3` in an address. */
export const shortPath = (path: string) => path.replace(/^stage(\d+)\.block(\d+)$/, '$1.$2')
export const longPath = (short: string) => short.replace(/^(\d+)\.(\d+)$/, 'stage$1.block$2')
