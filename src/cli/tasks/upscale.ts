/** `resnet train` of networks that make pictures larger. */
import {
  ConfigError,
  createTrainer,
  type DatasetName,
  forUpscaling,
  loadDataset,
  type PresetName,
  preset,
  resumeTrainer,
  type UpscalingData,
  upscalingFolder,
} from '../../internal.node.js'
import { flagOf } from '../flags/options.js'
import { recipeOf } from '../flags/recipe.js'
import type { TrainFlags } from '../flags/train.js'
import { say } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'
import type { TrainWords } from '../terminal/train-display.js'
import { computeOf } from '../training-run.js'
import type { TrainTask } from './task.js'

/** Test pictures of a data set of classes, where nothing is said. */
const TEST_PICTURES = 100

const words: TrainWords<'upscale'> = {
  step: ({ epochLoss, epochPsnr }) => [`loss ${epochLoss.toFixed(5)}`, `PSNR ${epochPsnr.toFixed(2)} dB`],
  epoch: ({ train, test }) => [
    `loss ${train.loss.toFixed(5)}`,
    `train PSNR ${train.psnr.toFixed(2)} dB`,
    ...(test ? [`test PSNR ${test.psnr.toFixed(2)} dB (bicubic ${test.bicubic.psnr.toFixed(2)})`] : []),
  ],
}

export const upscalingTraining: TrainTask<'upscale'> = {
  foreign: [
    ...(['valSplit', 'augment', 'jitter', 'cache', 'cacheLimit', 'dataMemory'] as const),
    ...(['labelSmoothing', 'warmupUntil', 'warmupLr', 'preciseBn'] as const), // of classes, and of norms
  ],
  begin: async (flags, signal) => {
    const { arch = 'vdsr20', scale: scales = [2], dataset = 'builtin' } = flags
    const data = await loadPictures(flags, dataset, scales, signal)
    const enlarges = arch === 'edsr_baseline'
    const side = Math.min(
      flags.size ?? preset(arch as PresetName).input.height,
      smallestSide(data.train, enlarges ? scales[0]! : 1),
    )
    const input = { channels: 1, height: side, width: side }
    const spec = preset(arch as PresetName, { input, ...(enlarges ? { scale: scales[0]! } : {}) })
    const trainer = await createTrainer(spec, data, recipeOf(flags), computeOf(flags, signal))
    say(`${spec.name} on ${data.name}: ${data.train.length} training and ${data.test.length} test pictures`)
    return { trainer, name: `${arch}-${dataset}` }
  },
  goOn: async (flags, checkpoint, dataset, signal) => {
    const { data: held, preprocessing } = checkpoint
    const limits = dataset === 'folder' ? {} : { limitTrain: held.train, limitTest: held.test }
    const given = { ...flags, limitTrain: undefined, limitTest: undefined, ...limits } // these agree with what is held
    const data = await loadPictures(given, dataset, preprocessing.scales ?? [], signal)
    return resumeTrainer(checkpoint, data, computeOf(flags, signal))
  },
  agreements: (flags, { data, preprocessing }) => [
    ['--limit-train', flags.limitTrain, data.train],
    ['--scale', flags.scale, preprocessing.scales],
  ],
  words,
  figures: ({ test: { psnr, ssim, bicubic } }) =>
    `test PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)} (bicubic ${bicubic.psnr.toFixed(2)} dB, ${bicubic.ssim.toFixed(4)})`,
}

type Limits = { readonly [name in 'limitTrain' | 'limitTest']?: number | undefined }

async function loadPictures(
  { data, ...limits }: Pick<TrainFlags, 'data'> & Limits,
  dataset: DatasetName,
  scales: readonly number[],
  signal: AbortSignal,
): Promise<UpscalingData> {
  const { limitTrain, limitTest = TEST_PICTURES } = limits
  if (dataset !== 'folder')
    return forUpscaling(await loadDataset(dataset, data, { limit: { train: limitTrain, test: limitTest } }), scales)
  const limit = (['limitTrain', 'limitTest'] as const).find((name) => limits[name] !== undefined)
  if (limit !== undefined)
    throw new ConfigError(`${flagOf(limit)}: a folder of pictures to enlarge is read whole; leave it out`)
  const progress = new Progress('decoding', (count) => `${count} pictures`)
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total)
    return await upscalingFolder(data ?? '.', { scales, signal, onProgress, onNote: say })
  } finally {
    progress.stop()
  }
}

/** Pixels of the largest patch that fits on every picture, at most so many times smaller ones. */
function smallestSide(planes: readonly { readonly height: number; readonly width: number }[], factor: number): number {
  return Math.floor(planes.reduce((side, { height, width }) => Math.min(side, height, width), Infinity) / factor)
}
