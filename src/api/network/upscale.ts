/**
 * Pictures made larger and sharper: their luminance by a network, in tiles; chroma and transparency bicubically, as eyes
 * see little of them. Pictures keep their channels and their depth.
 */

import { bicubic, type Plane } from '../../data/bicubic.js'
import { luminance, toRgb, toYcc } from '../../data/luminance.js'
import { pictureHeadOf } from '../../spec/heads/index.js'
import { Enlarger, wrongScale } from '../../tasks/upscale/enlarger.js'
import { ConfigError, DataError } from '../../util/errors.js'
import {
  callback,
  expectFields,
  expectOptions,
  map,
  numbers,
  object,
  signal as signalKind,
  whole,
} from '../../util/expect.js'
import type { Network, RunOptions } from './network.js'

/** Pixels row by row from the top left, 8 or 16 bits; an `ImageData` is one. */
export interface LargePicture {
  readonly width: number
  readonly height: number
  /** The channels of a pixel side by side: grey, grey and alpha, RGB or RGBA. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array
}

/** How a picture is made larger. */
export interface UpscaleOptions extends RunOptions {
  /** By how much: 2, 3 or 4, of those that the network has learned. Left out: the only one that it has. */
  readonly scale?: number | undefined
  /** After each tile of the picture. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Pixels of the result: floats of all its channels must fit into memory. */
const MOST_PIXELS = 1 << 26

/**
 * A picture `scale` times as wide and as high, with the channels and the depth that it had.
 * @param net a network that gives pictures, such as a trained `vdsr20`
 * @throws ConfigError for a network that gives none or a scale that it has not learned; DataError for a picture without a
 * meaning, or one that would be too large
 */
export async function upscale(
  net: Pick<Network, 'spec' | 'preprocessing' | 'weights' | 'engine'>,
  picture: LargePicture,
  options: UpscaleOptions = {},
): Promise<LargePicture> {
  const fields = { spec: object, preprocessing: object, weights: map, engine: object }
  expectFields(net, 'upscale: net', 'a network, such as load() gives', fields)
  const pixels = { width: whole(1), height: whole(1), data: numbers }
  expectFields(picture, 'upscale: picture', 'pixels, { width, height, data }, such as readLargePicture() gives', pixels)
  expectOptions(options, 'upscale: options', { scale: whole(1), signal: signalKind, onProgress: callback })
  const { spec, preprocessing, weights, engine } = net
  pictureHeadOf(spec)
  const { scales = [], normalisation } = preprocessing
  const { scale = scales.length === 1 ? scales[0]! : undefined, signal, onProgress } = options
  if (scale === undefined)
    throw new ConfigError(`${spec.name}: enlarges ${scales.join(', ')} times; say by how much: { scale: ${scales[0]} }`)
  if (!scales.includes(scale)) throw wrongScale(spec.name, scales, scale)
  const size = { height: picture.height * scale, width: picture.width * scale }
  if (size.height * size.width > MOST_PIXELS)
    throw new DataError(
      `upscale: a picture of ${size.width}x${size.height} pixels is too large, ${MOST_PIXELS} pixels are possible; cut ` +
        'the picture, or take a smaller scale',
    )
  const planes = planesOf(picture)
  const enlarger = await Enlarger.open(engine, spec, Enlarger.plan(engine, spec))
  try {
    enlarger.setWeights(weights)
    const [y, ...others] = planes as [Plane, ...Plane[]]
    const sharp = await enlarger.enlarge(y, { scale, normalisation, signal, onProgress })
    return joined([sharp, ...others.map((plane) => bicubic(plane, size))], picture)
  } finally {
    await enlarger.dispose()
  }
}

function channelsOf({ width, height, data }: LargePicture): number {
  const channels = data.length / (width * height)
  if (!(width >= 1 && height >= 1 && [1, 2, 3, 4].includes(channels)))
    throw new DataError(
      `upscale: expected ${width}x${height} pixels of 1 to 4 values (grey, grey and alpha, RGB, RGBA), got ${data.length} values`,
    )
  return channels
}

/** Luminance; then both chromas where there are colours; then transparency where there is some. From 0 to 255. */
function planesOf(picture: LargePicture): Plane[] {
  const { width, height, data } = picture
  const channels = channelsOf(picture)
  const [count, coloured] = [width * height, channels > 2]
  const unit = mostOf(data) / 255
  const planes = Array.from({ length: channels }, () => new Float32Array(count))
  for (let i = 0; i < count; i++) {
    const at = (channel: number) => data[i * channels + channel]! / unit
    const values = coloured ? toYcc(at(0), at(1), at(2)) : [luminance(at(0), at(0), at(0))]
    values.forEach((value, k) => {
      planes[k]![i] = value
    })
    if (channels % 2 === 0) planes[channels - 1]![i] = at(channels - 1)
  }
  return planes.map((values) => ({ height, width, values }))
}

function joined(planes: readonly Plane<Float32Array>[], { data: like }: LargePicture): LargePicture {
  const { height, width } = planes[0]!
  const [channels, count] = [planes.length, width * height]
  const [unit, most] = [mostOf(like) / 255, mostOf(like)]
  const Values =
    like instanceof Uint16Array ? Uint16Array : like instanceof Uint8ClampedArray ? Uint8ClampedArray : Uint8Array
  const data = new Values(count * channels)
  for (let i = 0; i < count; i++) {
    const of = (plane: number) => planes[plane]!.values[i]!
    const colour = toRgb([of(0), channels > 2 ? of(1) : 128, channels > 2 ? of(2) : 128])
    for (let channel = 0; channel < channels; channel++) {
      const isAlpha = channels % 2 === 0 && channel === channels - 1
      const value = isAlpha ? of(channel) : colour[channel]!
      data[i * channels + channel] = Math.max(0, Math.min(most, Math.floor(value * unit + 0.5)))
    }
  }
  return { width, height, data }
}

function mostOf(data: LargePicture['data']): number {
  return data instanceof Uint16Array ? 65535 : 255
}
