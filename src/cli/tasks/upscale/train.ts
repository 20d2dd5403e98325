/** `resnet train` of networks that upscale pictures. */
import { createTrainer, type PresetName, preset, resumeTrainer } from '../../../internal.node.js'
import { recipeOf } from '../../flags/recipe.js'
import { say } from '../../terminal/output.js'
import { computeOf } from '../../training-run.js'
import type { TrainTask } from '../task.js'
import { loadPictures } from './pictures.js'
import { qualityText, upscalerWords } from './words.js'

export const upscalingTraining: TrainTask<'upscale'> = {
  foreign: [
    ...(['valSplit', 'augment', 'jitter', 'cache', 'cacheLimit', 'dataMemory'] as const),
    ...(['labelSmoothing', 'warmupUntil', 'warmupLr', 'preciseBn'] as const), // of classes, and of norms
  ],
  begin: async (network, flags, signal) => {
    const { scale: scales = [2], dataset = 'builtin' } = flags
    const data = await loadPictures(flags, dataset, scales, signal)
    const { head, input: usual } = preset(network as PresetName)
    const enlarges = head.kind === 'picture' && head.enlarge > 1
    const side = Math.min(flags.size ?? usual.height, smallestSide(data.train, enlarges ? scales[0]! : 1))
    const input = { channels: 1, height: side, width: side }
    const spec = preset(network as PresetName, { input, ...(enlarges ? { scale: scales[0]! } : {}) })
    const trainer = await createTrainer(spec, data, recipeOf(flags), computeOf(flags, signal))
    say(`${spec.name} on ${data.name}: ${data.train.length} training and ${data.test.length} test pictures`)
    return { trainer, name: `${network}-${dataset}` }
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
  advice: () => [],
  words: upscalerWords,
  figures: ({ test }) => `test ${qualityText(test)}`,
}

/** The side of the largest patch that fits on every picture after a reduction by `factor`. */
function smallestSide(planes: readonly { readonly height: number; readonly width: number }[], factor: number): number {
  return Math.floor(planes.reduce((side, { height, width }) => Math.min(side, height, width), Infinity) / factor)
}
