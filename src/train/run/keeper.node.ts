/**
 * Keeps a training on disk while it runs: its state at intervals and after each epoch, the best state, and the metrics.
 * The process can be killed at any moment: the folder always holds a whole checkpoint to go on from.
 */

import { DataError } from '../../util/errors.js'
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
} from '../../util/expect.js'
import { errorCode } from '../../util/files/error.js'
import type { Checkpoint, EpochRecord } from '../checkpoint/checkpoint.js'
import type { TriedCheckpoint } from '../trainer.js'
import type { RunFolder } from './folder.node.js'

/** How often a checkpoint is saved, besides the end of each epoch. */
export type CheckpointEvery = { readonly seconds: number } | { readonly steps: number }

/** The part of a trainer that the keeper uses. */
export interface Kept {
  /** Returns the state to save. */
  checkpoint(): Promise<Checkpoint<string>>
  /** The same, with the first place that holds no finite number at inference, in words, if there is one. */
  triedCheckpoint?(): Promise<TriedCheckpoint<string>>
  readonly imagesPerSecond: number
}

/** Options of a keeper. */
export interface KeeperOptions {
  /** Default: a minute. */
  readonly every?: CheckpointEvery | undefined
  /** Seconds that earlier parts of this run took. */
  readonly secondsBefore?: number | undefined
  /**
   * Called when a state is not saved, because it gives no numbers at inference and the saved one does. Not called again
   * until a state is saved.
   * @param step of the state @param where it lost them, in words @param saved step of the state that stays
   */
  readonly onHeldBack?: ((step: number, where: string, saved: number) => void) | undefined
  /** Returns milliseconds, for tests. The default ignores changes of the machine's clock. */
  readonly now?: (() => number) | undefined
}

const every = kind('{ seconds } or { steps }, a number of them', (value) => {
  return isRecord(value) && (Number.isFinite(value.seconds) || Number.isFinite(value.steps))
})

/** Saves a training in its folder whenever a save is due. */
export class RunKeeper {
  readonly #kept: Kept
  readonly #folder: RunFolder
  readonly #every: CheckpointEvery
  readonly #now: () => number
  readonly #began: number
  readonly #onHeldBack: KeeperOptions['onHeldBack']
  /** Time and step at which a state was last saved or held back. */
  #triedAt: number
  #triedStep: number
  #savedStep: number | undefined
  /** Whether that state gives numbers at inference. */
  #savedIsGood: boolean
  #heldBack = false

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
    this.#onHeldBack = options.onHeldBack
    this.#triedAt = this.#now()
    this.#triedStep = savedStep ?? 0
    this.#savedStep = savedStep
    this.#savedIsGood = savedStep !== undefined
  }

  /** Says which files are left if training fails. */
  get saved(): string {
    return this.#savedStep === undefined
      ? 'nothing had been saved'
      : `the checkpoint of step ${this.#savedStep} in ${this.#folder.path} is whole` +
          (this.#savedIsGood ? '' : ', but gives no numbers either')
  }

  /** Saves the state if it is time to. Training may go on meanwhile. */
  async progress(step: number): Promise<void> {
    expectKind(step, 'progress: step', whole(0))
    const due =
      'steps' in this.#every
        ? step - this.#triedStep >= this.#every.steps
        : this.#now() - this.#triedAt >= 1000 * this.#every.seconds
    if (due) await this.save()
  }

  /**
   * Saves an epoch after its evaluation. The last checkpoint is written last: it vouches for all that is saved before
   * it.
   */
  async epoch(record: EpochRecord<string>): Promise<void> {
    expectFields(record, 'epoch: record', 'the record of an epoch', { epoch: whole(1), step: whole(0) })
    const checkpoint = await this.#kept.checkpoint()
    const { imagesPerSecond } = this.#kept
    const seconds = (this.#now() - this.#began) / 1000
    await this.#keep(checkpoint.progress.step, true, async () => {
      await this.#folder.appendMetrics({ ...record, imagesPerSecond, seconds })
      if (checkpoint.progress.best?.epoch === record.epoch) await this.#folder.saveBest(checkpoint)
      if (checkpoint.progress.bestOnVal?.epoch === record.epoch) await this.#folder.saveBestOnVal(checkpoint)
      await this.#folder.saveLast(checkpoint)
    })
  }

  /**
   * Saves the state, unless it gives no numbers at inference and the saved one does. Returns the step of the state in
   * the folder.
   */
  async save(): Promise<number> {
    const tried: TriedCheckpoint<string> = (await this.#kept.triedCheckpoint?.()) ?? {
      checkpoint: await this.#kept.checkpoint(),
    }
    const { checkpoint, lost } = tried
    const { step } = checkpoint.progress
    if (lost !== undefined && this.#savedIsGood && this.#savedStep !== undefined) {
      this.#tried(step)
      if (!this.#heldBack) this.#onHeldBack?.(step, lost, this.#savedStep)
      this.#heldBack = true
      return this.#savedStep
    }
    await this.#keep(step, lost === undefined, () => this.#folder.saveLast(checkpoint))
    return step
  }

  /** Says which files are left if saving fails, and how to go on. */
  #left({ cause }: DataError): string {
    const { path } = this.#folder
    if (errorCode(cause) === 'ENOENT') return `and all that was saved in ${path} is gone: begin again`
    return this.#savedStep === undefined ? this.saved : `${this.saved}: put this right and go on with --resume ${path}`
  }

  #tried(step: number): void {
    this.#triedAt = this.#now()
    this.#triedStep = step
  }

  async #keep(step: number, isGood: boolean, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      throw new DataError(`${error.message}; training stopped after step ${step}, ${this.#left(error)}`, {
        cause: error,
      })
    }
    this.#tried(step)
    this.#savedStep = step
    this.#savedIsGood = isGood
    this.#heldBack = false
  }
}
