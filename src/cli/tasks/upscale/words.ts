/** The texts of PSNR and SSIM. */
import type { UpscalingQuality } from '../../../internal.node.js'
import type { TrainWords } from '../../terminal/train-display.js'

export function qualityText({ psnr, ssim, bicubic }: UpscalingQuality): string {
  return `PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)} (bicubic ${bicubic.psnr.toFixed(2)} dB, ${bicubic.ssim.toFixed(4)})`
}

export const upscalerWords: TrainWords<'upscale'> = {
  step: ({ epochLoss, epochPsnr }) => [`loss ${epochLoss.toFixed(5)}`, `PSNR ${epochPsnr.toFixed(2)} dB`],
  epoch: ({ train, test }) => [
    `loss ${train.loss.toFixed(5)}`,
    `train PSNR ${train.psnr.toFixed(2)} dB`,
    ...(test ? [`test PSNR ${test.psnr.toFixed(2)} dB (bicubic ${test.bicubic.psnr.toFixed(2)})`] : []),
  ],
}
