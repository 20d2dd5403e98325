/** `resnet train`: trains a network on a data set. The results go to the folder of a run. */
import { Command, Option } from 'commander'
import { defaultRecipe } from '../../internal.node.js'
import { augmentOptions } from '../flags/augment.js'
import { checkpointOption } from '../flags/checkpoint.js'
import {
  dataOptions,
  engineOptions,
  jsonOption,
  number,
  numbers,
  presetsText,
  recomputeOption,
  whole,
} from '../flags/options.js'
import { recipeOptions } from '../flags/recipe.js'
import type { TrainFlags } from '../flags/train.js'
import { libraryTasks, networkParser, rowOf, rowWith } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { expectMeaning, withSaved } from '../training-run.js'

export function trainCommand(tasks: CommandTasks): Command {
  const { decayOn, seed } = defaultRecipe
  const command = new Command().addOption(
    new Option('-a, --arch <name>', `${presetsText} (default: ${usualNetwork(tasks)})`).argParser(networkParser(tasks)),
  )
  command.option(
    '--scale <n>',
    'upscaling factors of nets such as vdsr20: 2, 3, 4 or several as 2,3,4 (default: 2)',
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
    .option('--val-split <n>', 'number or fraction of training pictures to validate on, such as 500 or 0.1', number)
  for (const option of recipeOptions()) command.addOption(option)
  for (const option of augmentOptions()) command.addOption(option)
  command
    .option('--seed <n>', `seed of weights, order, augmentation and split (default: ${seed})`, whole(0))
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

/** The checkpoint determines the task of a resumed run, and the network that of a new run. */
async function run(tasks: CommandTasks, flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const library = libraryTasks(tasks)
  if (flags.resume !== undefined)
    return withSaved(flags, library, async (saved) => {
      const { task, train } = rowOf(tasks, saved.checkpoint.spec)
      expectMeaning(flags, task.words.does, train.foreign)
      await train.goOn(library, saved, flags, signal)
    })
  const { arch = usualNetwork(tasks) } = flags
  const { task, train } = rowWith(tasks, arch)!
  expectMeaning(flags, task.words.does, train.foreign)
  await train.start(library, arch, flags, signal)
}

/** The default network: the one of the first task. */
function usualNetwork(tasks: CommandTasks): string {
  return Object.values(tasks)[0]!.usual
}
