/** `resnet finetune` for classifiers: trains a new classifier and the layers that are not frozen. */
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Checkpoint,
  type ChosenEngine,
  ConfigError,
  createFinetuning,
  type DecodedNetwork,
  type EpochRecord,
  type FinetuneReport,
  type Finetuning,
  type ImageFolder,
  type ImageFolderOptions,
  imageFolder,
  matchChannels,
  type Preprocessing,
  RunFolder,
  RunKeeper,
  resumeFinetuning,
  textTable,
  writeAtomically,
} from '../../../internal.node.js'
import type { FinetuneFlags } from '../../flags/finetune.js'
import { computeFrom } from '../../flags/options.js'
import { recipeOf } from '../../flags/recipe.js'
import { readsText } from '../../flags/weights.js'
import { sayUnreadable } from '../../load-data.js'
import type { Mistake } from '../../report/finetune-report.js'
import { command, word } from '../../terminal/invocation.js'
import { oneLine, percentText, print, say } from '../../terminal/output.js'
import { Progress } from '../../terminal/progress.js'
import { TrainDisplay } from '../../terminal/train-display.js'
import { orGivenBack, sayHeldBack, untilTheEnd } from '../../training-run.js'
import type { TunedRun, TuningSource } from '../task.js'
import { classifierWords } from './words.js'

/** The most lines about epochs. */
const LINES = 10

export async function finetune(
  path: string,
  source: TuningSource,
  flags: FinetuneFlags,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now()
  const { tuning, loaded, folder, keeper } = await ('saved' in source
    ? goOn(path, source.saved, flags, signal)
    : start(path, source.network, flags, signal))
  const { trainer } = tuning
  const display = new TrainDisplay(trainer.epochs, classifierWords)
  const every = Math.ceil(trainer.epochs / LINES)
  const resuming = `finetune ${word(path)} --resume ${word(folder.path)}`
  await untilTheEnd({ trainer: tuning, folder, keeper, display, resuming }, async () => {
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
  })
}

interface Started {
  readonly tuning: Finetuning
  readonly loaded: ImageFolder
  readonly folder: RunFolder
  readonly keeper: RunKeeper
}

async function start(
  path: string,
  network: DecodedNetwork,
  flags: FinetuneFlags,
  signal: AbortSignal,
): Promise<Started> {
  const reads = readsText(network.spec)
  if (reads) say(reads)
  const loaded = await loadFolder(
    path,
    flags,
    network.preprocessing,
    { heldOut: flags.heldOut, seed: flags.seed },
    signal,
  )
  if (flags.heldOut !== undefined && loaded.heldOut === null)
    throw new ConfigError(`--held-out: ${path} has a part of its own to test on; leave it out`)
  const { freeze, views, featureMemory } = flags
  const { stop, ...features } = featureDisplay()
  const tuning = await createFinetuning(network, loaded, {
    freeze,
    views,
    featureMemory,
    ...recipeOf(flags),
    ...computeFrom(flags, signal),
    ...features,
  }).finally(stop)
  const folder = new RunFolder(flags.saveDir ?? join('runs', `finetune-${basename(resolve(path))}`))
  return orGivenBack({ trainer: tuning, folder }, async () => {
    const earlier = await folder.startAnew()
    if (earlier !== undefined) say(`the earlier run in ${folder.path} is now in ${earlier}`)
    const keeper = new RunKeeper(tuning, folder, undefined, { every: flags.checkpointEvery, onHeldBack: sayHeldBack })
    await keeper.save() // a disk that cannot be written to shows before the work, not after
    await writeHeldOut(path, folder, loaded)
    return { tuning, loaded, folder, keeper }
  })
}

/** Writes the list of held-out files for people. Resuming does not need it. */
async function writeHeldOut(path: string, folder: RunFolder, { heldOut, test }: ImageFolder): Promise<void> {
  if (!heldOut) return
  const list = { folder: resolve(path), ...heldOut, files: test.files }
  await writeAtomically(folder.heldOut, `${JSON.stringify(list, null, 2)}\n`)
}

/** Resumes a run in a folder that was claimed for it. */
async function goOn(
  path: string,
  { folder, checkpoint: saved }: TunedRun,
  flags: FinetuneFlags,
  signal: AbortSignal,
): Promise<Started> {
  const checkpoint = saved as Checkpoint // the command calls the part of the checkpoint's own task
  const { data: held, recipe, progress, preprocessing } = checkpoint
  // Runs of older versions have no record. The seed and the number determine the held-out pictures of the same folder.
  const again = held.heldOut ? { again: held.heldOut } : { heldOut: held.test, seed: recipe.seed }
  const loaded = await loadFolder(path, flags, preprocessing, again, signal)
  const { featureMemory } = flags
  const { stop, ...features } = featureDisplay()
  const tuning = await resumeFinetuning(checkpoint, loaded, {
    ...computeFrom(flags, signal),
    featureMemory,
    ...features,
  }).finally(stop)
  say(`goes on after step ${progress.step} of ${tuning.trainer.totalSteps}`)
  await folder.goOnFrom(progress)
  const keeper = new RunKeeper(tuning, folder, progress.step, { every: flags.checkpointEvery, onHeldBack: sayHeldBack })
  return { tuning, loaded, folder, keeper }
}

/** Loads the folder in the size that the network reads, and prints notes about it. */
async function loadFolder(
  path: string,
  flags: FinetuneFlags,
  { input, resize }: Preprocessing,
  which: Pick<ImageFolderOptions, 'heldOut' | 'seed' | 'again'>,
  signal: AbortSignal,
): Promise<ImageFolder> {
  if (input.height !== input.width || (input.channels !== 3 && input.channels !== 1))
    throw new ConfigError(
      `--weights: the network reads pictures of ${input.channels}x${input.height}x${input.width}; folders give square ones in colour (3 channels) or made grey (1); take weights for these`,
    )
  const progress = new Progress('decoding', (count) => `${count.toLocaleString('en-US')} pictures`)
  try {
    const loaded = await imageFolder(path, {
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
    sayUnreadable(loaded)
    const { testedOn, notes } = loaded
    const data = matchChannels(loaded, input.channels)
    say(`${data.classes.length} classes, ${data.train.count} training pictures; tested on ${testedOn}`)
    for (const note of notes) say(`note: ${note}`)
    return { ...data, heldOut: loaded.heldOut, testedOn, notes }
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
  flags: FinetuneFlags,
  result: FinetuneReport,
  data: ImageFolder,
  folder: RunFolder,
  { threads, seconds }: { readonly threads: number; readonly seconds: number },
): Promise<void> {
  const { finetuneReport, mistakesOf } = await import('../../report/finetune-report.js') // what draws it takes long to load
  const file = join(folder.path, 'report.html')
  const name = basename(resolve(path))
  const { testedOn, notes } = data
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
    [['class', 'tested on', 'recall', 'precision', 'taken for'], 'rule', ...rows],
    ['left', 'right', 'right', 'right', 'left'],
  )
}

function mistakeText({ file, truth, answer, probability }: Mistake): string {
  return `${file}: ${answer} ${percentText(100 * probability)}, shows ${truth}`
}
