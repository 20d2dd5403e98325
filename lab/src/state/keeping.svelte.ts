/**
 * Saves a race while it trains, and resumes the one that was saved at the same address. Only the tab that holds the
 * lock of a race trains and writes it.
 */
import type { RaceSettings } from '../compute/race.js'
import { holdLock } from '../keep/lock.js'
import { KeptRaces, keyOf, lockOf } from '../keep/races.js'
import type { Racing } from './racing.svelte.js'

/** Least milliseconds between two saves. Saving takes at most a thirtieth of the time. */
const INTERVAL = 5000
const SHARE = 30

/** `anew` keeps the saved run until the new one is saved; `unkept` never writes. */
export type Beginning = 'resume' | 'anew' | 'unkept'

export class Keeping {
  /** Why nothing is saved; empty if all is well. */
  problem = $state('')
  /** Why the saved race cannot be used. */
  lost = $state('')
  /** Whether another tab has this race. */
  elsewhere = $state(false)
  /** The step that the race resumed from, and when it was written. */
  resumed = $state<{ readonly step: number; readonly at: Date }>()
  /** The step of the saved race; 0 if there is none. */
  step = $state(0)
  readonly #race: Racing
  readonly #opening = KeptRaces.open()
  #races: KeptRaces | undefined
  /** Key of the race that this tab may write. */
  #key: string | undefined
  #release: (() => void) | undefined
  #visit = new AbortController()
  #saving: Promise<void> = Promise.resolve()
  #nextSave = 0
  /** The end of earlier pages' races: there is only one race at a time. */
  static #left: Promise<void> = Promise.resolve()

  constructor(race: Racing) {
    this.#race = race
    race.onSlice = () => {
      if (performance.now() >= this.#nextSave) void this.save()
    }
  }

  /**
   * Opens a race, resuming it if it was saved. Waits while another tab has it.
   * @param address the settings in the address
   * @returns whether it is open; false if something else was asked for meanwhile
   */
  async begin(settings: RaceSettings, address: string, how: Beginning): Promise<boolean> {
    const visit = this.#leave()
    await Keeping.#left
    this.#races = await this.#opening
    if (visit.aborted) return false
    this.problem = this.#whyNot(how)
    if (this.problem === '' && !(await this.#lock(await keyOf(address), visit))) return false
    const resumed = how === 'resume' && (await this.#resume(settings))
    if (!resumed && !visit.aborted) await this.#race.open(settings)
    return !visit.aborted
  }

  /** Trains, and saves the result. */
  async run(steps?: number): Promise<void> {
    this.#nextSave = performance.now() + INTERVAL
    await this.#race.run(steps)
    await this.save()
  }

  /** Saves now, or when the current slice has ended. */
  save(): Promise<void> {
    this.#nextSave = Number.POSITIVE_INFINITY
    this.#saving = this.#saving.then(async () => {
      const began = performance.now()
      await this.#save()
      const now = performance.now()
      this.#nextSave = now + Math.max(INTERVAL, SHARE * (now - began))
    })
    return this.#saving
  }

  /** Saves and closes the race. */
  close(): void {
    this.#leave()
  }

  #whyNot(how: Beginning): string {
    if (!this.#races) return 'this browser gives the page no file system of its own, or no locks'
    return how === 'unkept' ? 'another tab trains the same run and keeps it' : ''
  }

  /** @returns the signal of the new visit */
  #leave(): AbortSignal {
    this.#visit.abort()
    this.#visit = new AbortController()
    this.#race.pause()
    const leave = async () => {
      await this.save()
      await this.#race.close().catch(() => {}) // the computing end is lost, and the race with it
      this.#key = undefined
      this.#release?.()
      this.#release = undefined
      this.elsewhere = false
      this.lost = ''
      this.resumed = undefined
      this.step = 0
    }
    Keeping.#left = Keeping.#left.then(leave)
    return this.#visit.signal
  }

  /** @returns whether this tab has the lock; false if something else was asked for meanwhile */
  async #lock(key: string, visit: AbortSignal): Promise<boolean> {
    try {
      this.#release = await holdLock(lockOf(key), () => (this.elsewhere = true), visit)
    } catch {
      return false
    }
    this.elsewhere = false
    this.#key = key
    return !visit.aborted
  }

  /** @returns whether the race resumed from a saved one */
  async #resume(settings: RaceSettings): Promise<boolean> {
    if (!this.#races || this.#key === undefined) return false
    try {
      const kept = await this.#races.read(this.#key)
      if (!kept) return false
      await this.#race.open(settings, kept)
      this.step = kept.history.step
      this.resumed = { step: kept.history.step, at: kept.at }
      return true
    } catch (error) {
      this.lost = textOf(error)
      return false
    }
  }

  async #save(): Promise<void> {
    const { step, state } = this.#race
    if (!this.#races || this.#key === undefined || step === 0 || step === this.step || state === 'failed') return
    try {
      const snapshot = await this.#race.snapshot()
      if (snapshot) {
        await this.#races.write(this.#key, snapshot)
        this.step = snapshot.history.step
      }
      this.problem = ''
    } catch (error) {
      this.problem = textOf(error)
    }
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
