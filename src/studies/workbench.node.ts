/**
 * The workbench in Node. It saves every finished part in a folder at once, so that an interrupted study, or another one
 * with the same net, finds it there. `parts/` holds measurements, `nets/` trainings. Their names depend on everything
 * that they depend on.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTrainer, resumeTrainer } from '../api/compute.node.js'
import type { Dataset } from '../data/dataset.js'
import type { ChosenEngine } from '../engine/engine.js'
import type { NetworkSpec } from '../spec/spec.js'
import { completeRecipe } from '../tasks/complete-recipe.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import type { Checkpoint, EpochRecord } from '../train/checkpoint/checkpoint.js'
import { weightHash } from '../train/checkpoint/weight-hash.js'
import { finishTraining } from '../train/loop.js'
import { RunFolder, readCheckpoint } from '../train/run/folder.node.js'
import { RunKeeper } from '../train/run/keeper.node.js'
import type { StepProgress } from '../train/step/progress.js'
import { Budget } from '../util/budget.js'
import { TrainingError } from '../util/errors.js'
import { makeFolder } from '../util/files/folder.node.js'
import { writeAtomically } from '../util/files/write.node.js'
import { parseJson } from '../util/json.js'
import type { StudySize } from './size.js'
import type { Weights } from './surgeon.js'
import type { Trained, Training, Workbench } from './workbench.js'

/** The settings of a workbench. */
export interface WorkbenchOptions {
  readonly folder: string
  readonly scale: StudySize
  readonly seeds: readonly number[]
  readonly engine: ChosenEngine
  /** The pictures of a seed. */
  readonly data: (seed: number) => Dataset
  readonly epochs?: number | undefined
  readonly depths?: readonly number[] | undefined
  readonly variants?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with each training and its newest step. */
  readonly onTraining?: ((training: Training, progress: StepProgress) => void) | undefined
}

/**
 * The part of a spec that names folders. Classifiers are named as before heads had a kind, so that older nets are
 * found.
 */
function identityOf({ head, ...spec }: NetworkSpec): object {
  const { kind, ...rest } = head
  return { ...spec, head: kind === 'classifier' ? rest : head }
}

/** The saved end of a training. */
interface End {
  readonly history: readonly EpochRecord[]
  readonly lost?: string
}

export class FolderWorkbench implements Workbench {
  readonly scale: StudySize
  readonly seeds: readonly number[]
  readonly epochs: number | undefined
  readonly depths: readonly number[] | undefined
  readonly variants: readonly string[] | undefined
  readonly engine: ChosenEngine
  readonly signal: AbortSignal | undefined
  readonly createTrainer = createTrainer
  readonly #options: WorkbenchOptions
  readonly #datasets = new Map<number, Dataset>()

  constructor(options: WorkbenchOptions) {
    this.scale = options.scale
    this.seeds = options.seeds
    this.epochs = options.epochs
    this.depths = options.depths
    this.variants = options.variants
    this.engine = options.engine
    this.signal = options.signal
    this.#options = options
  }

  data(seed: number): Dataset {
    const kept = this.#datasets.get(seed) ?? this.#options.data(seed)
    this.#datasets.set(seed, kept)
    return kept
  }

  async once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { epochs, depths } = this
    const path = join(this.#options.folder, 'parts', `${named(name, [name, epochs, depths])}.json`)
    const kept = await readJson<{ readonly result: T }>(path)
    if (kept) return kept.result
    this.signal?.throwIfAborted()
    const result = await work()
    await makeFolder(join(this.#options.folder, 'parts'))
    await writeAtomically(path, JSON.stringify({ result }))
    return result
  }

  async train(spec: NetworkSpec, options: RecipeOptions, seed: number, start?: Weights): Promise<Trained> {
    const recipe = completeRecipe({ ...options, seed })
    const folder = this.#folderOf({ spec, recipe, seed }, start)
    const end =
      (await readJson<End>(join(folder, 'end.json'))) ?? (await this.#trainIn(folder, spec, recipe, seed, start))
    return { spec, seed, ...end, checkpoint: () => readCheckpoint(new RunFolder(folder).last) }
  }

  /** Whether a training from fresh weights is finished, in this run or an earlier one. */
  isMade(training: Training): boolean {
    return existsSync(join(this.#folderOf(training), 'end.json'))
  }

  #folderOf({ spec, recipe: options, seed }: Training, start?: Weights): string {
    const data = this.data(seed)
    const recipe = completeRecipe({ ...options, seed })
    const identity = [
      identityOf(spec),
      recipe,
      data.name,
      data.train.count,
      data.test.count,
      seed,
      start && weightHash(start),
    ]
    return join(this.#options.folder, 'nets', named(`${spec.name}-${seed}`, identity))
  }

  async #trainIn(
    path: string,
    spec: NetworkSpec,
    recipe: RecipeOptions,
    seed: number,
    weights: Weights | undefined,
  ): Promise<End> {
    const { engine, signal } = this
    const data = this.data(seed)
    const folder = new RunFolder(path)
    await folder.claim()
    try {
      const begun = await checkpointIn(folder)
      const trainer = begun
        ? await resumeTrainer(begun, data, { engine, signal })
        : await createTrainer(spec, data, recipe, { engine, signal, weights })
      try {
        const keeper = new RunKeeper(trainer, folder, begun?.progress.step)
        let end: End
        try {
          const onProgress = async (progress: StepProgress) => {
            this.#options.onTraining?.({ spec, recipe, seed }, progress)
            await keeper.progress(progress.step)
          }
          const { history } = await finishTraining(trainer, { onProgress })
          end = { history }
          await keeper.save()
        } catch (error) {
          if (signal?.aborted && trainer.progress.step > 0) await keeper.save()
          if (!(error instanceof TrainingError)) throw error
          end = { history: trainer.progress.history, lost: error.message }
        }
        await writeAtomically(join(path, 'end.json'), JSON.stringify(end))
        return end
      } finally {
        await trainer.dispose()
      }
    } finally {
      folder.release()
    }
  }
}

/** Undefined if nothing was saved. */
async function checkpointIn(folder: RunFolder): Promise<Checkpoint | undefined> {
  const bytes = await readFile(folder.last).catch(() => undefined)
  return bytes && readCheckpoint(folder.last)
}

/** A readable file name that changes with everything that its content depends on. */
function named(words: string, identity: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12)
  return `${words.replaceAll(/[^a-zA-Z0-9.-]+/g, '-').slice(0, 60)}-${hash}`
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const budget = new Budget(path)
  return parseJson(text, budget, () => budget.fail('is damaged; remove it, and this part is measured again')) as T
}
