/** Networks as others read them. */
import { expectNetwork } from '../../formats/expect-network.js'
import { encodePortable } from '../../formats/portable.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { headsOf, type Tasks } from '../../tasks/index.js'
import { ConfigError } from '../../util/errors.js'
import { expectOptions, object } from '../../util/expect.js'

/** Options of exports. */
export interface ExportOptions {
  /** The tasks that there are, by default those of this package. */
  readonly tasks?: Tasks | undefined
}

/**
 * The bytes of a safetensors file with torchvision's names, which PyTorch loads as it is and `load` as the same network.
 * Layers that torchvision does not have are named in the same manner.
 * @throws DataError when weights or preprocessing do not fit the spec, or take 2 GiB or more
 */
export async function exportSafetensors(network: TrainedNetwork, options: ExportOptions = {}): Promise<Uint8Array> {
  expectOptions(options, 'exportSafetensors: options', { tasks: object })
  const heads = headsOf(options.tasks)
  expectNetwork(network, 'exportSafetensors: network', heads)
  return encodePortable(network, heads)
}

/**
 * The bytes of an ONNX model (operator set 17): input `pictures` [batch, channels, height, width] of normalised floats,
 * any batch; output `logits` [batch, classes]; of networks that give pictures `picture`, and pictures of any size. Its
 * metadata holds `preprocessing`, `classes` and `spec` as JSON.
 * @throws ConfigError when a layer has no counterpart in ONNX; DataError when weights or preprocessing do not fit the
 * spec, or take 2 GiB or more
 */
export async function exportOnnx(network: TrainedNetwork, options: ExportOptions = {}): Promise<Uint8Array> {
  expectOptions(options, 'exportOnnx: options', { tasks: object })
  const heads = headsOf(options.tasks)
  expectNetwork(network, 'exportOnnx: network', heads)
  const { encodeOnnx } = await import('../../formats/onnx.js')
  return encodeOnnx(network, heads)
}

const exports = { '.safetensors': exportSafetensors, '.onnx': exportOnnx } as const

/**
 * The function that writes the format which the name of a file asks for.
 * @throws ConfigError for another ending
 */
export function exportFor(path: string): typeof exportOnnx {
  const ending = /\.[^./\\]*$/.exec(path)?.[0].toLowerCase()
  if (ending !== undefined && Object.hasOwn(exports, ending)) return exports[ending as keyof typeof exports]
  throw new ConfigError(
    `${path}: expected a name that ends in ${Object.keys(exports).join(' or ')}, got ${ending ?? 'none'}`,
  )
}
