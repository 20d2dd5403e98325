/** A dictionary of tensors in a file, with its place there. Files may hold several. */
import type { StateDict } from './stored-tensor.js'

/** One of the dictionaries of tensors in a file. */
export interface Entry {
  /** Keys that lead to it, joined by slashes, for example `model/state_dict`; empty if it is the whole file. */
  readonly path: string
  readonly tensors: StateDict
  /** Objects in it that were not made, where tensors are usual: names, and the function that would make them. */
  readonly inert?: ReadonlyMap<string, string> | undefined
  /** The class of the module that it is; undefined if it is a dictionary. */
  readonly made?: string | undefined
}
