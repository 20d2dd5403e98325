/** `resnet train` for classifiers. */
import {
  adviceFor,
  type Checkpoint,
  ConfigError,
  createTrainer,
  type Dataset,
  type DatasetName,
  defaultRecipe,
  inputSize,
  matchChannels,
  type PresetName,
  preset,
  resumeTrainer,
  splitDataset,
} from '../../../internal.node.js'
import { augmentationOf, compareAugmentation } from '../../flags/augment.js'
import { sizeFor } from '../../flags/options.js'
import { recipeOf } from '../../flags/recipe.js'
import type { TrainFlags } from '../../flags/train.js'
import { loadData } from '../../load-data.js'
import { percentText, say } from '../../terminal/output.js'
import { computeOf } from '../../training-run.js'
import type { TrainTask } from '../task.js'
import { classifierWords } from './words.js'

export const classifierTraining: TrainTask<'classify'> = {
  foreign: ['scale'],
  begin: async (network, flags, signal) => {
    const { dataset = 'builtin' } = flags
    if (flags.size !== undefined && dataset !== 'builtin' && dataset !== 'folder')
      throw new ConfigError(`--size: the pictures of ${dataset} have one size; leave it out`)
    const loaded = await loadData(flags, dataset, flags.size, signal, { seed: flags.seed })
    const data =
      flags.valSplit === undefined ? loaded : splitDataset(loaded, flags.valSplit, flags.seed ?? defaultRecipe.seed)
    const { channels, height, width } = inputSize(data.train)
    const spec = preset(network as PresetName, { classes: data.classes.length, input: { channels, height, width } })
    const recipe = { ...recipeOf(flags), augmentation: augmentationOf(flags, data) }
    const trainer = await createTrainer(spec, data, recipe, computeOf(flags, signal))
    say(`${spec.name} on ${data.name}: ${data.train.count} training and ${data.test.count} test pictures`)
    return { trainer, name: `${network}-${dataset}` }
  },
  goOn: async (flags, checkpoint, dataset, signal) =>
    resumeTrainer(checkpoint, await sameData(flags, checkpoint, dataset, signal), computeOf(flags, signal)),
  agreements: (flags, { data, recipe }) => {
    const { valSplit } = flags
    const pictures = data.train + (data.val ?? 0)
    const split = valSplit !== undefined && valSplit < 1 ? Math.round(valSplit * pictures) : valSplit
    return [
      ['--limit-train', flags.limitTrain, pictures],
      ['--val-split', split, data.val ?? 0],
      ...compareAugmentation(flags, recipe.augmentation),
    ]
  },
  advice: adviceFor,
  words: classifierWords,
  figures: ({ train, test }) =>
    `test error ${percentText(test.top1Error)} (loss ${test.loss.toFixed(4)}), training error ${percentText(train.top1Error)}`,
}

/**
 * Loads the data that a run began with. Validation pictures come from the folder, or were split off the training
 * pictures.
 */
async function sameData(
  flags: TrainFlags,
  { data: held, spec, recipe }: Checkpoint,
  dataset: DatasetName,
  signal: AbortSignal,
): Promise<Dataset> {
  const load = async (limitTrain: number) =>
    matchChannels(
      await loadData(
        { ...flags, limitTrain, limitTest: held.test },
        dataset,
        sizeFor(dataset, spec.input.height),
        signal,
        { again: held.heldOut },
      ),
      spec.input.channels,
    )
  if (held.val === undefined) return load(held.train)
  const whole = await load(held.train + held.val)
  return whole.val ? load(held.train) : splitDataset(whole, held.val, recipe.seed)
}
