/** Reach of a network: half of its receptive field. */
import { ConfigError } from '../util/errors.js'
import { placedBlocks } from './blocks.js'
import { pictureHeadOf } from './heads/index.js'
import { enlargements } from './heads/picture.js'
import type { ConvLayer, NetworkSpec } from './spec.js'

/**
 * The reach of a net that upscales pictures: a pixel of its result depends on no pixel of its input farther away than
 * this, in input pixels.
 * @throws ConfigError if the network is not an upscaling network, or has a layer of your own, whose reach is unknown
 */
export function reachOf(spec: NetworkSpec): number {
  const head = pictureHeadOf(spec)
  const own = placedBlocks(spec).find(({ spec: { branch } }) => branch.some(({ after }) => after))
  if (own)
    throw new ConfigError(
      `${own.path}: with a layer of your own no picture is enlarged in tiles; run whole ones by Session`,
    )
  const stem = spec.stem.reduce((sum, layer) => sum + (layer.kind === 'conv' ? reachOfConv(layer) : 0), 0)
  const blocks = placedBlocks(spec).reduce(
    (sum, { spec: { branch } }) => sum + branch.reduce((own, layer) => own + reachOfConv(layer), 0),
    0,
  )
  let reach = stem + blocks + (head.shortcut === 'stem' ? 1 : 0)
  let grown = 1
  for (const factor of enlargements(head)) {
    reach += 1 / grown
    grown *= factor
  }
  return Math.ceil(reach + 1 / grown)
}

function reachOfConv({ kernel, dilation = 1 }: ConvLayer): number {
  return dilation * (kernel >> 1)
}
