/** The figures of upscaling networks. */

import type { Quality } from './quality.js'

/** Mean loss, and the PSNR in dB of all training values together. */
export interface UpscalingScore {
  readonly loss: number
  readonly psnr: number
}

/** PSNR and SSIM, each a mean over pictures, beside those of bicubic enlargement. */
export interface UpscalingQuality extends Quality {
  readonly bicubic: Quality
}

/** A result over a number of pictures: over all upscaling factors, and for each. */
export interface UpscalingEvaluation extends UpscalingQuality {
  readonly count: number
  readonly scales: readonly (UpscalingQuality & { readonly scale: number })[]
}
