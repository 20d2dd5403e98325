/**
 * Evaluates an upscaling network as papers do. Pictures are cropped to multiples of the factor, reduced, enlarged
 * again, rounded to 8 bits and compared with the originals. A border as wide as the factor is left out.
 */
import { bicubic, type Plane, toBytes } from '../../data/bicubic.js'
import type { Normalisation } from '../../data/dataset.js'
import { ConfigError } from '../../util/errors.js'
import { shrunk, wholeMultiple } from './data.js'
import type { Enlarger } from './enlarger.js'
import { type Quality, quality } from './quality.js'
import type { UpscalingEvaluation, UpscalingQuality } from './scores.js'

export interface MeasureOptions {
  readonly scales: readonly number[]
  readonly normalisation: Normalisation
  readonly signal?: AbortSignal | undefined
}

/**
 * Computes PSNR and SSIM of luminance, for the network and for bicubic enlargement: means over the pictures of each
 * factor, then over the factors.
 */
export async function measureEnlarging(
  enlarger: Enlarger,
  pictures: readonly Plane<Uint8Array>[],
  { scales, normalisation, signal }: MeasureOptions,
): Promise<UpscalingEvaluation> {
  if (pictures.length === 0) throw new ConfigError('evaluation: expected at least one picture, got none')
  const byScale: (UpscalingQuality & { readonly scale: number })[] = []
  for (const scale of scales) {
    const own: Quality[] = []
    const others: Quality[] = []
    for (const picture of pictures) {
      const truth = wholeMultiple(picture, scale)
      const small = shrunk(truth, scale)
      const enlarged = await enlarger.enlarge(small, { scale, normalisation, signal })
      own.push(quality(toBytes(enlarged), truth, scale))
      others.push(quality(toBytes(bicubic(small, truth)), truth, scale))
    }
    byScale.push({ scale, ...mean(own), bicubic: mean(others) })
  }
  return { count: pictures.length, ...mean(byScale), bicubic: mean(byScale.map((one) => one.bicubic)), scales: byScale }
}

function mean(qualities: readonly Quality[]): Quality {
  const of = (value: (quality: Quality) => number) =>
    qualities.reduce((sum, quality) => sum + value(quality), 0) / qualities.length
  return { psnr: of(({ psnr }) => psnr), ssim: of(({ ssim }) => ssim) }
}
