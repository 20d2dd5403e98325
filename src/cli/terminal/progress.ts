/**
 * Shows the progress of work that can be counted, on standard error: a moving bar in a terminal, occasional lines
 * elsewhere.
 */
import { SingleBar } from 'cli-progress'
import { duration, isLive, oneLine, say } from './output.js'
import { barSize, columns, fitted, type Part } from './width.js'

/** Milliseconds between two lines where no bar can move. */
const QUIET = 10_000

export class Progress {
  readonly #what: string
  readonly #amount: (count: number) => string
  readonly #began = performance.now()
  #bar: SingleBar | undefined
  #first: number | undefined
  #lastLine = performance.now()

  /**
   * @param what the activity, for example `decoding`
   * @param amount a count in words, for example `12 pictures`
   */
  constructor(what: string, amount: (count: number) => string) {
    this.#what = oneLine(what)
    this.#amount = amount
  }

  /** @param total left out if it is unknown */
  update(done: number, total: number | undefined): void {
    this.#first ??= done // what was done before is no part of the rate
    const seconds = (performance.now() - this.#began) / 1000
    const rate = seconds > 0.2 ? (done - this.#first) / seconds : 0
    const parts: Part[] = [[`${this.#amount(done)}${total === undefined ? '' : ` of ${this.#amount(total)}`}`, 2]]
    if (rate > 0) parts.push([`${this.#amount(Math.round(rate))}/s`, 3])
    if (rate > 0 && total !== undefined) parts.push([`${duration((total - done) / rate)} left`, 1])
    const width = columns()
    if (isLive() && total !== undefined) {
      const percent = ' 100 %  '.length
      const bar = barSize(width)
      const what = this.#what.slice(0, width - bar - percent)
      const text = fitted(parts, width - what.length - 1 - bar - percent)
      if (!this.#bar) {
        this.#bar = new SingleBar({
          format: `${what} {bar} {percentage} %  {text}`,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          barsize: bar,
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
      say(`${this.#what}: ${fitted(parts, width - this.#what.length - 2)}`)
    }
  }

  /** Removes the bar. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}
