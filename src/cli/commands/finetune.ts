/** `resnet finetune`: teaches a trained network the classes of a folder of pictures, into the folder of a run. */
import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, Option } from 'commander'
import {
  type CheckpointEvery,
  type ChosenEngine,
  type ClassFolder,
  type ClassFolderOptions,
  ConfigError,
  classFolder,
  createFinetuning,
  type EpochRecord,
  type FinetuneReport,
  type Finetuning,
  type Freeze,
  matchChannels,
  type Preprocessing,
  RunFolder,
  RunKeeper,
  readCheckpoint,
  resumeFinetuning,
  TrainingError,
  textTable,
  writeAtomically,
} from '../../internal.node.js'
import { checkpointOption } from '../flags/checkpoint.js'
import {
  computeFrom,
  type EngineFlags,
  engineOptions,
  flagOf,
  folderOptions,
  gibibytes,
  jsonOption,
  number,
  whole,
} from '../flags/options.js'
import { type RecipeFlags, recipeOf, recipeOptions } from '../flags/recipe.js'
import { type KnownFlags, knownOptions, openClassifier, readsText } from '../flags/weights.js'
import { sayUnreadable } from '../load-data.js'
import type { Mistake } from '../report/finetune-report.js'
import { Interrupted, interruptible, nothingKept } from '../terminal/interrupt.js'
import { command, examples, word } from '../terminal/invocation.js'
import { oneLine, percentText, print, say } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'
import { classifierWords, TrainDisplay } from '../terminal/train-display.js'
import { sayHeldBack, stoppedText } from '../training-run.js'

interface Flags extends EngineFlags, RecipeFlags, KnownFlags {
  readonly weights?: string
  readonly freeze?: Freeze
  readonly views?: number
  readonly heldOut?: number
  /** In bytes, as are the next two. */
  readonly featureMemory?: number
  readonly cache?: string
  readonly cacheLimit?: number
  readonly dataMemory?: number
  readonly saveDir?: string
  readonly resume?: string | true
  readonly checkpointEvery?: CheckpointEvery
  readonly json?: true
}

/** Of the flags of a recipe, those that matter here. */
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
/** Lines about epochs, at most. */
const LINES = 10

export function finetuneCommand(): Command {
  const made = new Command()
    .argument('<folder>', 'a folder a class, or train/ and test/ (or val/) that hold them')
    .option('--weights <file>', 'what to begin with: a checkpoint, safetensors, or a file of PyTorch')
  for (const option of knownOptions()) made.addOption(option)
  made
    .option(
      '--freeze <what>',
      'what stays as it is: none, stem, stage1, stage2, ..., or all but the classifier (default: by the number of pictures)',
    )
    .addOption(
      new Option('--views <n>', 'ways to augment pictures for the frozen part (default: 8)').argParser(whole(1)),
    )
    .addOption(
      new Option(
        '--held-out <n>',
        'test on so many pictures, or on a fraction, where there is no test/ (default: 0.2)',
      ).argParser(number),
    )
  for (const option of recipeOptions().filter((option) => recipeFlags.includes(option.attributeName()))) {
    option.description = option.description.replace(/ ?\(default: [^)]*\)/, '')
    made.addOption(option)
  }
  made
    .option('--seed <n>', 'names the new weights, order, augmentation and what is held out (default: 0)', whole(0))
    .option('--resume [path]', 'go on with a run in this folder (default: that of --save-dir)')
    .option('--save-dir <dir>', 'folder of the run (default: runs/finetune-FOLDER)')
    .addOption(checkpointOption())
    .addOption(new Option('--feature-memory <gib>', 'GiB that features may take (default: 1)').argParser(gibibytes))
  for (const option of [...folderOptions(), ...engineOptions()]) made.addOption(option)
  return made
    .addOption(jsonOption('{ classes, test, confusion, freeze, checkpoint, report, mistakes, ... }'))
    .addHelpText(
      'after',
      [
        '\nWhat is left out depends on what is frozen and on the number of pictures; what was chosen is printed, with the reason.',
        examples(
          'finetune my-pictures --weights resnet18.safetensors',
          'finetune my-pictures --weights resnet18.safetensors --freeze stage3 --epochs 20',
          'finetune my-pictures --resume runs/finetune-my-pictures',
        ),
      ].join('\n'),
    )
    .action((folder: string, flags: Flags) => interruptible((signal) => run(folder, flags, signal), nothingKept))
}

