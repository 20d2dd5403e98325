/** Weights that other programs wrote: their files and their names. Apart, for pages fetch it only where one is opened. */
import { keyMaps } from '../formats/key-maps.js'
import { type RecogniseOptions, recognise } from '../formats/recognise.js'
import type { StateDict } from '../formats/stored-tensor.js'
import type { DecodedNetwork } from './weights.js'

export { readPyTorch } from '../formats/pytorch.js'

/** The network that tensors belong to, by their names and shapes. @param form of the file, in words */
export async function recognised(
  tensors: StateDict,
  name: string,
  options: RecogniseOptions,
  known: RecogniseOptions,
  form: string,
): Promise<DecodedNetwork> {
  const network = recognise(tensors, name, options, known)
  const { preprocessing, keys } = network
  const isImageNet =
    keyMaps[keys].stages === 4 &&
    preprocessing.classes.length === 1000 &&
    (options.classes ?? known.classes) === undefined
  const origin = `${form}, names of ${keys}`
  if (!isImageNet) return { ...network, origin }
  // Twelve kilobytes that other networks have no use for.
  const { imageNetNames: classes } = await import('../data/imagenet-names.js')
  return { ...network, preprocessing: { ...preprocessing, classes, classesAssumed: true }, origin }
}
