/** Trains a plain net and its residual twin in turn, slice by slice, on the same pictures with the same seed. */
import type { NetworkSpec, RecipeOptions, StepProgress, Trainer } from '../../../src/internal.js'
import type { Context } from './context.js'
import { type EngineInfo, engineInfo, type OpenEngine } from './engine.js'
import type { Library } from './library.js'
import type { FindData } from './own-data.js'

/** The settings of a race. The address of the page holds all of them. */
export interface RaceSettings {
  /** Weighted layers: 6n+2. */
  readonly depth: number
  /** Channels of the first stage. The next two have twice and four times as many. */
  readonly width: number
  /** Height and width of the pictures. */
  readonly size: 16 | 32
  readonly lr: number
  readonly batchSize: number
  readonly steps: number
  readonly weightDecay: number
  readonly seed: number
  /** The hash of the user's own pictures; empty for the built-in ones. */
  readonly data: string
}

export type RacerKind = 'plain' | 'residual'

export interface Racer {
  readonly kind: RacerKind
  readonly name: string
  readonly params: number
}

export interface RaceOpened {
  readonly engine: EngineInfo
  readonly racers: readonly Racer[]
  /** The step that the nets have reached. */
  readonly step: number
  readonly totalSteps: number
  readonly stepsPerEpoch: number
  readonly testPictures: number
  /** The test error in percent of the best constant answer. */
  readonly guessing: number
}

export type RaceEvent =
  /** Sent after a slice of steps of one net. Errors in percent. */
  | {
      readonly kind: 'slice'
      readonly racer: RacerKind
      readonly step: number
      readonly epoch: number
      /** Mean over the slice. */
      readonly trainError: number
      readonly imagesPerSecond: number
    }
  | { readonly kind: 'test'; readonly racer: RacerKind; readonly step: number; readonly testError: number }
  /** Norm of the gradient of each convolution, first layer first. */
  | { readonly kind: 'norms'; readonly racer: RacerKind; readonly step: number; readonly norms: readonly LayerNorm[] }

/** Both nets at the same step, as files. */
export interface SavedRace {
  readonly step: number
  readonly checkpoints: Readonly<Record<RacerKind, Uint8Array>>
}

export interface LayerNorm {
  readonly path: string
  readonly norm: number
}

/** Number of pictures: enough for a minute or two, few enough to draw them in a second. */
const PICTURES = { train: 2000, test: 500 }
const SLICE = 5
const EVALUATE_EVERY = 25
const NORMS_EVERY = 50

interface Running {
  readonly kind: RacerKind
  readonly name: string
  readonly trainer: Trainer
}

export function raceCalls(library: Library, openEngine: OpenEngine, findData: FindData) {
  let running: readonly Running[] = []
  /** Runs training rounds and reads between them, one at a time. */
  const inTurn = queue()
  const close = async () => {
    const ended = running
    running = []
    for (const { trainer } of ended) await trainer.dispose()
  }

  return {
    /** Opens both nets with fresh weights, or at their checkpoints. */
    'race.open': async (
      { settings, checkpoints }: { settings: RaceSettings; checkpoints?: Partial<Record<RacerKind, Uint8Array>> },
      { signal }: Context,
    ): Promise<RaceOpened> => {
      await close()
      const engine = await openEngine()
      const data = dataOf(library, settings, findData)
      const { classes, train } = data
      const opened: Running[] = []
      const racers: Racer[] = []
      for (const [kind, spec] of Object.entries(specsOf(library, settings, classes.length)) as [
        RacerKind,
        NetworkSpec,
      ][]) {
        signal.throwIfAborted()
        const saved = checkpoints?.[kind]
        const trainer = saved
          ? await library.resumeTrainer(library.decodeCheckpoint(saved, `the saved ${kind} net`), data, { engine })
          : await library.createTrainer(spec, data, recipeOf(settings, train.count), { engine })
        const name = nameOf(kind, settings)
        opened.push({ kind, name, trainer })
        racers.push({ kind, name, params: library.complexity(spec).params })
      }
      running = opened
      const { totalSteps, epochs } = opened[0]!.trainer
      return {
        engine: engineInfo(engine),
        racers,
        step: least(opened),
        totalSteps,
        stepsPerEpoch: Math.ceil(totalSteps / epochs),
        testPictures: data.test.count,
        guessing: guessingError(data.test.labels, classes.length),
      }
    },

    /** Trains all nets in turn, for so many steps or to the end, until the page stops it. */
    'race.run': async ({ steps }: { steps?: number }, context: Context<RaceEvent>): Promise<void> => {
      const first = running[0]
      if (!first) throw new library.ConfigError('race: no nets are open')
      const end = Math.min(first.trainer.totalSteps, least(running) + (steps ?? Number.POSITIVE_INFINITY))
      while (least(running) < end && !context.signal.aborted) {
        const until = Math.min(end, (Math.floor(least(running) / SLICE) + 1) * SLICE)
        await inTurn(async () => {
          for (const racer of running) await named(racer.name, advance(racer, until, context))
        })
      }
    },

    /** The net as a file for the command line. */
    'race.checkpoint': async ({ kind }: { kind: RacerKind }): Promise<Uint8Array> => {
      const racer = running.find((other) => other.kind === kind)
      if (!racer) throw new library.ConfigError(`race: no ${kind} net is open`)
      return library.encodeCheckpoint(await racer.trainer.checkpoint())
    },

    /** Saves both nets between two rounds, so that they are at the same step; undefined if none are open. */
    'race.save': async (_: Record<string, never>): Promise<SavedRace | undefined> =>
      inTurn(async () => {
        if (running.length === 0) return undefined
        const step = least(running)
        const files: Partial<Record<RacerKind, Uint8Array>> = {}
        for (const { kind, trainer } of running) files[kind] = library.encodeCheckpoint(await trainer.checkpoint())
        return { step, checkpoints: files as Record<RacerKind, Uint8Array> }
      }),

    'race.close': async (_: Record<string, never>): Promise<void> => close(),
  }
}

