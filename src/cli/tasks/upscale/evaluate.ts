/** `resnet eval` for upscaling networks: PSNR and SSIM on a test set, beside those of bicubic enlargement. */
import { type DecodedNetwork, evaluate as evaluateNetwork } from '../../../internal.node.js'
import type { EvalFlags } from '../../flags/network.js'
import { computeFrom } from '../../flags/options.js'
import { recordedDataset } from '../../load-data.js'
import { oneLine } from '../../terminal/output.js'
import { expectMeaning } from '../../training-run.js'
import type { Measured } from '../task.js'
import { loadPictures } from './pictures.js'
import { qualityText } from './words.js'

const foreign = ['all', 'allowOtherClasses', 'cache', 'cacheLimit', 'dataMemory'] as const

export async function evaluate(network: DecodedNetwork, flags: EvalFlags, signal: AbortSignal): Promise<Measured> {
  expectMeaning(flags, 'upscales pictures', foreign)
  const { spec, preprocessing } = network
  const dataset = flags.dataset ?? recordedDataset(flags.weights, network)
  // Nothing is learned, so a data set of classes is read with one training picture.
  const limits = { limitTrain: dataset === 'folder' ? undefined : 1, limitTest: flags.limitTest }
  const data = await loadPictures({ data: flags.data, ...limits }, dataset, preprocessing.scales ?? [], signal)
  const { count, psnr, ssim, bicubic, scales } = await evaluateNetwork(network, data, computeFrom(flags, signal))
  return {
    figures: { count, psnr, ssim, bicubic, scales },
    text: `${oneLine(spec.name)} on ${count} test pictures of ${oneLine(data.name)}: ${qualityText({ psnr, ssim, bicubic })}`,
  }
}
