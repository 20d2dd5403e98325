/** Tensors as stored in files of other programs, and dictionaries of them (state dicts). */
import type { Shape } from '../util/shape.js'

/** A tensor that decodes its numbers on demand. */
export interface StoredTensor {
  readonly shape: Shape
  /** For example `f16`. */
  readonly type: string
  /**
   * Decodes the numbers in row-major order.
   * @throws DataError if they are not floats
   */
  floats(): Float32Array
}

/** Tensors by their author's names, for example `layer1.0.conv1.weight`. */
export type StateDict = ReadonlyMap<string, StoredTensor>

/** Prefixes that wrappers such as `DataParallel` and `torch.compile` add to all names. */
const prefixes = ['module.', '_orig_mod.', 'model.', 'net.'] as const

/** Removes all prefixes that every name has. */
export function withoutPrefixes(tensors: StateDict): StateDict {
  const names = [...tensors.keys()]
  let length = 0
  for (let found = names.length > 0; found; ) {
    const prefix = prefixes.find((one) => names.every((name) => name.startsWith(one, length)))
    length += prefix?.length ?? 0
    found = prefix !== undefined
  }
  if (length === 0) return tensors
  return new Map([...tensors].map(([name, tensor]) => [name.slice(length), tensor]))
}
