/**
 * Checks the memory of each plan against the memory that the machine can give, before any of it is taken. Otherwise the
 * system would kill the process.
 */
import { EngineError } from '../util/errors.js'
import type { AskMemory } from '../util/machine/free-memory.js'
import { sizeText } from '../util/size-text.js'

/** Memory that a plan has taken. */
export interface Taken {
  /** Call it once the system counts this memory itself, because all of it was written to, or when it was given back. */
  settle(): void
}

export class Room {
  readonly #ask: AskMemory
  readonly #onTake: ((bytes: number) => void) | undefined
  /** Bytes taken that the system may not have counted yet. */
  #unnoticed = 0

  /** @param onTake called with the bytes about to be taken, if there is room for them */
  constructor(ask: AskMemory = () => [], onTake?: (bytes: number) => void) {
    this.#ask = ask
    this.#onTake = onTake
  }

  /**
   * Call it before the memory is taken.
   * @throws EngineError if there is less
   */
  take(build: string, bytes: number): Taken {
    for (const { bytes: free, by, onceAsked } of this.#ask()) {
      const left = Math.max(0, onceAsked ? free : free - this.#unnoticed)
      if (bytes > left)
        throw new EngineError(
          `${build}: the plan needs ${sizeText(bytes)} of memory, and ${sizeText(left)} ${by}; use a smaller batch or ` +
            'smaller pictures, train with --recompute blocks (in code the option recompute), or end other programs',
        )
    }
    this.#onTake?.(bytes)
    this.#unnoticed += bytes
    let settled = false
    return {
      settle: () => {
        if (!settled) this.#unnoticed -= bytes
        settled = true
      },
    }
  }

  /**
   * Call it before threads start.
   * @param bytes of address space that they reserve without writing to it
   * @throws EngineError if there is less
   */
  expectAddresses(build: string, threads: number, bytes: number): void {
    const tight = this.#ask().find((free) => free.onceAsked && free.bytes < bytes)
    if (tight)
      throw new EngineError(
        `${build}: ${threads} ${threads === 1 ? 'thread needs' : 'threads need'} ${sizeText(bytes)} of address space, and ` +
          `${sizeText(tight.bytes)} ${tight.by}; use fewer with --threads (in code the option threads), or raise the limit`,
      )
  }
}
