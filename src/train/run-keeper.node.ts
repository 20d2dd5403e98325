/**
 * Keeps a training on disk while it runs: its state now and then and after each epoch, the best one, and the metrics.
 * Whatever moment the process is killed at, the folder holds a whole checkpoint to go on from.
 */

import type { Task } from '../spec/heads.js'
import { DataError } from '../util/errors.js'
import {
  callback,
  expectFields,
  expectKind,
  expectOptions,
  finite,
  isRecord,
  kind,
  optional,
  whole,
} from '../util/expect.js'
import { errorCode } from '../util/file-error.js'
import type { Checkpoint, EpochRecord } from './checkpoint.js'
import type { RunFolder } from './run-folder.node.js'

/** How often a checkpoint is saved, beside the end of each epoch. */
export type CheckpointEvery = { readonly seconds: number } | { readonly steps: number }

/** The part of a trainer that matters here. */
export interface Kept {
  /** The state to save. */
  checkpoint(): Promise<Checkpoint<Task>>
  readonly imagesPerSecond: number
}

/** How often a run is kept. */
export interface KeeperOptions {
  /** Default: a minute. */
  readonly every?: CheckpointEvery | undefined
  /** Seconds that earlier parts of this run took. */
  readonly secondsBefore?: number | undefined
  /** Milliseconds, for tests; the default never jumps when the clock of the machine is set. */
  readonly now?: (() => number) | undefined
}

const every = kind('{ seconds } or { steps }, a number of them', (value) => {
  return isRecord(value) && (Number.isFinite(value.seconds) || Number.isFinite(value.steps))
})

/** Saves a training in its folder, whenever it is due. */
export class RunKeeper {
  readonly #kept: Kept
  readonly #folder: RunFolder
  readonly #every: CheckpointEvery
  readonly #now: () => number
  readonly #began: number
  #savedAt: number
  #savedStep: number | undefined

  /** @param savedStep the step of the checkpoint that the folder holds already */
  constructor(kept: Kept, folder: RunFolder, savedStep?: number, options: KeeperOptions = {}) {
    expectFields(kept, 'RunKeeper: kept', 'a trainer', { checkpoint: callback })
    expectFields(folder, 'RunKeeper: folder', 'a RunFolder', { saveLast: callback })
    expectKind(savedStep, 'RunKeeper: savedStep', optional(whole(0)))
    expectOptions(options, 'RunKeeper: options', { every, secondsBefore: finite, now: callback })
    this.#kept = kept
    this.#folder = folder
    this.#every = options.every ?? { seconds: 60 }
    this.#now = options.now ?? (() => performance.now())
    this.#began = this.#now() - 1000 * (options.secondsBefore ?? 0)
    this.#savedAt = this.#now()
    this.#savedStep = savedStep
  }

  /** What is left when training fails. */
  get saved(): string {
    return this.#savedStep === undefined
      ? 'nothing had been saved'
      : `the checkpoint of step ${this.#savedStep} in ${this.#folder.path} is whole`
  }

  /** Saves the state if it is time to. Training may go on meanwhile. */
  async progress(step: number): Promise<void> {
    expectKind(step, 'progress: step', whole(0))
    const due =
      'steps' in this.#every
        ? step - (this.#savedStep ?? 0) >= this.#every.steps
        : this.#now() - this.#savedAt >= 1000 * this.#every.seconds
    if (due) await this.save()
  }

  /** After an epoch and its evaluation. The last checkpoint comes last: it stands for all that is saved before it. */
  async epoch(record: EpochRecord<Task>): Promise<void> {
    expectFields(record, 'epoch: record', 'the record of an epoch', { epoch: whole(1), step: whole(0) })
    const checkpoint = await this.#kept.checkpoint()
    const { imagesPerSecond } = this.#kept
    const seconds = (this.#now() - this.#began) / 1000
    await this.#keep(checkpoint.progress.step, async () => {
      await this.#folder.appendMetrics({ ...record, imagesPerSecond, seconds })
      if (checkpoint.progress.best?.epoch === record.epoch) await this.#folder.saveBest(checkpoint)
      if (checkpoint.progress.bestOnVal?.epoch === record.epoch) await this.#folder.saveBestOnVal(checkpoint)
      await this.#folder.saveLast(checkpoint)
    })
  }

  /** Saves the state; returns its step. */
  async save(): Promise<number> {
    const checkpoint = await this.#kept.checkpoint()
    const { step } = checkpoint.progress
    await this.#keep(step, () => this.#folder.saveLast(checkpoint))
    return step
  }

  /** What is left when saving fails, and the way on. */
  #left({ cause }: DataError): string {
    const { path } = this.#folder
    if (errorCode(cause) === 'ENOENT') return `and all that was saved in ${path} is gone: begin again`
    return this.#savedStep === undefined ? this.saved : `${this.saved}: put this right and go on with --resume ${path}`
  }

  async #keep(step: number, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      throw new DataError(`${error.message}; training stopped after step ${step}, ${this.#left(error)}`, {
        cause: error,
      })
    }
    this.#savedAt = this.#now()
    this.#savedStep = step
  }
}
