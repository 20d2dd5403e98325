/** Networks of the hub, fetched as pages can: by their addresses, kept by the browser's own cache. */
import type { RecogniseOptions } from '../../formats/names/recognise.js'
import { DataError } from '../../util/errors.js'
import { fetchBytes, fetchIfThere } from './fetch.js'
import { configFile, fileAddress, type HubFiles, type HubName, weightFiles } from './hub-name.js'
import { type DecodedNetwork, decodeKnowing } from './weights.js'

/** How networks are fetched from the hub. In browsers only `hub` has a meaning. */
export interface HubOptions {
  /** Where they are kept; by default `resnet.ts` in the user's cache folder (`XDG_CACHE_HOME`, or `~/.cache`). */
  readonly cache?: string | undefined
  /** The address of the hub; by default `HF_ENDPOINT` of the environment, or https://huggingface.co. */
  readonly hub?: string | undefined
  /** For networks that ask for a login; by default `HF_TOKEN` of the environment. */
  readonly token?: string | undefined
  /** Bytes of the weights that are here, and how many there will be. */
  readonly onProgress?: ((bytes: number, total: number | undefined) => void) | undefined
  /** Called before another try, with what went wrong. */
  readonly onRetry?: ((reason: string, seconds: number) => void) | undefined
  /** Seconds before the second try, twice as many before each further one; by default 1. */
  readonly pause?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws DataError when there is no such network, or it cannot be fetched */
export async function fetchFromHub(name: HubName, { hub, signal }: HubOptions): Promise<HubFiles> {
  const config = fetchIfThere(fileAddress(name, configFile, hub), signal)
  if (name.file !== undefined)
    return { weights: await fetchBytes(fileAddress(name, name.file, hub), signal), config: await config }
  for (const file of weightFiles) {
    const weights = await fetchIfThere(fileAddress(name, file, hub), signal)
    if (weights) return { weights, config: await config }
  }
  throw new DataError(noWeights(name))
}

export function noWeights({ repository, revision }: HubName): string {
  return `hub:${repository}: holds no weights at ${revision}: expected ${weightFiles.join(' or ')}; name another file as hub:${repository}/FILE`
}

/** @param who the name of the network, at the start of every error */
export async function decodeFromHub(
  files: HubFiles,
  who: string,
  options: RecogniseOptions & Pick<HubOptions, 'signal'>,
): Promise<DecodedNetwork> {
  const { weights, config } = files
  if (!config) return decodeKnowing(weights, who, options, {})
  const { settingsOf } = await import('../../formats/hub.js') // only networks of the hub have settings
  return decodeKnowing(weights, who, options, settingsOf(config, who))
}
