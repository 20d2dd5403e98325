/** Networks that make pictures larger, by the names of public ports: VDSR as twtygqyy's pytorch-vdsr has it. */
import type { NetworkSpec, PictureHead } from '../../spec/spec.js'
import { vdsr } from '../../spec/upscaling.js'
import { ConfigError, DataError } from '../../util/errors.js'
import { shapeText } from '../../util/shape.js'
import type { StoredTensor } from '../stored-tensor.js'
import type { Preprocessing, Tensor } from '../trained-network.js'
import { fitted } from './fit.js'
import { keyMaps } from './key-maps.js'
import type { Peeled } from './peel.js'

/** A network that makes pictures larger. Its numbers are not read yet. */
export interface IdentifiedUpscaler {
  readonly spec: NetworkSpec<PictureHead>
  readonly preprocessing: Preprocessing
  readonly keys: string
  decode(): Map<string, Tensor>
}

/** `residual_layer.3.conv.weight` is the fifth convolution: the first is `input`, the last `output`. */
const inner = /^residual_layer\.(\d{1,4})\.conv\.(weight|bias)$/

/**
 * Recognises VDSR by its names; undefined for names of other networks.
 * @param arch the network that the user names
 * @throws DataError if the tensors do not fit; ConfigError for the name of another network
 */
export function identifyUpscaler(
  { tensors, names }: Peeled,
  who: string,
  arch: string | undefined,
): IdentifiedUpscaler | undefined {
  const first = tensors.get('input.weight')?.shape
  if (!first || !tensors.has('output.weight')) return undefined
  const renamed = new Map<string, StoredTensor>()
  const inFile = new Map<string, string>()
  let blocks = 0
  for (const [name, tensor] of tensors) {
    const [, number, word] = inner.exec(name) ?? []
    if (number !== undefined) blocks = Math.max(blocks, Number(number) + 1)
    const to =
      number === undefined
        ? name.replace(/^input\./, 'conv1.').replace(/^output\./, 'head.conv.')
        : `layer1.${Number(number)}.conv1.${word}`
    renamed.set(to, tensor)
    inFile.set(to, names.get(name) ?? name)
  }
  const [width, channels] = first
  if (blocks === 0 || blocks > tensors.size || width === undefined) return undefined
  if (channels !== 1)
    throw new DataError(
      `${who}: its first convolution has the shape ${shapeText(first)}: it reads ${channels} channels, and nets that make pictures larger read luminance here, one channel`,
    )
  const spec = vdsr({ depth: blocks + 2, width, bias: tensors.has('input.bias') })
  if (arch !== undefined && arch !== spec.name)
    throw new ConfigError(`${who}: its tensors are those of ${spec.name}, not of ${arch}; name no other network`)
  const shown = (name: string) =>
    inFile.get(name) ??
    name
      .replace(/^conv1\./, 'input.')
      .replace(/^head\.conv\./, 'output.')
      .replace(/^layer1\.(\d+)\.conv1\./, 'residual_layer.$1.conv.')
  const decode = fitted(renamed, spec, keyMaps.torchvision, who, { shown })
  const { input } = spec
  // Luminance from 0 to 1, as it is.
  const normalisation = { mean: [0], std: [1] }
  return { spec, preprocessing: { normalisation, input, classes: [], scales: [2, 3, 4] }, keys: 'pytorch-vdsr', decode }
}
