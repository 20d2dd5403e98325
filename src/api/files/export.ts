/** Networks as others read them. */
import { expectNetwork } from '../../formats/expect-network.js'
import { encodePortable } from '../../formats/portable.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { headsOf, type Tasks } from '../../tasks/index.js'

/**
 * The bytes of a safetensors file with torchvision's names, which PyTorch loads as it is and `load` as the same network.
 * Layers that torchvision does not have are named in the same manner.
 * @param tasks the tasks that there are, by default those of this package
 * @throws DataError when weights or preprocessing do not fit the spec, or take 2 GiB or more
 */
export function exportSafetensors(network: TrainedNetwork, tasks?: Tasks): Uint8Array {
  const heads = headsOf(tasks)
  expectNetwork(network, 'exportSafetensors: network', heads)
  return encodePortable(network, heads)
}

/**
 * The bytes of an ONNX model (operator set 17): input `pictures` [batch, channels, height, width] of normalised floats,
 * any batch; output `logits` [batch, classes]; of networks that give pictures `picture`, and pictures of any size. Its metadata holds `preprocessing`, `classes` and `spec` as JSON.
 * @param tasks the tasks that there are, by default those of this package
 * @throws ConfigError when a layer has no counterpart in ONNX; DataError when weights or preprocessing do not fit the
 * spec, or take 2 GiB or more
 */
export async function exportOnnx(network: TrainedNetwork, tasks?: Tasks): Promise<Uint8Array> {
  const heads = headsOf(tasks)
  expectNetwork(network, 'exportOnnx: network', heads)
  const { encodeOnnx } = await import('../../formats/onnx.js')
  return encodeOnnx(network, heads)
}
