/**
 * The budget of one reading: how much may be made of what a file says, whoever wrote it. Readers pay for everything before
 * they make it, so that a small file which asks for much ends at once, by name, and never fills the memory or runs for
 * minutes. The limits are several times what the deepest networks that people have published need.
 */
import { DataError } from './errors.js'

/** How much one file may come to. */
export const limits = {
  /** Lists, dictionaries, objects and tensors. */
  containers: 500_000,
  /** All that is in them, and every instruction that a file gives for making them. */
  values: 2_000_000,
  /** Lists in lists. */
  depth: 64,
  /** Tensors by name. */
  tensors: 200_000,
  /** Characters of a name. */
  name: 1000,
} as const

/** Seconds that reading may take where the machine is slow, by the size of the file: honest ones take a hundredth. */
const mostSeconds = (fileBytes: number) => 20 + fileBytes / 4_000_000
/** Bytes that may be made of a file: floats pack by a tenth, zeros by a thousand times. */
const mostBytes = (fileBytes: number) => 33_554_432 + 20 * fileBytes
/** Values between two looks at the clock. */
const LOOK = 4096
/** Seconds of work after which others get a turn. */
const TURN = 0.05

/** The account that readers pay from, one for each file. */
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
   * @param fileBytes of the file: more may be made of a larger one
   * @param now seconds from any moment on
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

  /** Pays for lists, dictionaries and the like. */
  containers(count = 1): void {
    this.#containers += count
    if (this.#containers > limits.containers)
      this.fail(
        `refused: it holds more than ${limits.containers} lists and dictionaries, far more than any network needs`,
      )
  }

  /** Pays for what stands in them, or for as much work. */
  values(count = 1): void {
    this.#values += count
    if (this.#values > limits.values)
      this.fail(`refused: it holds more than ${limits.values} values, far more than any network needs`)
    this.#unseen += count
    if (this.#unseen >= LOOK) this.tick()
  }

  /** Pays for bytes that are unpacked or copied. */
  bytes(count: number): void {
    this.#bytes += count
    if (this.#bytes > this.mostBytes)
      this.fail(`refused: more than ${this.mostBytes} bytes would be made of it, which no weights of its size do`)
  }

  /** @param depth of lists in lists */
  depth(depth: number): void {
    if (depth > limits.depth) this.fail(`refused: it has lists in lists more than ${limits.depth} deep`)
  }

  /** @param count all tensors that a file has */
  tensors(count: number): void {
    if (count > limits.tensors)
      this.fail(`refused: it holds ${count} tensors, more than the ${limits.tensors} that are read`)
  }

  /** Checks the name of a tensor, an entry or a class. */
  name(text: string, what: string): void {
    if (text.length > limits.name)
      this.fail(`refused: the name of ${what} has ${text.length} characters, more than ${limits.name}`)
  }

  /** Ends the reading when it has taken too long. */
  tick(): void {
    this.#unseen = 0
    if (this.#now() - this.#begin > this.#mostSeconds)
      this.fail(`refused: reading it takes longer than ${Math.round(this.#mostSeconds)} seconds`)
  }

  /** Lets others have a turn when some time has passed, so that Ctrl-C is heard. @throws what `signal` was aborted with */
  async breathe(signal?: AbortSignal): Promise<void> {
    this.tick()
    signal?.throwIfAborted()
    if (this.#now() - this.#turn < TURN) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#turn = this.#now()
    signal?.throwIfAborted()
  }
}
