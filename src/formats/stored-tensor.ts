/** Tensors as files of others hold them, and the dictionary of them that a network's weights are. */
import type { Shape } from '../util/shape.js'

/** A tensor whose numbers are decoded when they are asked for. */
export interface StoredTensor {
  readonly shape: Shape
  /** For example `f16`. */
  readonly type: string
  /**
   * The numbers in row-major order.
   * @throws DataError when they are no floats
   */
  floats(): Float32Array
}

/** Tensors by the names that their author gave them, for example `layer1.0.conv1.weight`. */
export type StateDict = ReadonlyMap<string, StoredTensor>

/** What people put around a network, as `DataParallel` and `torch.compile` do. */
const prefixes = ['module.', '_orig_mod.', 'model.', 'net.'] as const

/** The dictionary without prefixes that all of its names have. */
export function withoutPrefixes(tensors: StateDict): StateDict {
  const prefix = prefixes.find((prefix) => [...tensors.keys()].every((name) => name.startsWith(prefix)))
  if (prefix === undefined || tensors.size === 0) return tensors
  return withoutPrefixes(new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])))
}
