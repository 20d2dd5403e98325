/** The luminance of a picture as a plane of 8 bits. */

import { DataError } from '../util/errors.js'
import { expectFields, numbers, whole } from '../util/expect.js'
import { type Plane, toBytes } from './bicubic.js'
import type { PictureSize } from './dataset.js'
import { luminance } from './luminance.js'
import { mostOf, type PixelPicture } from './picture/picture.js'

/**
 * Computes luminance, rounded to 8 bits.
 * @param bytes [channels][height][width] of 3 channels (RGB) or 1 (grey)
 */
export function luminancePlane(
  bytes: ArrayLike<number>,
  { channels, height, width }: PictureSize & { readonly channels: number },
): Plane<Uint8Array> {
  const pixels = height * width
  const [green, blue] = channels === 1 ? [0, 0] : [pixels, 2 * pixels]
  const values = Float64Array.from({ length: pixels }, (_, i) =>
    luminance(bytes[i]!, bytes[i + green]!, bytes[i + blue]!),
  )
  return toBytes({ height, width, values })
}

const pixelFields = { width: whole(1), height: whole(1), data: numbers }

/**
 * Computes the 8-bit luminance of a picture, which PSNR and SSIM compare. Transparent parts are black.
 * @throws ConfigError, DataError for anything but a picture of 1 to 4 channels
 */
export function luminanceOf(picture: PixelPicture): Plane<Uint8Array> {
  const what = 'a picture, { width, height, data }, such as readPicture() gives'
  expectFields(picture, 'luminanceOf: picture', what, pixelFields)
  const { width, height, data } = picture
  const pixels = width * height
  const given = data.length / pixels
  if (![1, 2, 3, 4].includes(given))
    throw new DataError(
      `luminanceOf: picture: expected ${width}x${height} pixels of 1 to 4 values, got ${data.length} values`,
    )
  const unit = mostOf(data) / 255
  const channels = given > 2 ? 3 : 1
  const bytes = new Float64Array(channels * pixels)
  for (let i = 0; i < pixels; i++) {
    const opaque = given % 2 === 0 ? data[i * given + given - 1]! / (255 * unit) : 1
    for (let k = 0; k < channels; k++) bytes[k * pixels + i] = (opaque * data[i * given + k]!) / unit
  }
  return luminancePlane(bytes, { channels, height, width })
}
