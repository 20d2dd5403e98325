/** A training of any task in the folder of a run: started or resumed, saved while it runs and when it is stopped. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import {
  type Checkpoint,
  type ChosenEngine,
  ConfigError,
  datasetNames,
  isFor,
  type PlanBytes,
  precisionAdvice,
  type Recipe,
  RunFolder,
  RunKeeper,
  readAnyCheckpoint,
  type Task,
  type Tasks,
  type Trainer,
  TrainingError,
  type TrainingResult,
  trainToEnd,
  warmUpAdvice,
} from '../internal.node.js'
import { flagOf } from './flags/options.js'
import { recipeOf } from './flags/recipe.js'
import type { TrainFlags } from './flags/train.js'
import type { Agreement, Saved, Training, TrainTask } from './tasks/task.js'
import { Interrupted } from './terminal/interrupt.js'
import { command, word } from './terminal/invocation.js'
import { bytesText, print, rateText, say } from './terminal/output.js'
import { TrainDisplay } from './terminal/train-display.js'

/** Makes the part of a task in the command train. The types of the task stay inside. */
export function trainingOf<T extends string>({ name }: Task<T>, parts: TrainTask<T>): Training {
  return {
    foreign: parts.foreign,
    start: async (tasks, network, flags, signal) =>
      run(parts, flags, await start(tasks, parts, network, flags, signal)),
    goOn: async (tasks, { checkpoint, ...saved }, flags, signal) => {
      if (!isFor(checkpoint, name, tasks))
        throw new ConfigError(`${saved.file}: its network is for another task than ${name}`)
      await run(parts, flags, await goOn(parts, flags, { checkpoint, ...saved }, signal))
    },
  }
}

async function run<T extends string>(
  task: TrainTask<T>,
  flags: TrainFlags,
  { trainer, folder, keeper }: Started<T>,
): Promise<void> {
  const display = new TrainDisplay(trainer.epochs, task.words)
  let advised = false
  await untilTheEnd({ trainer, folder, keeper, display, resuming: goingOn(flags, folder) }, async () => {
    const { build, threads, reason } = trainer.engine
    say(`engine ${build}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${reason}`)
    const slow = precisionAdvice(trainer.spec, trainer.recipe, trainer.engine)
    if (slow) say(`note: ${slow}`)
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
    report(flags, result, task.figures(result), folder)
  })
}

/** A run under way, with the words of the command that resumes it. */
interface Running {
  readonly trainer: { dispose(): Promise<void> }
  readonly folder: RunFolder
  readonly keeper: RunKeeper
  readonly display: { stop(): void }
  readonly resuming: string
}

/**
 * Does the work of a run. An interruption saves the state and prints how to resume. A failed training names the saved
 * state. At the end the trainer and the folder are free.
 */
export async function untilTheEnd(
  { trainer, folder, keeper, display, resuming }: Running,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    display.stop()
    if (error instanceof Interrupted) error.tell(stoppedText(await keeper.save(), resuming))
    if (error instanceof TrainingError) throw new TrainingError(`${error.message}; ${keeper.saved}`)
    throw error
  } finally {
    display.stop()
    await trainer.dispose()
    folder.release()
  }
}

/** @throws ConfigError for a flag that would have no effect */
export function expectMeaning<Flags extends object>(
  flags: Flags,
  does: string,
  foreign: readonly (keyof Flags & string)[],
): void {
  const given = foreign.find((name) => flags[name] !== undefined)
  if (given !== undefined)
    throw new ConfigError(
      `${flags[given] === false ? '--no-' : '--'}${flagOf(given).slice(2)}: has no meaning for a network that ${does}; leave it out`,
    )
}

interface Started<T extends string> {
  readonly trainer: Trainer<ChosenEngine, T>
  readonly folder: RunFolder
  readonly keeper: RunKeeper
}

