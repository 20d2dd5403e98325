/** A short name for a set of weights: equal hash, equal bits. Each run prints the hash of its final weights. */
import { expectWeights } from '../../formats/expect-network.js'
import type { Tensor } from '../../inference/weights.js'
import { Sha256 } from '../../util/sha256.js'

/**
 * The first 16 hexadecimal digits of SHA-256 over name, shape and little-endian bytes of each tensor, in the order of
 * the names' code units. The order in which the tensors were made does not matter.
 */
export function weightHash(weights: ReadonlyMap<string, Tensor>): string {
  expectWeights(weights, 'weightHash: weights')
  const hash = new Sha256()
  const encoder = new TextEncoder()
  for (const name of [...weights.keys()].sort()) {
    const { shape, data } = weights.get(name)!
    hash.update(encoder.encode(`${name}\0${shape.join('x')}\0`))
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest().slice(0, 16)
}
