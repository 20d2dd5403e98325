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
