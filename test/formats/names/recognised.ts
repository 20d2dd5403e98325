/** Recognises a network and reads its weights at once, as a file with one entry does. */
import { identify, type RecognisedNetwork, type RecogniseOptions } from '../../../src/formats/names/recognise.js'
import type { StateDict } from '../../../src/formats/stored-tensor.js'

export function recognise(
  tensors: StateDict,
  who: string,
  options: RecogniseOptions = {},
  known: RecogniseOptions = {},
): RecognisedNetwork {
  const { decode, ...network } = identify(tensors, who, options, known)
  return { ...network, weights: decode() }
}
