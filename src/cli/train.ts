/** `resnet train`: trains a network on a data set, into the folder of a run. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import {
  adviceFor,
  type Checkpoint,
  type CheckpointEvery,
  type ChosenEngine,
  ConfigError,
  createTrainer,
  type Dataset,
  type DatasetName,
  datasetNames,
  defaultRecipe,
  inputSize,
  type PlanBytes,
  type PresetName,
  preset,
  presetNames,
  type Recipe,
  type Recompute,
  RunFolder,
  RunKeeper,
  readCheckpoint,
  resumeTrainer,
  splitDataset,
  type Task,
  type Trainer,
  TrainingError,
  type TrainingResult,
  tasks,
  trainToEnd,
  warmUpAdvice,
} from '../node.js'
import { type AugmentFlags, augmentationOf, augmentOptions, compareAugmentation } from './augment-flags.js'
import { checkpointOption } from './checkpoint-flag.js'
import { Interrupted, interruptible } from './interrupt.js'
import { loadData } from './load-data.js'
import {
  type DataFlags,
  dataOptions,
  type EngineFlags,
  engineOptions,
  jsonOption,
  number,
  numbers,
  oneOf,
  presetParser,
  recomputeOption,
  sizeFor,
  whole,
} from './options.js'
import { bytesText, percentText, print, rateText, say } from './output.js'
import { type RecipeFlags, recipeOf, recipeOptions } from './recipe-flags.js'
import { TrainDisplay } from './train-display.js'
import { trainUpscaling } from './train-upscaling.js'

interface Flags extends DataFlags, EngineFlags, AugmentFlags, RecipeFlags {
  readonly task?: Task
  readonly scale?: number[]
  readonly arch?: PresetName
  readonly size?: number
  readonly valSplit?: number
  readonly resume?: string | true
  readonly saveDir?: string
  readonly checkpointEvery?: CheckpointEvery
  readonly recompute?: Recompute
  readonly json?: true
}

export function trainCommand(): Command {
  const { decayOn, seed } = defaultRecipe
  const command = new Command().addOption(
    new Option('-a, --arch <name>', `${presetNames.join(', ')} (default: resnet20)`).argParser(presetParser),
  )
  command.addOption(new Option('--task <name>', `${tasks.join(', ')} (default: classify)`).argParser(oneOf(tasks)))
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
        '\nExamples:',
        '  $ resnet train --arch resnet20 --dataset cifar10 --data data --epochs 10 -b 128 --lr 0.1',
        '  $ resnet train --resume runs/resnet20-cifar10 --data data',
      ].join('\n'),
    )
    .action((flags: Flags) =>
      interruptible((signal) =>
        flags.task === 'upscale' ? trainUpscaling(flags, recipeOf(flags), signal) : run(flags, signal),
      ),
    )
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { trainer, folder, keeper } =
    flags.resume === undefined ? await start(flags, signal) : await goOn(flags, signal)
  const display = new TrainDisplay(trainer.epochs)
  let advised = false
  try {
    const { build, threads, reason } = trainer.engine
    say(`engine ${build}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${reason}`)
    const result = await trainToEnd(trainer, {
      onProgress: (progress) => {
        display.progress(progress)
        return keeper.progress(progress.step)
      },
      onEpoch: (record) => {
        display.epoch(record)
        const advice = advised ? undefined : warmUpAdvice(trainer.recipe, trainer.progress, trainer.totalSteps)
        if (advice) say(`note: ${advice}`)
        advised ||= advice !== undefined
        return keeper.epoch(record)
      },
    })
    report(flags, result, folder)
  } catch (error) {
    display.stop()
    if (error instanceof Interrupted)
      say(`stopped after step ${await keeper.save()}; go on with: resnet train --resume ${folder.path}`)
    if (error instanceof TrainingError) throw new TrainingError(`${error.message}; ${keeper.saved}`)
    throw error
  } finally {
    display.stop()
    await trainer.dispose()
    folder.release()
  }
}

interface Started {
  readonly trainer: Trainer<ChosenEngine>
  readonly folder: RunFolder
  readonly keeper: RunKeeper
}

/** A run from the beginning. */
async function start(flags: Flags, signal: AbortSignal): Promise<Started> {
  const { arch = 'resnet20', dataset = 'builtin', engine, threads, recompute } = flags
  if (flags.size !== undefined && dataset !== 'builtin' && dataset !== 'folder')
    throw new ConfigError(`--size: the pictures of ${dataset} have one size; leave it out`)
  const loaded = await loadData(flags, dataset, flags.size, signal)
  const data =
    flags.valSplit === undefined ? loaded : splitDataset(loaded, flags.valSplit, flags.seed ?? defaultRecipe.seed)
  const { channels, height, width } = inputSize(data.train)
  const spec = preset(arch, { classes: data.classes.length, input: { channels, height, width } })
  const trainer = await createTrainer(
    spec,
    data,
    { ...recipeOf(flags), augmentation: augmentationOf(flags, data) },
    { engine, threads, recompute, signal, onPlan: sayMemory },
  )
  say(`${spec.name} on ${data.name}: ${data.train.count} training and ${data.test.count} test pictures`)
  for (const sentence of adviceFor(spec, trainer.recipe)) say(`note: ${sentence}`)
  const folder = new RunFolder(flags.saveDir ?? join('runs', `${arch}-${dataset}`))
  const earlier = await folder.startAnew()
  if (earlier !== undefined) say(`the earlier run in ${folder.path} is now in ${earlier}`)
  const keeper = new RunKeeper(trainer, folder, undefined, { every: flags.checkpointEvery })
  await keeper.save() // a disk that cannot be written to shows before an hour of work, not after
  return { trainer, folder, keeper }
}

