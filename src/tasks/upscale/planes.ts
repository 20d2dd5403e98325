/**
 * Converts between pictures and planes. Networks enlarge the luminance. Chroma and transparency are enlarged
 * bicubically, because the eye sees little of them.
 */

import type { Plane } from '../../data/bicubic.js'
import { luminance, toRgb, toYcc } from '../../data/luminance.js'
import { mostOf, type PixelPicture } from '../../data/picture/picture.js'
import { DataError } from '../../util/errors.js'

function channelsOf({ width, height, data }: PixelPicture): number {
  const channels = data.length / (width * height)
  if (!(width >= 1 && height >= 1 && [1, 2, 3, 4].includes(channels)))
    throw new DataError(
      `upscale: expected ${width}x${height} pixels of 1 to 4 values (grey, grey and alpha, RGB, RGBA), got ${data.length} values`,
    )
  return channels
}

/**
 * The planes of a picture, with values from 0 to 255: luminance, two of chroma if it has colours, transparency if it
 * has any.
 * @throws DataError for data of another length
 */
export function planesOf(picture: PixelPicture): Plane[] {
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

/** The picture of such planes, with the bit depth of another picture. Values out of range are clipped. */
export function pictureOf(planes: readonly Plane<Float32Array>[], { data: like }: PixelPicture): PixelPicture {
  const { height, width } = planes[0]!
  const [channels, count] = [planes.length, width * height]
  const [unit, most] = [mostOf(like) / 255, mostOf(like)]
  const Values = most > 255 ? Uint16Array : isClamped(like) ? Uint8ClampedArray : Uint8Array
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

/**
 * Tells 16-bit pixels by their tag, because an array of another realm, such as a frame, is no instance of this realm's
 * classes.
 */
const isClamped = (data: PixelPicture['data']) => Object.prototype.toString.call(data) === '[object Uint8ClampedArray]'
