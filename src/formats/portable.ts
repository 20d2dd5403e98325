/**
 * Writes safetensors that PyTorch users can load directly: torchvision's names, with spec and preprocessing in the
 * metadata. Read back here, the file becomes the same network.
 */
import { type Heads, heads as ownHeads } from '../model/heads/index.js'
import { validateSpec } from '../spec/validate.js'
import { Budget } from '../util/budget.js'
import { DataError, ResnetError } from '../util/errors.js'
import { parseJson } from '../util/json.js'
import { weightsOf } from './names/fit.js'
import { keyMaps, namedParameters } from './names/key-maps.js'
import type { RecognisedNetwork } from './names/recognise.js'
import { type SafetensorsFile, type SafetensorsTensor, writeSafetensors } from './safetensors.js'
import type { StateDict } from './stored-tensor.js'
import { checkPreprocessing, expectEnough, type Preprocessing, type TrainedNetwork } from './trained-network.js'
import { expectWhole } from './whole.js'

/** The map of names to write: most programs know torchvision's. */
const map = keyMaps.torchvision

/**
 * Encodes a file. In PyTorch: `model.load_state_dict(safetensors.torch.load_file(path))`.
 * @throws DataError if the network is not whole, see `expectWhole`
 */
export function encodePortable(network: TrainedNetwork, heads: Heads = ownHeads): Uint8Array {
  expectWhole(network, heads)
  const { spec, preprocessing, weights } = network
  const tensors = new Map(
    namedParameters(spec, map, heads).map(({ path, name }): [string, SafetensorsTensor] => [name, weights.get(path)!]),
  )
  const metadata = {
    format: 'pt', // PyTorch libraries need this
    keys: map.name,
    spec: JSON.stringify(spec),
    preprocessing: JSON.stringify(preprocessing),
  }
  return writeSafetensors({ tensors, metadata })
}

/** Whether a file was written by `encodePortable`. */
export function isPortable({ metadata }: SafetensorsFile): boolean {
  return metadata.keys === map.name && metadata.spec !== undefined
}

/**
 * @param who the file's name, at the start of every error
 * @throws DataError if the file is damaged
 */
export function decodePortable(
  tensors: StateDict,
  { metadata }: SafetensorsFile,
  who: string,
  heads: Heads = ownHeads,
): RecognisedNetwork {
  try {
    const budget = new Budget(who)
    const parsed = (field: 'spec' | 'preprocessing') => parseField(metadata[field], field, budget)
    const spec = validateSpec(parsed('spec'), undefined, heads)
    expectEnough(spec, tensors.size)
    const preprocessing = parsed('preprocessing') as Preprocessing
    checkPreprocessing(preprocessing, spec, heads)
    return { spec, preprocessing, weights: weightsOf(tensors, spec, map, who, { heads }), keys: map.name }
  } catch (error) {
    if (!(error instanceof ResnetError) || error.message.startsWith(who)) throw error
    throw new DataError(`${who}: ${error.message}`, { cause: error })
  }
}

function parseField(text: string | undefined, field: string, budget: Budget): object {
  const value = parseJson(text ?? '', budget)
  if (typeof value === 'object' && value !== null) return value
  return budget.fail(`its metadata has no readable ${field}; the file is damaged or was edited`)
}
