/**
 * The folder of a run: `last.safetensors` (to go on from), `best.safetensors` (best on the test pictures),
 * `best-on-val.safetensors` (best on the validation pictures, if there are any), `metrics.jsonl` (a line per epoch),
 * `held-out.json` (the pictures that fine-tuning held out) and, while a process trains in it, `run.lock`. Files are
 * replaced in one move, so a crash leaves the old or the new, never half.
 */
import { join } from 'node:path'
import { readWeightsFile } from '../../formats/weights-file.node.js'
import { ratingOf, type Tasks, taskOfNetwork } from '../../tasks/index.js'
import { Budget } from '../../util/budget.js'
import { DataError } from '../../util/errors.js'
import { expectFields, expectKind, expectOptions, listOf, name as nameKind, object, whole } from '../../util/expect.js'
import { fileError } from '../../util/files/error.js'
import { disk, type FileSystem } from '../../util/files/system.node.js'
import { cannotBeWritten, writeAtomically } from '../../util/files/write.node.js'
import { parseJson } from '../../util/json.js'
import {
  type Checkpoint,
  decodeAnyCheckpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type TrainingProgress,
} from '../checkpoint/checkpoint.js'
import { RunLock } from './lock.node.js'

const LAST = 'last.safetensors'
const BEST = 'best.safetensors'
const BEST_ON_VAL = 'best-on-val.safetensors'
const METRICS = 'metrics.jsonl'
const HELD_OUT = 'held-out.json'

/** Name of a file that is being written, or was when its process was killed. */
const temporaryName =
  /^(\.(last\.safetensors|best\.safetensors|best-on-val\.safetensors|metrics\.jsonl|held-out\.json)|run\.lock)\.[0-9a-f.]+\.tmp$/

const records = listOf(object, 'a list of epochs')

/** Where a run lies, and what it may be a run of. */
export interface RunFolderOptions {
  /** The file system that holds it; default: that of this machine. */
  readonly files?: FileSystem | undefined
  /** The tasks that there are, such as `{ ...tasks, mine }`; default: those of this package. */
  readonly tasks?: Tasks | undefined
}

const optionFields = { files: object, tasks: object }

/** @throws DataError naming the file when it is missing, damaged, no checkpoint, or of a network that upscales pictures. */
export async function readCheckpoint(path: string, options: Pick<RunFolderOptions, 'files'> = {}): Promise<Checkpoint> {
  expectKind(path, 'readCheckpoint: path', nameKind)
  expectOptions(options, 'readCheckpoint: options', optionFields)
  const { files = disk } = options
  return decodeCheckpoint(await readWeightsFile(path, undefined, files), path)
}

/**
 * A checkpoint of a network for any task; `isFor` tells which.
 * @throws DataError naming the file when it is missing, damaged or no checkpoint, or its network is for another task
 */
export async function readAnyCheckpoint(path: string, options: RunFolderOptions = {}): Promise<Checkpoint<string>> {
  expectKind(path, 'readAnyCheckpoint: path', nameKind)
  expectOptions(options, 'readAnyCheckpoint: options', optionFields)
  const { files = disk, tasks } = options
  return decodeAnyCheckpoint(await readWeightsFile(path, undefined, files), path, tasks)
}

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  readonly step: number
  readonly [name: string]: unknown
}

/** The folder of one run: its checkpoints and its metrics. */
export class RunFolder {
  readonly path: string
  readonly #files: FileSystem
  readonly #tasks: Tasks | undefined
  #lock: RunLock | undefined

  /** @throws ConfigError when the path is no name of a folder, or an option is none */
  constructor(path: string, options: RunFolderOptions = {}) {
    expectKind(path, 'RunFolder: path', nameKind)
    expectOptions(options, 'RunFolder: options', optionFields)
    const { files = disk, tasks } = options
    this.path = path
    this.#files = files
    this.#tasks = tasks
  }

  /** Path of the checkpoint to go on from. */
  get last(): string {
    return join(this.path, LAST)
  }

  /** Path of the checkpoint with the smallest test error. */
  get best(): string {
    return join(this.path, BEST)
  }

  /** Path of the checkpoint with the smallest error on the validation pictures. */
  get bestOnVal(): string {
    return join(this.path, BEST_ON_VAL)
  }

  /** Path of the file that gets a line per epoch. */
  get metrics(): string {
    return join(this.path, METRICS)
  }

  /** Path of the list of pictures that fine-tuning held out to test on, if it held some out. */
  get heldOut(): string {
    return join(this.path, HELD_OUT)
  }

  /**
   * Takes the folder for this process until `release`, and removes files that a killed process left half written. Makes
   * the folder if there is none.
   * @throws DataError if another process has it, or it cannot be written to
   */
  async claim(): Promise<void> {
    if (this.#lock) return
    await this.#files.makeFolder(this.path)
    this.#lock = await RunLock.take(this.path, this.#files)
    await this.#attempt('cannot be tidied', async () => {
      for (const name of await this.#files.list(this.path))
        if (temporaryName.test(name)) await this.#files.remove(join(this.path, name))
    })
  }

  /** Lets other processes train in the folder. */
  release(): void {
    this.#lock?.release()
    this.#lock = undefined
  }

