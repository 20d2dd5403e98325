/** Pictures of classes as pictures to enlarge: their luminance, in 8 bits. */
import { expectKind, listOf, whole } from '../util/expect.js'
import { type Plane, toBytes } from './bicubic.js'
import { type Dataset, type PictureSize, type Pictures, pictureBytes } from './dataset.js'
import { expectDataset } from './expect-data.js'
import { luminance } from './luminance.js'
import { luminanceNormalisation, type UpscalingData } from './upscaling.js'

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

/** A data set of classes as one of pictures to enlarge; the classes are left out. */
export function forUpscaling(data: Dataset, scales: readonly number[]): UpscalingData {
  expectDataset(data, 'forUpscaling: data')
  expectKind(scales, 'forUpscaling: scales', listOf(whole(2, 4), 'a list of some of 2, 3, 4'))
  const planes = (pictures: Pictures) =>
    Array.from({ length: pictures.count }, (_, i) => luminancePlane(pictureBytes(pictures, i), pictures))
  const { name, train, val, test, unreadable } = data
  return {
    name,
    scales,
    train: planes(train),
    ...(val ? { val: planes(val) } : {}),
    test: planes(test),
    normalisation: luminanceNormalisation,
    unreadable,
  }
}
