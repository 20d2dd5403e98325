/**
 * Limits what a reader may make from one file of any origin. Readers charge everything to the budget before they
 * make it. So a small file that asks for too much is refused at once, with a reason, and never fills the memory or runs
 * for minutes. The limits are several times the needs of the deepest published networks.
 */
import { DataError } from './errors.js'

/** Limits for one file. */
export const limits = {
  /** Number of lists, dictionaries, objects and tensors. */
  containers: 500_000,
  /** Number of their entries, and of the instructions that make them. */
  values: 2_000_000,
  /** Depth of nested lists. */
  depth: 64,
  /** Number of named tensors. */
  tensors: 200_000,
  /** Number of characters in a name. */
  name: 1000,
} as const

/** Seconds that reading may take on a slow machine, by the size of the file. Honest files take a hundredth. */
const mostSeconds = (fileBytes: number) => 20 + fileBytes / 4_000_000
/** Bytes that may be made from a file. Floats compress by a tenth, zeros to a thousandth. */
const mostBytes = (fileBytes: number) => 33_554_432 + 20 * fileBytes
/** Number of values between two checks of the clock. */
const LOOK = 4096
/** Seconds of work before other tasks get a turn. */
const TURN = 0.05

/** The budget of one file. */
export class Budget {
  /** The file's name, at the start of every error. */
  readonly who: string
  readonly mostBytes: number
  readonly #now: () => number
  readonly #begin: number
  readonly #mostSeconds: number
  #turn: number
  #containers = 0
  #values = 0
  #bytes = 0
  #unseen = 0

  /**
   * @param fileBytes size of the file: a larger file may make more
   * @param now seconds since any fixed moment
   */
  constructor(who: string, fileBytes = 0, now = () => performance.now() / 1000) {
    this.who = who
    this.mostBytes = mostBytes(fileBytes)
    this.#mostSeconds = mostSeconds(fileBytes)
    this.#now = now
    this.#begin = now()
    this.#turn = this.#begin
  }

  /** Ends the reading with an error that names the file. */
  fail(what: string): never {
    throw new DataError(`${this.who}: ${what}`)
  }

  /** Charges lists, dictionaries and the like. */
  containers(count = 1): void {
    this.#containers += count
    if (this.#containers > limits.containers)
      this.fail(
        `refused: it holds more than ${limits.containers} lists and dictionaries, far more than any network needs`,
      )
  }

  /** Charges their entries, or as much work. */
  values(count = 1): void {
    this.#values += count
    if (this.#values > limits.values)
      this.fail(`refused: it holds more than ${limits.values} values, far more than any network needs`)
    this.#unseen += count
    if (this.#unseen >= LOOK) this.tick()
  }

  /** Charges bytes that are unpacked or copied. */
  bytes(count: number): void {
    this.#bytes += count
    if (this.#bytes > this.mostBytes)
      this.fail(`refused: more than ${this.mostBytes} bytes would be made of it, too many for weights of its size`)
  }

  /** @param depth depth of nested lists */
  depth(depth: number): void {
    if (depth > limits.depth) this.fail(`refused: it has lists in lists more than ${limits.depth} deep`)
  }

  /** @param count number of all tensors in a file */
  tensors(count: number): void {
    if (count > limits.tensors)
      this.fail(`refused: it holds ${count} tensors, more than the ${limits.tensors} that are read`)
  }

  /** Checks the name of a tensor, an entry or a class. */
  name(text: string, what: string): void {
    if (text.length > limits.name)
      this.fail(`refused: the name of ${what} has ${text.length} characters, more than ${limits.name}`)
  }

  /** Ends the reading if it has taken too long. */
  tick(): void {
    this.#unseen = 0
    if (this.#now() - this.#begin > this.#mostSeconds)
      this.fail(`refused: reading it takes longer than ${Math.round(this.#mostSeconds)} seconds`)
  }

  /** Yields to other tasks after some time, so that Ctrl-C works. @throws the abort reason of `signal` */
  async breathe(signal?: AbortSignal): Promise<void> {
    this.tick()
    signal?.throwIfAborted()
    if (this.#now() - this.#turn < TURN) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#turn = this.#now()
    signal?.throwIfAborted()
  }
}