async function run(path: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const began = performance.now()
  const { tuning, loaded, folder, keeper } =
    flags.resume === undefined ? await start(path, flags, signal) : await goOn(path, flags, signal)
  const { trainer } = tuning
  const display = new TrainDisplay(trainer.epochs, classifierWords)
  const every = Math.ceil(trainer.epochs / LINES)
  try {
    const result = await tuning.run(
      {
        onProgress: (progress) => {
          display.progress(progress)
          return keeper.progress(progress.step)
        },
        onEpoch: async (record: EpochRecord) => {
          if (record.epoch % every === 0 || record.epoch === trainer.epochs) display.epoch(record)
          await folder.appendMetrics({ ...record })
        },
      },
      { signal },
    )
    await keeper.save()
    display.stop()
    const seconds = (performance.now() - began) / 1000
    await report(path, flags, result, loaded, folder, { threads: trainer.engine.threads, seconds })
  } catch (error) {
    display.stop()
    if (error instanceof Interrupted)
      error.tell(stoppedText(await keeper.save(), `finetune ${word(path)} --resume ${word(folder.path)}`))
    if (error instanceof TrainingError) throw new TrainingError(`${error.message}; ${keeper.saved}`)
    throw error
  } finally {
    display.stop()
    await tuning.dispose()
    folder.release()
  }
}

interface Started {
  readonly tuning: Finetuning
  readonly loaded: ClassFolder
  readonly folder: RunFolder
  readonly keeper: RunKeeper
}

async function start(path: string, flags: Flags, signal: AbortSignal): Promise<Started> {
  if (flags.weights === undefined)
    throw new ConfigError(
      '--weights: missing; name what to begin with, as --weights resnet18.safetensors, or go on with --resume',
    )
  const { weights, arch, mean, std } = flags
  const network = await openClassifier({ weights, arch, mean, std }, { signal })
  const reads = readsText(network.spec)
  if (reads) say(reads)
  const loaded = await loadFolder(
    path,
    flags,
    network.preprocessing,
    { heldOut: flags.heldOut, seed: flags.seed },
    signal,
  )
  if (flags.heldOut !== undefined && !loaded.isSplit)
    throw new ConfigError(`--held-out: ${path} has a part of its own to test on; leave it out`)
  const { freeze, views, featureMemory } = flags
  const { stop, ...features } = featureDisplay()
  const tuning = await createFinetuning(network, loaded.data, {
    freeze,
    views,
    featureMemory,
    ...recipeOf(flags),
    ...computeFrom(flags, signal),
    ...features,
  }).finally(stop)
  const folder = new RunFolder(flags.saveDir ?? join('runs', `finetune-${basename(resolve(path))}`))
  try {
    const earlier = await folder.startAnew()
    if (earlier !== undefined) say(`the earlier run in ${folder.path} is now in ${earlier}`)
    const keeper = new RunKeeper(tuning, folder, undefined, { every: flags.checkpointEvery, onHeldBack: sayHeldBack })
    await keeper.save() // a disk that cannot be written to shows before the work, not after
    await writeHeldOut(path, folder, loaded)
    return { tuning, loaded, folder, keeper }
  } catch (error) {
    await tuning.dispose()
    throw error
  }
}

/** For people: the checkpoint has no names of files, and does without this list. */
async function writeHeldOut(path: string, folder: RunFolder, { data }: ClassFolder): Promise<void> {
  if (!data.heldOut) return
  const list = { folder: resolve(path), ...data.heldOut, files: data.test.files }
  await writeAtomically(folder.heldOut, `${JSON.stringify(list, null, 2)}\n`)
}

/** A run that goes on. What it does stands in its checkpoint; flags must not say otherwise. */
async function goOn(path: string, flags: Flags, signal: AbortSignal): Promise<Started> {
  const place = typeof flags.resume === 'string' ? flags.resume : flags.saveDir
  if (place === undefined) throw new ConfigError('--resume: which run? Give its folder, or --save-dir')
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError(`--resume: expected the folder of a run, got ${place}`)
  const given = [...recipeFlags, 'weights', 'arch', 'mean', 'std', 'freeze', 'views', 'heldOut', 'seed'].find(
    (name) => flags[name as keyof Flags] !== undefined,
  )
  if (given !== undefined)
    throw new ConfigError(`${flagOf(given)}: a run that goes on has its own; leave the flag out, or start a new run`)
  const folder = new RunFolder(place)
  await folder.claim()
  const checkpoint = await readCheckpoint(folder.last)
  const { data: held, recipe, progress, preprocessing } = checkpoint
  // Runs of older versions have no record: the seed and the number say which were held out of the same folder.
  const again = held.heldOut ? { again: held.heldOut } : { heldOut: held.test, seed: recipe.seed }
  const loaded = await loadFolder(path, flags, preprocessing, again, signal)
  const { featureMemory } = flags
  const features = featureDisplay()
  const tuning = await resumeFinetuning(checkpoint, loaded.data, {
    ...computeFrom(flags, signal),
    featureMemory,
    ...features,
  }).finally(features.stop)
  say(`goes on after step ${progress.step} of ${tuning.trainer.totalSteps}`)
  await folder.goOnFrom(progress)
  const keeper = new RunKeeper(tuning, folder, progress.step, { every: flags.checkpointEvery, onHeldBack: sayHeldBack })
  return { tuning, loaded, folder, keeper }
}

