/** From weights, wherever they lie, to a network that answers. */
import { expectNetwork } from '../../formats/expect-network.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { expectNumbers } from '../../inference/lost-numbers.js'
import type { Network } from '../../inference/network.js'
import type { Classifier } from '../../tasks/classify/classifier.js'
import { headsOf } from '../../tasks/index.js'
import type { Upscaler } from '../../tasks/upscale/upscaler.js'
import { ConfigError } from '../../util/errors.js'
import { bytesOf, callback, described, expectOptions, isBlob, isRecord, isUrl, text } from '../../util/expect.js'
import { type ComputeOptions, engineOf, type OpenEngine } from '../engines/opening.js'
import type { PutToWork } from '../network/working.js'
import { decodeFromHub, type HubOptions } from './hub.js'
import { type HubFiles, type HubName, parseHubName } from './hub-name.js'
import { type DecodeOptions, decodeNetwork, weightFields } from './weights.js'

/**
 * Where weights come from: an address (in browsers a URL, in Node a path or a URL), a network of the Hugging Face Hub
 * such as `hub:timm/resnet50.a1_in1k`, their bytes, or a trained network
 * that is in memory already, such as a checkpoint.
 */
export type WeightSource = string | URL | Blob | ArrayBuffer | Uint8Array | TrainedNetwork

/** How weights are understood, and what computes. */
export interface NetworkOptions extends ComputeOptions, DecodeOptions, HubOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Loads a network with all that belongs to it: its spec, its weights, how pictures are prepared and the names of its
 * classes. Its `kind` tells whether it is a `Classifier` or an `Upscaler`; each refuses the questions of the other in words.
 * Reads what `decodeNetwork` does: checkpoints and exports of this package, safetensors, files of PyTorch.
 * @throws DataError naming the source when it cannot be read, is damaged or holds no network that is known, and
 * naming the tensor where weights hold NaN or an infinity; EngineError
 * when no engine can run the network
 */
export interface Load {
  (source: WeightSource, options?: NetworkOptions & { readonly tasks?: undefined }): Promise<Classifier | Upscaler>
  (source: WeightSource, options: NetworkOptions): Promise<Network>
}

/** How an environment gets at weights, and puts them to work. */
export interface Sources {
  readonly openEngine: OpenEngine
  readonly putToWork: PutToWork
  /** Fetches what lies at an address. */
  read(address: string | URL, signal: AbortSignal | undefined): Promise<Uint8Array>
  fromHub(name: HubName, options: HubOptions): Promise<HubFiles>
}

export function loadFunction(sources: Sources): Load {
  const load = async (source: WeightSource, options: NetworkOptions = {}): Promise<Network> => {
    expectOptions(options, 'load: options', { ...weightFields, onProgress: callback, cache: text })
    const { signal } = options
    signal?.throwIfAborted()
    const network = await networkOf(source, options, sources)
    expectNumbers(network)
    const opened = await engineOf(sources.openEngine, options)
    if (signal?.aborted) {
      await opened.release()
      throw signal.reason
    }
    const working = sources.putToWork(network, options, opened)
    await working.ready()
    return working
  }
  return load as Load
}

async function networkOf(
  source: WeightSource,
  options: NetworkOptions,
  { read, fromHub }: Sources,
): Promise<TrainedNetwork> {
  const decode = (bytes: Uint8Array, name: string) => decodeNetwork(bytes, name, options)
  const name = typeof source === 'string' ? parseHubName(source) : undefined
  if (name) return decodeFromHub(await fromHub(name, options), String(source), options)
  if (typeof source === 'string') return decode(await read(source, options.signal), source)
  // Each value states its own class: values of another realm, such as a frame's, are no instances of this one's classes.
  if (isUrl(source)) return decode(await read(new URL(source.href), options.signal), source.href)
  const bytes = bytesOf(source)
  if (bytes) return decode(bytes, 'the given bytes')
  if (isBlob(source)) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'the given file'
    return decode(new Uint8Array(await source.arrayBuffer()), name)
  }
  if (!isRecord(source) || !('weights' in source))
    throw new ConfigError(
      `load: expected an address, a Blob, an ArrayBuffer, a Uint8Array or a trained network, got ${described(source)}`,
    )
  expectNetwork(source, 'load: source', headsOf(options.tasks))
  return source
}