/** A run that goes on. Spec and recipe come from the checkpoint; flags must not say otherwise. */
async function goOn(flags: Flags, signal: AbortSignal): Promise<Started> {
  const path = typeof flags.resume === 'string' ? flags.resume : flags.saveDir
  if (path === undefined) throw new ConfigError('--resume: which run? Give a folder or a checkpoint, or --save-dir')
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const file = isFolder ? new RunFolder(path).last : path
  const target = flags.saveDir ?? (isFolder ? path : dirname(path))
  const folder = new RunFolder(target)
  const goesOnInPlace = resolve(target) === resolve(dirname(file))
  if (goesOnInPlace && existsSync(file)) await folder.claim() // before reading what another process may be writing
  const checkpoint = await readCheckpoint(file)
  expectAgreement(flags, checkpoint)
  const dataset = datasetNames.find((name) => name === checkpoint.data.name)
  if (!dataset)
    throw new ConfigError(
      `${file}: was trained on ${checkpoint.data.name}, which has no --dataset name; go on with it by resumeTrainer()`,
    )
  const data = await sameData(flags, checkpoint, dataset, signal)
  const { engine, threads, recompute } = flags
  const trainer = await resumeTrainer(checkpoint, data, { engine, threads, recompute, signal, onPlan: sayMemory })
  const { step } = checkpoint.progress
  say(`${checkpoint.spec.name} on ${data.name}: goes on after step ${step} of ${trainer.totalSteps}`)
  if (checkpoint.engine !== trainer.engine.build)
    say(`note: begun on ${checkpoint.engine}; ${trainer.engine.build} rounds differently, so the bits will differ`)
  const earlier = goesOnInPlace ? undefined : await folder.startAnew()
  if (earlier !== undefined) say(`the earlier run in ${folder.path} is now in ${earlier}`)
  if (!goesOnInPlace)
    for (const what of await folder.bringFrom(dirname(file), checkpoint))
      say(`note: ${what} is not beside ${file}; the run goes on without it, until a better one comes`)
  const seconds = (await folder.goOnFrom(checkpoint.progress))?.seconds
  const secondsBefore = typeof seconds === 'number' ? seconds : 0
  const keeper = new RunKeeper(trainer, folder, goesOnInPlace ? step : undefined, {
    every: flags.checkpointEvery,
    secondsBefore,
  })
  if (!goesOnInPlace) await keeper.save()
  return { trainer, folder, keeper }
}

/** Before any of it is allocated. */
function sayMemory({ step, evaluation }: PlanBytes): void {
  say(`memory: ${bytesText(step)} for a step, ${bytesText(evaluation)} for evaluations`)
}

/** The data that a run began with. Pictures to validate on are a folder's own, or were split off. */
async function sameData(
  flags: Flags,
  { data: held, spec, recipe }: Checkpoint,
  dataset: DatasetName,
  signal: AbortSignal,
): Promise<Dataset> {
  const load = (limitTrain: number) =>
    loadData({ ...flags, limitTrain, limitTest: held.test }, dataset, sizeFor(dataset, spec.input.height), signal)
  if (held.val === undefined) return load(held.train)
  const whole = await load(held.train + held.val)
  return whole.val ? load(held.train) : splitDataset(whole, held.val, recipe.seed)
}

/** @throws ConfigError for a flag that contradicts the checkpoint. */
function expectAgreement(flags: Flags, { spec, recipe, data }: Checkpoint): void {
  const { valSplit } = flags
  const pictures = data.train + (data.val ?? 0)
  const fixed: [flag: string, given: unknown, held: unknown][] = [
    ['--arch', flags.arch, spec.name],
    ['--dataset', flags.dataset, data.name],
    ['--size', flags.size, spec.input.height],
    ['--limit-train', flags.limitTrain, pictures],
    ['--limit-test', flags.limitTest, data.test],
    ['--val-split', valSplit !== undefined && valSplit < 1 ? Math.round(valSplit * pictures) : valSplit, data.val ?? 0],
    ...compareAugmentation(flags, recipe.augmentation),
  ]
  for (const [name, value] of Object.entries(recipeOf(flags)))
    fixed.push([
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      value,
      recipe[name as keyof Recipe],
    ])
  for (const [flag, value, held] of fixed)
    if (value !== undefined && String(value) !== String(held))
      throw new ConfigError(
        `${flag} ${String(value)}: the run to go on with has ${String(held)}; leave the flag out, or start a new run`,
      )
}

function report(flags: Flags, result: TrainingResult, folder: RunFolder): void {
  const { epochs, train, val, test, imagesPerSecond, engine, weightHash } = result
  if (flags.json) {
    print(JSON.stringify({ epochs, train, val, test, imagesPerSecond, engine, weightHash, checkpoint: folder.last }))
    return
  }
  print(
    [
      `test error ${percentText(test.top1Error)} (loss ${test.loss.toFixed(4)}), training error ${percentText(train.top1Error)}`,
      `${rateText(imagesPerSecond)} on ${engine}; weights ${weightHash}`,
      `saved in ${folder.path}: last.safetensors, best.safetensors (best on test)${val ? ', best-on-val.safetensors' : ''}, metrics.jsonl`,
    ].join('\n'),
  )
}