/** In the size that the network reads, with what there is to say of it. */
async function loadFolder(
  path: string,
  flags: Flags,
  { input, resize }: Preprocessing,
  which: Pick<ClassFolderOptions, 'heldOut' | 'seed' | 'again'>,
  signal: AbortSignal,
): Promise<ClassFolder> {
  if (input.height !== input.width || (input.channels !== 3 && input.channels !== 1))
    throw new ConfigError(
      `--weights: the network reads pictures of ${input.channels}x${input.height}x${input.width}; folders give square ones in colour (3 channels) or made grey (1); take weights for these`,
    )
  const progress = new Progress('decoding', (count) => `${count.toLocaleString('en-US')} pictures`)
  try {
    const loaded = await classFolder(path, {
      size: input.height,
      packedSize: resize?.height ?? input.height,
      ...which,
      cache: flags.cache,
      cacheLimit: flags.cacheLimit,
      memory: flags.dataMemory,
      onProgress: (done, total) => progress.update(done, total),
      signal,
    })
    progress.stop()
    sayUnreadable(loaded.data)
    const { testedOn, notes } = loaded
    const data = matchChannels(loaded.data, input.channels)
    say(`${data.classes.length} classes, ${data.train.count} training pictures; tested on ${testedOn}`)
    for (const note of notes) say(`note: ${note}`)
    return { ...loaded, data }
  } finally {
    progress.stop()
  }
}

function featureDisplay() {
  const progress = new Progress('features', (count) => `${count.toLocaleString('en-US')} pictures`)
  return {
    onPlan: ({ reason, views, recipe }: Finetuning['plan'], { build, threads, reason: why }: ChosenEngine) => {
      say(`engine ${build}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${why}`)
      say(reason)
      const length = recipe.epochs === undefined ? `${recipe.steps} steps` : `${recipe.epochs} epochs`
      const seen = views > 1 ? `, features of ${views} views a picture` : ''
      say(`${length} in batches of ${recipe.batchSize}, ${recipe.optimizer}, lr ${recipe.lr}${seen}`)
    },
    onFeatures: (done: number, total: number) => progress.update(done, total),
    stop: () => progress.stop(),
  }
}

async function report(
  path: string,
  flags: Flags,
  result: FinetuneReport,
  { data, testedOn, notes }: ClassFolder,
  folder: RunFolder,
  { threads, seconds }: { readonly threads: number; readonly seconds: number },
): Promise<void> {
  const { finetuneReport, mistakesOf } = await import('../report/finetune-report.js') // what draws it takes long to load
  const file = join(folder.path, 'report.html')
  const name = basename(resolve(path))
  await writeAtomically(file, await finetuneReport(result, { name, data, testedOn, notes, threads, seconds }))
  const { test, plan, history, build: engine, weightHash } = result
  const { top1Error, confusion, classes, answers } = test
  const mistakes = mistakesOf(test, data)
  if (flags.json) {
    const { freeze, views } = plan
    const figures = { test: { count: answers.length, top1Error }, testedOn, classes, confusion }
    const how = { freeze, views, epochs: history.length, seconds, engine, weightHash }
    print(JSON.stringify({ ...figures, ...how, checkpoint: folder.last, report: file, mistakes }))
    return
  }
  const right = answers.length - mistakes.length
  print(
    [
      '',
      classTable(result),
      '',
      `test error ${percentText(top1Error)}: ${right} of ${answers.length} pictures are recognised`,
      ...mistakes.slice(0, 3).map((mistake) => `  ${oneLine(mistakeText(mistake))}`),
      `saved in ${folder.path}: last.safetensors (weights ${weightHash}), metrics.jsonl, report.html${data.heldOut ? ', held-out.json' : ''}`,
      `with pictures of the mistakes: ${pathToFileURL(resolve(file)).href}`,
      `the test again:  ${command(`eval --weights ${word(folder.last)} --data ${word(path)}`)}`,
      `on any picture:  ${command(`predict ${word(join(path, data.test.files?.[0] ?? ''))} --weights ${word(folder.last)}`)}`,
    ].join('\n'),
  )
}

function classTable({ test: { classes, confusion } }: FinetuneReport): string {
  const share = (value: number | undefined) => (value === undefined ? '–' : percentText(value))
  const rows = classes.map(({ name, count, recall, precision }, truth) => {
    const taken = confusion[truth]!.map((number, answer) => ({ number, answer }))
      .filter(({ number, answer }) => number > 0 && answer !== truth)
      .sort((a, b) => b.number - a.number)
      .slice(0, 3)
      .map(({ number, answer }) => `${classes[answer]!.name} ${number}`)
    return [name, String(count), share(recall), share(precision), taken.join(', ')]
  })
  return textTable(
    [['class', 'tested on', 'recognised', 'right when named', 'taken for'], 'rule', ...rows],
    ['left', 'right', 'right', 'right', 'left'],
  )
}

function mistakeText({ file, truth, answer, probability }: Mistake): string {
  return `${file}: ${answer} ${percentText(100 * probability)}, shows ${truth}`
}
