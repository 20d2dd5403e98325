/**
 * `resnet finetune`: teaches a trained network the classes of a folder of pictures. The results go to the folder of a
 * run.
 */
import { statSync } from 'node:fs'
import { Command, Option } from 'commander'
import { ConfigError, RunFolder, readAnyCheckpoint, type Tasks } from '../../internal.node.js'
import { checkpointOption } from '../flags/checkpoint.js'
import type { FinetuneFlags } from '../flags/finetune.js'
import { engineOptions, flagOf, folderOptions, gibibytes, jsonOption, number, whole } from '../flags/options.js'
import { recipeOptions } from '../flags/recipe.js'
import { knownOptions, openWeights } from '../flags/weights.js'
import { libraryTasks, partOf } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { orGivenBack } from '../training-run.js'

/** The flags of a recipe that fine-tuning takes. */
const recipeFlags = [
  'epochs',
  'steps',
  'batchSize',
  'lr',
  'optimizer',
  'momentum',
  'weightDecay',
  'schedule',
  'labelSmoothing',
  'preciseBn',
]
export function finetuneCommand(tasks: CommandTasks): Command {
  const made = new Command()
    .argument('<folder>', 'one folder per class, or train/ and test/ (or val/) with such folders')
    .option('--weights <file>', 'initial weights: a checkpoint, safetensors, or a file of PyTorch')
  for (const option of knownOptions()) made.addOption(option)
  made
    .option(
      '--freeze <what>',
      'layers that do not learn: none, stem (the stem only), stage1 (up to stage1), ..., or all (all but the classifier); default: by the number of pictures',
    )
    .addOption(
      new Option('--views <n>', 'augmented views of each picture for the frozen part (default: 8)').argParser(whole(1)),
    )
    .addOption(
      new Option(
        '--held-out <n>',
        'number or fraction of pictures to test on, if there is no test/ (default: 0.2)',
      ).argParser(number),
    )
  for (const option of recipeOptions().filter((option) => recipeFlags.includes(option.attributeName()))) {
    option.description = option.description.replace(/ ?\(default: [^)]*\)/, '')
    made.addOption(option)
  }
  made
    .option('--seed <n>', 'seed of the new weights, order, augmentation and held-out pictures (default: 0)', whole(0))
    .option('--resume [path]', 'resume the run in this folder (default: that of --save-dir)')
    .option('--save-dir <dir>', 'folder of the run (default: runs/finetune-FOLDER)')
    .addOption(checkpointOption())
    .addOption(new Option('--feature-memory <gib>', 'GiB that features may take (default: 1)').argParser(gibibytes))
  for (const option of [...folderOptions(), ...engineOptions()]) made.addOption(option)
  return made
    .addOption(jsonOption('{ classes, test, confusion, freeze, checkpoint, report, mistakes, ... }'))
    .addHelpText(
      'after',
      [
        '\nThe defaults depend on the frozen layers and on the number of pictures. The chosen values are printed with the reason.',
        examples(
          'finetune my-pictures --weights resnet18.safetensors',
          'finetune my-pictures --weights resnet18.safetensors --freeze stage3 --epochs 20',
          'finetune my-pictures --resume runs/finetune-my-pictures',
        ),
      ].join('\n'),
    )
    .action((folder: string, flags: FinetuneFlags) =>
      interruptible((signal) => run(tasks, folder, flags, signal), nothingKept),
    )
}

/** The weights, or the checkpoint of a resumed run, determine the task. */
async function run(tasks: CommandTasks, path: string, flags: FinetuneFlags, signal: AbortSignal): Promise<void> {
  const library = libraryTasks(tasks)
  if (flags.resume !== undefined) return goOn(tasks, library, path, flags, signal)
  if (flags.weights === undefined)
    throw new ConfigError(
      '--weights: missing; give the initial weights, as --weights resnet18.safetensors, or resume a run with --resume',
    )
  const { weights, arch, mean, std } = flags
  const network = await openWeights({ weights, arch, mean, std }, { signal, tasks: library })
  await partOf(tasks, network.spec, 'finetune')(path, { network }, flags, signal)
}

/** Resumes a run. Its settings are in its checkpoint, and flags must not contradict them. */
async function goOn(
  tasks: CommandTasks,
  library: Tasks,
  path: string,
  flags: FinetuneFlags,
  signal: AbortSignal,
): Promise<void> {
  const place = typeof flags.resume === 'string' ? flags.resume : flags.saveDir
  if (place === undefined) throw new ConfigError('--resume: which run? Give its folder, or --save-dir')
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError(`--resume: expected the folder of a run, got ${place}`)
  const given = [...recipeFlags, 'weights', 'arch', 'mean', 'std', 'freeze', 'views', 'heldOut', 'seed'].find(
    (name) => flags[name as keyof FinetuneFlags] !== undefined,
  )
  if (given !== undefined)
    throw new ConfigError(`${flagOf(given)}: a resumed run has its own; leave the flag out, or start a new run`)
  const folder = new RunFolder(place, { tasks: library })
  await orGivenBack({ folder }, async () => {
    await folder.claim()
    const checkpoint = await readAnyCheckpoint(folder.last, { tasks: library })
    await partOf(tasks, checkpoint.spec, 'finetune')(path, { saved: { folder, checkpoint } }, flags, signal)
  })
}
