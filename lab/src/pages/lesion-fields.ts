/** The fields of a lesion in the address: the removed blocks, and the order of the others if it is changed. */
import { type Fields, type FileName, file, list } from '../state/fields.js'

export interface LesionSettings {
  /** Blocks as `1.3`: the third of the first stage. */
  readonly gone: readonly string[]
  /** All blocks in their present order; empty for the original order. */
  readonly order: readonly string[]
  /** The user's own nets, if these are not the lab's: the one shown as residual, and its plain twin. */
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