/** Runs tasks one after the other, even if earlier ones fail. */
function queue() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
}

const least = (running: readonly Running[]) => Math.min(...running.map(({ trainer }) => trainer.progress.step))

/** Adds the name of a net to an error, because a race has two. */
async function named(name: string, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`
    throw error
  }
}

export function guessingError(labels: ArrayLike<number>, classes: number): number {
  const counts = new Array<number>(classes).fill(0)
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++
  return 100 * (1 - Math.max(...counts) / labels.length)
}

async function advance({ kind, trainer }: Running, until: number, { emit }: Context<RaceEvent>): Promise<void> {
  const count = until - trainer.progress.step
  if (count <= 0) return
  const before = trainer.trained
  let newest: StepProgress | undefined
  for await (const progress of trainer.steps(count)) newest = progress
  if (!newest) return
  const { count: seen, wrong } = trainer.trained
  const trainError = (100 * (wrong - before.wrong)) / (seen - before.count)
  const { step, epoch, imagesPerSecond } = newest
  emit({ kind: 'slice', racer: kind, step, epoch, trainError, imagesPerSecond })
  if (step % EVALUATE_EVERY === 0 || step === trainer.totalSteps)
    emit({ kind: 'test', racer: kind, step, testError: (await trainer.evaluate()).top1Error })
  if (step % NORMS_EVERY === EVALUATE_EVERY)
    emit({ kind: 'norms', racer: kind, step, norms: convolutions(await trainer.gradientNorms()) })
}

function convolutions(norms: ReadonlyMap<string, number>): LayerNorm[] {
  return [...norms]
    .filter(([path]) => /(^stem|\.)conv\d*\.weight$/.test(path) && !path.includes('shortcut'))
    .map(([path, norm]) => ({ path: path.replace(/\.weight$/, ''), norm }))
}

const nameOf = (kind: RacerKind, { depth }: RaceSettings) => (kind === 'plain' ? `plain-${depth}` : `ResNet-${depth}`)

function specsOf(
  library: Library,
  { depth, width, size }: RaceSettings,
  classes: number,
): Record<RacerKind, NetworkSpec> {
  const residual = library.cifarBasic({
    depth,
    classes,
    widths: [width, 2 * width, 4 * width],
    input: { channels: 3, height: size, width: size },
  })
  return { plain: library.plainTwin(residual), residual }
}

/** Warm-up takes the same number of steps for any data: an epoch of the built-in pictures. */
function recipeOf({ lr, batchSize, steps, weightDecay, seed, size }: RaceSettings, pictures: number): RecipeOptions {
  const augmentation = { pad: size / 8, flip: true }
  const warmupEpochs = PICTURES.train / pictures
  return { lr, batchSize, steps, weightDecay, seed, schedule: 'constant', warmupEpochs, augmentation }
}

/** The pictures are the same for every seed, so that checkpoints can be evaluated elsewhere. */
function dataOf(library: Library, { size, data }: RaceSettings, findData: FindData) {
  return data === '' ? library.builtin({ size, ...PICTURES }) : findData({ hash: data, size })
}