  /**
   * Claims the folder for a new run. Files of an earlier run are moved into `earlier-1`, `earlier-2`, … inside it.
   * Returns that path, or undefined if there were none.
   */
  async startAnew(): Promise<string | undefined> {
    await this.claim()
    return this.#attempt('the earlier run in it cannot be moved aside', async () => {
      const names = await this.#files.list(this.path)
      const left = [LAST, BEST, BEST_ON_VAL, METRICS, HELD_OUT].filter((name) => names.includes(name))
      if (left.length === 0) return undefined
      let n = 1
      while (names.includes(`earlier-${n}`)) n++
      const earlier = join(this.path, `earlier-${n}`)
      await this.#files.makeFolder(earlier)
      for (const name of left) await this.#files.rename(join(this.path, name), join(earlier, name))
      return earlier
    })
  }

  /**
   * Claims the folder for a run that goes on from here. Drops metrics of epochs that it will finish or evaluate again.
   * Returns the last line that stays.
   * @throws DataError if another process has the folder, or its metrics cannot be read or are none
   */
  async goOnFrom(progress: Pick<TrainingProgress<string>, 'history'>): Promise<MetricsLine | undefined> {
    expectFields(progress, 'goOnFrom: progress', 'the progress of a checkpoint', { history: records })
    const { history } = progress
    const step = history.findLast(({ test }) => test)?.step ?? 0
    await this.claim()
    const text = await this.#attempt('its metrics cannot be read', async () => {
      const names = await this.#files.list(this.path)
      return names.includes(METRICS) ? new TextDecoder().decode(await this.#files.read(this.metrics)) : ''
    })
    const kept = metricsIn(text, this.metrics).filter((line) => line.step <= step)
    const wanted = kept.map((line) => `${JSON.stringify(line)}\n`).join('')
    if (wanted !== text) await writeAtomically(this.metrics, wanted, this.#files)
    return kept.at(-1)
  }

  /**
   * Copies the files of a run that goes on from a checkpoint in another folder: the metrics, and the best checkpoints
   * if the progress names them. Returns those that are missing.
   */
  async bringFrom(folder: string, checkpoint: Pick<Checkpoint<string>, 'spec' | 'progress'>): Promise<string[]> {
    expectKind(folder, 'bringFrom: folder', nameKind)
    expectFields(checkpoint, 'bringFrom: checkpoint', 'a checkpoint', { spec: object, progress: object })
    const { spec, progress } = checkpoint
    const task = taskOfNetwork(spec, this.#tasks)
    const rating = (figures: object | undefined) => ratingOf(task, figures)
    await this.claim()
    const from = new RunFolder(folder, { files: this.#files })
    const names = await from.#attempt('cannot be looked into', () => this.#files.list(folder))
    if (names.includes(METRICS)) {
      const metrics = await from.#attempt('its metrics cannot be read', () => this.#files.read(from.metrics))
      await writeAtomically(this.metrics, metrics, this.#files)
    }
    const missing: string[] = []
    for (const [what, name, best] of [
      ['the checkpoint that was best on test', BEST, progress.best],
      ['the checkpoint that was best on val', BEST_ON_VAL, progress.bestOnVal],
    ] as const) {
      if (!best) continue
      const kept = await readAnyCheckpoint(join(folder, name), { files: this.#files, tasks: this.#tasks }).catch(
        (error: unknown) => {
          if (!(error instanceof DataError)) throw error
        },
      )
      const last = kept?.progress.history.at(-1)
      if (!kept || last?.epoch !== best.epoch || rating(name === BEST ? last.test : last.val) !== rating(best))
        missing.push(`${what} (epoch ${best.epoch}, ${name})`)
      else if (name === BEST) await this.saveBest(kept)
      else await this.saveBestOnVal(kept)
    }
    return missing
  }

  /** Replaces the checkpoint to go on from. */
  async saveLast(checkpoint: Checkpoint<string>): Promise<void> {
    await writeAtomically(this.last, encodeCheckpoint(checkpoint, undefined, this.#tasks), this.#files)
  }

  /** Replaces the checkpoint with the smallest test error. */
  async saveBest(checkpoint: Checkpoint<string>): Promise<void> {
    await writeAtomically(this.best, encodeCheckpoint(checkpoint, 'best on test', this.#tasks), this.#files)
  }

  /** Replaces the checkpoint with the smallest error on the validation pictures. */
  async saveBestOnVal(checkpoint: Checkpoint<string>): Promise<void> {
    await writeAtomically(this.bestOnVal, encodeCheckpoint(checkpoint, 'best on val', this.#tasks), this.#files)
  }

  /**
   * Writes a line to disk before it returns, so a checkpoint saved afterwards never knows more epochs than the metrics.
   */
  async appendMetrics(line: MetricsLine): Promise<void> {
    expectFields(line, 'appendMetrics: line', '{ step }, and figures by name', { step: whole(0) })
    try {
      const file = await this.#files.open(this.metrics, 'a')
      try {
        await file.write(`${JSON.stringify(line)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      throw cannotBeWritten(this.metrics, error)
    }
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw fileError(this.path, what, error)
    }
  }
}

/** The number of lines that may be damaged. A crash cuts one line short, so a file with more is no list of metrics. */
const MOST_DAMAGED = 1000

/**
 * The lines of metrics in a text, without those that a crash cut short.
 * @throws DataError naming the file if most of it is something else
 */
function metricsIn(text: string, path: string): readonly MetricsLine[] {
  const budget = new Budget(path, text.length)
  const found: MetricsLine[] = []
  let damaged = 0
  for (const line of text.split('\n')) {
    // Text that is no object is told by its first letter: an error of the parser costs more than all else here.
    const parsed = line.startsWith('{') ? (parseJson(line, budget) as MetricsLine | undefined) : undefined
    if (Number.isSafeInteger(parsed?.step)) found.push(parsed!)
    else if (line !== '' && ++damaged > MOST_DAMAGED)
      budget.fail(
        `more than ${MOST_DAMAGED} of its lines are no metrics, so it is not the file that a training wrote; move it out of the folder, and resume again`,
      )
  }
  return found
}
