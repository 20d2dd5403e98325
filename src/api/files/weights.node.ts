/** Files of weights on the disk, read and written. */

import { expectNetwork } from '../../formats/expect-network.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { readWeightsFile } from '../../formats/weights-file.node.js'
import { headsOf, type Tasks } from '../../tasks/index.js'
import { callback, expectKind, expectOptions, name as nameKind, text } from '../../util/expect.js'
import { writeAtomically } from '../../util/files/write.node.js'
import { exportFor } from './export.js'
import { decodeFromHub, type HubOptions } from './hub.js'
import { filesFromHub } from './hub.node.js'
import { parseHubName } from './hub-name.js'
import { type DecodedNetwork, type DecodeOptions, decodeNetwork, weightFields } from './weights.js'

/**
 * The network in a file, see `decodeNetwork`, or on the Hugging Face Hub, such as `hub:timm/resnet50.a1_in1k`.
 * @throws DataError naming the file when it cannot be read or is no file of weights
 */
export async function readNetwork(path: string, options: DecodeOptions & HubOptions = {}): Promise<DecodedNetwork> {
  expectKind(path, 'readNetwork: path', nameKind)
  expectOptions(options, 'readNetwork: options', {
    ...weightFields,
    cache: text,
    onProgress: callback,
    onRetry: callback,
  })
  const name = parseHubName(path)
  if (name) return decodeFromHub(await filesFromHub(name, options), path, options)
  return decodeNetwork(await readWeightsFile(path, options.signal), path, options)
}

/**
 * Writes a network to a file, in the format that its name asks for: `.safetensors` (torchvision's names) or `.onnx`. An
 * older file is replaced in one move.
 * @param tasks the tasks that there are, by default those of this package
 * @throws ConfigError for other names; DataError when the network is not whole (nothing is written then) or the file cannot
 * be written
 */
export async function writeNetwork(path: string, network: TrainedNetwork, tasks?: Tasks): Promise<void> {
  expectKind(path, 'writeNetwork: path', nameKind)
  expectNetwork(network, 'writeNetwork: network', headsOf(tasks))
  await writeAtomically(path, await exportFor(path)(network, { tasks }))
}

/**
 * Whether `writeNetwork` knows the format that a name asks for: to be asked before work that would be lost.
 * @throws ConfigError for other names
 */
export function expectWritable(path: string): void {
  expectKind(path, 'expectWritable: path', nameKind)
  exportFor(path)
}