/** Starts a new run. */
async function start<T extends string>(
  tasks: Tasks,
  task: TrainTask<T>,
  network: string,
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<Started<T>> {
  const { trainer, name } = await task.begin(network, flags, signal)
  for (const sentence of task.advice(trainer.spec, trainer.recipe)) say(`note: ${sentence}`)
  const folder = new RunFolder(flags.saveDir ?? join('runs', name), { tasks })
  return orGivenBack({ trainer, folder }, async () => {
    const earlier = await folder.startAnew()
    if (earlier !== undefined) say(`the earlier run in ${folder.path} is now in ${earlier}`)
    const keeper = new RunKeeper(trainer, folder, undefined, { every: flags.checkpointEvery, onHeldBack: sayHeldBack })
    await keeper.save() // a disk that cannot be written to shows before an hour of work, not after
    return { trainer, folder, keeper }
  })
}

/** Does work in a claimed folder. If it fails, the folder is free again, and the trainer is closed. */
export async function orGivenBack<R>(
  { trainer, folder }: { readonly trainer?: { dispose(): Promise<void> }; readonly folder: RunFolder },
  work: () => Promise<R>,
): Promise<R> {
  try {
    return await work()
  } catch (error) {
    folder.release()
    await trainer?.dispose()
    throw error
  }
}

/**
 * Opens the run that `--resume` and `--save-dir` name, of any task, and does work with it. If the work fails, a folder
 * that was claimed is free again.
 */
export async function withSaved<R>(flags: TrainFlags, tasks: Tasks, work: (saved: Saved) => Promise<R>): Promise<R> {
  const path = typeof flags.resume === 'string' ? flags.resume : flags.saveDir
  if (path === undefined) throw new ConfigError('--resume: which run? Give a folder or a checkpoint, or --save-dir')
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const file = isFolder ? new RunFolder(path).last : path
  const target = flags.saveDir ?? (isFolder ? path : dirname(path))
  const folder = new RunFolder(target, { tasks })
  const inPlace = resolve(target) === resolve(dirname(file))
  return orGivenBack({ folder }, async () => {
    if (inPlace && existsSync(file)) await folder.claim() // before reading what another process may be writing
    return work({ file, checkpoint: await readAnyCheckpoint(file, { tasks }), folder, inPlace })
  })
}

/** Resumes a run. Spec and recipe come from the checkpoint, and flags must not contradict them. */
async function goOn<T extends string>(
  task: TrainTask<T>,
  flags: TrainFlags,
  { file, checkpoint, folder, inPlace }: Saved<T>,
  signal: AbortSignal,
): Promise<Started<T>> {
  expectAgreement(flags, checkpoint, task.agreements(flags, checkpoint))
  const dataset = datasetNames.find((name) => name === checkpoint.data.name)
  if (!dataset)
    throw new ConfigError(
      `${file}: was trained on ${checkpoint.data.name}, which has no --dataset name; only the library can go on with it`,
    )
  const trainer = await task.goOn(flags, checkpoint, dataset, signal)
  return orGivenBack({ trainer, folder }, async () => {
    const { step } = checkpoint.progress
    say(`${checkpoint.spec.name} on ${dataset}: goes on after step ${step} of ${trainer.totalSteps}`)
    if (checkpoint.engine !== trainer.engine.build)
      say(`note: begun on ${checkpoint.engine}; ${trainer.engine.build} rounds differently, so the bits will differ`)
    const earlier = inPlace ? undefined : await folder.startAnew()
    if (earlier !== undefined) say(`the earlier run in ${folder.path} is now in ${earlier}`)
    if (!inPlace)
      for (const what of await folder.bringFrom(dirname(file), checkpoint))
        say(`note: ${what} is not beside ${file}; the run goes on without it, until a better one comes`)
    const seconds = (await folder.goOnFrom(checkpoint.progress))?.seconds
    const secondsBefore = typeof seconds === 'number' ? seconds : 0
    const keeper = new RunKeeper(trainer, folder, inPlace ? step : undefined, {
      every: flags.checkpointEvery,
      secondsBefore,
      onHeldBack: sayHeldBack,
    })
    if (!inPlace) await keeper.save()
    return { trainer, folder, keeper }
  })
}

/** The engine options of a training, from flags. */
export function computeOf({ engine, threads, recompute }: TrainFlags, signal: AbortSignal) {
  return { engine, threads, recompute, signal, onPlan: sayMemory }
}

/** @param words the words of the command that resumes, after the program's name */
function stoppedText(step: number, words: string): string {
  return `stopped after step ${step}; go on with: ${command(words)}`
}

/** The words of the command that resumes a run, without the place of its data. */
export function goingOn(
  { data, cache }: Pick<TrainFlags, 'data' | 'cache'>,
  { path }: Pick<RunFolder, 'path'>,
): string {
  const where = Object.entries({ data, cache }).flatMap(([name, value]) =>
    value === undefined ? [] : [flagOf(name), word(value)],
  )
  return ['train --resume', word(path), ...where].join(' ')
}

/** The note that the latest state is not the saved one. */
export function sayHeldBack(step: number, where: string, saved: number): void {
  say(
    `note: after step ${step} the network gives NaN or an infinity when it is evaluated: ${where}; the checkpoint of step ` +
      `${saved} is kept until it gives numbers again`,
  )
}

/** Prints the memory before it is allocated. */
function sayMemory({ step, evaluation }: PlanBytes): void {
  say(`memory: ${bytesText(step)} for a step, ${bytesText(evaluation)} for evaluations`)
}

/** @throws ConfigError for a flag that contradicts the checkpoint */
function expectAgreement(
  flags: TrainFlags,
  { spec, recipe, data }: Checkpoint<string>,
  agreements: readonly Agreement[],
): void {
  const fixed: Agreement[] = [
    ['--arch', flags.arch, spec.name],
    ['--dataset', flags.dataset, data.name],
    ['--size', flags.size, spec.input.height],
    ['--limit-test', flags.limitTest, data.test],
    ...agreements,
  ]
  for (const [name, value] of Object.entries(recipeOf(flags)))
    fixed.push([flagOf(name), value, recipe[name as keyof Recipe]])
  for (const [flag, value, held] of fixed)
    if (value !== undefined && String(value) !== String(held))
      throw new ConfigError(
        `${flag} ${String(value)}: the resumed run has ${String(held)}; leave the flag out, or start a new run`,
      )
}

function report<T extends string>(
  flags: TrainFlags,
  result: TrainingResult<T>,
  figures: string,
  folder: RunFolder,
): void {
  const { epochs, train, val, test, imagesPerSecond, engine, weightHash } = result
  if (flags.json) {
    print(JSON.stringify({ epochs, train, val, test, imagesPerSecond, engine, weightHash, checkpoint: folder.last }))
    return
  }
  print(
    [
      figures,
      `${rateText(imagesPerSecond)} on ${engine}; weights ${weightHash}`,
      `saved in ${folder.path}: last.safetensors, best.safetensors (best on test)${val ? ', best-on-val.safetensors' : ''}, metrics.jsonl`,
    ].join('\n'),
  )
}
