/** The luminance of a picture as a plane of 8 bits. */
import { type Plane, toBytes } from './bicubic.js'
import type { PictureSize } from './dataset.js'
import { luminance } from './luminance.js'

/**
 * Luminance, rounded to 8 bits.
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
