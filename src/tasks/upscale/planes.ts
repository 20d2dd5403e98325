/**
 * Pictures as planes, and planes as pictures: luminance, which networks make sharper; chroma and transparency, which are
 * enlarged bicubically, as eyes see little of them.
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
 * Luminance; then both chromas where there are colours; then transparency where there is some. From 0 to 255.
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

/** The picture of such planes, with the depth of another picture; values out of range are cut off. */
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

/** By its own word: the pixels of another realm, such as a frame's, are no instance of this one's classes. */
const isClamped = (data: PixelPicture['data']) => Object.prototype.toString.call(data) === '[object Uint8ClampedArray]'
