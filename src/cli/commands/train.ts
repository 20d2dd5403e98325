/** `resnet train`: trains a network on a data set, into the folder of a run. */
import { Command, Option } from 'commander'
import { defaultRecipe, isPresetName, taskOfNetwork } from '../../internal.node.js'
import { augmentOptions } from '../flags/augment.js'
import { checkpointOption } from '../flags/checkpoint.js'
import {
  dataOptions,
  engineOptions,
  jsonOption,
  number,
  numbers,
  presetParser,
  presetsText,
  recomputeOption,
  whole,
} from '../flags/options.js'
import { recipeOptions } from '../flags/recipe.js'
import type { TrainFlags } from '../flags/train.js'
import { type CommandTask, type CommandTasks, libraryTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { expectMeaning, findSaved, runTraining } from '../training-run.js'

/** A parser for names of networks, those of tasks of one's own among them. */
function networkParser(tasks: CommandTasks): (value: string) => string {
  const own = Object.values(tasks).flatMap(({ networks }) => networks.filter((name) => !isPresetName(name)))
  return (value) => (own.includes(value) ? value : presetParser(value))
}

export function trainCommand(tasks: CommandTasks): Command {
  const { decayOn, seed } = defaultRecipe
  const command = new Command().addOption(
    new Option('-a, --arch <name>', `${presetsText} (default: resnet20)`).argParser(networkParser(tasks)),
  )
  command.option(
    '--scale <n>',
    'of nets that give pictures, such as vdsr20: by how much, 2, 3, 4 or several as 2,3,4 (default: 2)',
    numbers,
  )
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
    .action((flags: TrainFlags) => interruptible((signal) => run(tasks, flags, signal), nothingKept))
}

/** The checkpoint tells the task of a run that goes on, the architecture that of a new one. */
async function run(tasks: CommandTasks, flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const library = libraryTasks(tasks)
  const saved = flags.resume === undefined ? undefined : await findSaved(flags, library)
  const { task, training } = saved ? tasks[taskOfNetwork(saved.checkpoint.spec, library).name]! : wanted(tasks, flags)
  expectMeaning(flags, task.words.does, training)
  await runTraining(library, training, flags, signal, saved)
}

function wanted(tasks: CommandTasks, { arch = 'resnet20' }: TrainFlags): CommandTask<string> {
  return Object.values(tasks).find(({ networks }) => networks.includes(arch))!
}
