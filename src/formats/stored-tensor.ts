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

/** The prefixes that people put around a network, as `DataParallel` and `torch.compile` do. */
const prefixes = ['module.', '_orig_mod.', 'model.', 'net.'] as const

/** The dictionary without prefixes that all of its names have, however many stand before each other. */
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
