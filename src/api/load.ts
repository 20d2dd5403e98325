/** From weights, wherever they lie, to a network that answers. */
import { type Checkpoint, decodeCheckpoint } from '../train/checkpoint.js'
import { ConfigError } from '../util/errors.js'
import { Network } from './network.js'
import { type ComputeOptions, engineOf, type OpenEngine } from './training.js'

/**
 * Where weights come from: an address (in browsers a URL, in Node a path or a URL), their bytes, or a checkpoint that is
 * in memory already.
 */
export type WeightSource = string | URL | Blob | ArrayBuffer | Uint8Array | Checkpoint

/**
 * Loads a network with all that belongs to it: its spec, its weights, how pictures are prepared and what the classes
 * are called. Reads checkpoints of this package.
 * @throws DataError naming the source when it cannot be read, is damaged or no checkpoint; EngineError when no engine
 * can run the network
 */
export type Load = (source: WeightSource, options?: ComputeOptions) => Promise<Network>

/** @param read fetches what lies at an address */
export function loadFunction(
  openEngine: OpenEngine,
  read: (address: string | URL, signal: AbortSignal | undefined) => Promise<Uint8Array>,
): Load {
  return async (source, options = {}) => {
    const { signal } = options
    signal?.throwIfAborted()
    const checkpoint = await checkpointOf(source, (address) => read(address, signal))
    const { engine, release } = await engineOf(openEngine, options)
    if (!signal?.aborted) return new Network(engine, checkpoint, release)
    await release()
    throw signal.reason
  }
}

async function checkpointOf(
  source: WeightSource,
  read: (address: string | URL) => Promise<Uint8Array>,
): Promise<Checkpoint> {
  if (typeof source === 'string' || source instanceof URL) return decodeCheckpoint(await read(source), String(source))
  if (source instanceof Uint8Array) return decodeCheckpoint(source, 'the given bytes')
  if (source instanceof ArrayBuffer) return decodeCheckpoint(new Uint8Array(source), 'the given bytes')
  if (source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'the given file'
    return decodeCheckpoint(new Uint8Array(await source.arrayBuffer()), name)
  }
  if (typeof source === 'object' && 'weights' in source && 'preprocessing' in source) return source
  throw new ConfigError('load: expected an address, a Blob, an ArrayBuffer, a Uint8Array or a checkpoint')
}
