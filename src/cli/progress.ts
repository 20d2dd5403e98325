/** Progress of anything that can be counted, on standard error: a moving bar in a terminal, now and then a line elsewhere. */
import { SingleBar } from 'cli-progress'
import { duration, isLive, say } from './output.js'

/** Milliseconds between two lines where nothing can move. */
const QUIET = 10_000

export class Progress {
  readonly #what: string
  readonly #amount: (count: number) => string
  readonly #began = performance.now()
  #bar: SingleBar | undefined
  #first: number | undefined
  #lastLine = performance.now()

  /**
   * @param what is done, for example `decoding`
   * @param amount a count in words, for example `12 pictures`
   */
  constructor(what: string, amount: (count: number) => string) {
    this.#what = what
    this.#amount = amount
  }

  /** @param total left out where it is not known */
  update(done: number, total: number | undefined): void {
    this.#first ??= done // what was done before is no part of the rate
    const seconds = (performance.now() - this.#began) / 1000
    const rate = seconds > 0.2 ? (done - this.#first) / seconds : 0
    const words = [`${this.#amount(done)}${total === undefined ? '' : ` of ${this.#amount(total)}`}`]
    if (rate > 0) words.push(`${this.#amount(Math.round(rate))}/s`)
    if (rate > 0 && total !== undefined) words.push(`${duration((total - done) / rate)} left`)
    const text = words.join('  ')
    if (isLive() && total !== undefined) {
      if (!this.#bar) {
        this.#bar = new SingleBar({
          format: `${this.#what} {bar} {percentage} %  {text}`,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          fps: 8,
          linewrap: false,
          gracefulExit: false,
          stream: process.stderr,
        })
        this.#bar.start(total, done, { text })
      }
      this.#bar.update(done, { text })
    } else if (performance.now() - this.#lastLine > QUIET) {
      this.#lastLine = performance.now()
      say(`${this.#what}: ${text}`)
    }
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}
