/** `resnet train`: trains a network on a data set, into the folder of a run. */
import { Command, Option } from 'commander'
import { ConfigError, defaultRecipe, presetsFor, type TaskName, taskNames, taskOf } from '../node.js'
import { augmentOptions } from './augment-flags.js'
import { checkpointOption } from './checkpoint-flag.js'
import { interruptible, nothingKept } from './interrupt.js'
import { examples } from './invocation.js'
import {
  dataOptions,
  engineOptions,
  jsonOption,
  number,
  numbers,
  oneOf,
  presetParser,
  presetsText,
  recomputeOption,
  whole,
} from './options.js'
import { recipeOptions } from './recipe-flags.js'
import { classifierTraining } from './train-classifier.js'
import { upscalingTraining } from './train-upscaling.js'
import { expectMeaning, findSaved, runTraining, type TrainFlags, type TrainTask } from './training-run.js'

const trainings: { readonly [T in TaskName]: TrainTask<T> } = {
  classify: classifierTraining,
  upscale: upscalingTraining,
}

export function trainCommand(): Command {
  const { decayOn, seed } = defaultRecipe
  const command = new Command().addOption(
    new Option('-a, --arch <name>', `${presetsText} (default: resnet20)`).argParser(presetParser),
  )
  command.addOption(
    new Option('--task <name>', `${taskNames.join(', ')} (default: classify)`).argParser(oneOf(taskNames)),
  )
  command.option('--scale <n>', 'of --task upscale: by how much, 2, 3, 4 or several as 2,3,4 (default: 2)', numbers)
  for (const option of dataOptions()) command.addOption(option)
  command
    .option('--limit-train <n>', 'use the first n training pictures only', whole(1))
    .option(
      '--size <n>',
      'height and width of builtin pictures, 16 or 32 (default: 32), or of a folder (224)',
      whole(1),
    )
    .option('--val-split <n>', 'validate on n training pictures instead, or on a fraction as 0.1', number)
  for (const option of recipeOptions()) command.addOption(option)
  for (const option of augmentOptions()) command.addOption(option)
  command
    .option('--seed <n>', `names weights, order, augmentation and split (default: ${seed})`, whole(0))
    .option('--resume [path]', 'go on from a checkpoint or the folder of a run (default: that of --save-dir)')
    .option('--save-dir <dir>', 'folder of the run (default: runs/ARCH-DATASET)')
    .addOption(checkpointOption())
    .addOption(recomputeOption())
  for (const option of engineOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('{ epochs, train, test, imagesPerSecond, engine, weightHash, checkpoint }'))
    .addHelpText(
      'after',
      [
        `\nWeight decay acts on ${decayOn === 'all' ? 'all parameters' : 'weights'} unless --decay-on says otherwise.`,
        examples(
          'train --arch resnet20 --dataset cifar10 --data data --epochs 10 -b 128 --lr 0.1',
          'train --resume runs/resnet20-cifar10 --data data',
        ),
      ].join('\n'),
    )
    .action((flags: TrainFlags) => interruptible((signal) => run(flags, signal), nothingKept))
}

/** Of a run that goes on, the checkpoint tells the task. */
async function run(flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const saved = flags.resume === undefined ? undefined : await findSaved(flags)
  const task = saved ? taskOf(saved.checkpoint.spec) : wantedTask(flags)
  const training = trainings[task] as unknown as TrainTask<string> // of the task that the checkpoint is of
  expectMeaning(flags, task, training)
  await runTraining(training, flags, signal, saved)
}

/** The architecture tells the task, where it is named. */
function wantedTask({ task, arch }: TrainFlags): TaskName {
  if (arch === undefined) return task ?? 'classify'
  const own = taskNames.find((other) => presetsFor(other).includes(arch))
  if (task !== undefined && own !== undefined && own !== task)
    throw new ConfigError(`--task ${task}: ${arch} is for the task ${own}; leave --task out, or name another --arch`)
  return own ?? 'classify'
}
