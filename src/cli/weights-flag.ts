/** Weights that a command works with: a file or a network of the hub, with the progress of fetching it. */
import { Option } from 'commander'
import { classifierOf, type DecodedNetwork, type HubOptions, type PresetName, readNetwork } from '../node.js'
import { say } from './output.js'
import { Progress } from './progress.js'

export interface WeightFlags {
  readonly weights: string
  readonly arch?: PresetName | undefined
  readonly cache?: string | undefined
}

export const weightsText = 'a checkpoint, safetensors, a file of PyTorch, or a network of the hub: hub:OWNER/NAME'

export function cacheOption(): Option {
  return new Option('--cache <dir>', 'where networks of the hub are kept (default: resnet.ts in ~/.cache)')
}

/** What was read, in a line. */
export function originText(weights: string, { spec, preprocessing, origin }: DecodedNetwork): string {
  const { length } = preprocessing.classes
  return `${weights}: ${spec.name}${length > 0 ? ` with ${length} classes` : ''} (${origin})`
}

/**
 * The same, of a network that tells classes apart.
 * @throws ConfigError for one that gives pictures
 */
export async function openClassifier(...args: Parameters<typeof openWeights>): Promise<DecodedNetwork> {
  const network = await openWeights(...args)
  classifierOf(network.spec)
  return network
}

export async function openWeights(
  { weights, arch, cache }: WeightFlags,
  options: Pick<HubOptions, 'signal'> = {},
): Promise<DecodedNetwork> {
  const progress = new Progress('fetching', (bytes) => `${(bytes / 1e6).toFixed(1)} MB`)
  try {
    return await readNetwork(weights, {
      arch,
      cache,
      ...options,
      onProgress: (bytes, total) => progress.update(bytes, total),
      onRetry: (reason, seconds) => {
        progress.stop()
        say(`${reason}; trying again in ${seconds} s`)
      },
    })
  } finally {
    progress.stop()
  }
}
