/** The display of `resnet train` on standard error: a moving bar in a terminal, occasional lines elsewhere. */
import { type Options, SingleBar } from 'cli-progress'
import type { EpochRecord, StepProgress } from '../../internal.node.js'
import { duration, isLive, rateText, say } from './output.js'
import { barSize, columns, fitted, type Part } from './width.js'

const barOptions: Options = {
  format: 'epoch {epoch} {bar} {percentage} %  {text}',
  barCompleteChar: '█',
  barIncompleteChar: '░',
  hideCursor: true,
  clearOnComplete: true,
  stopOnComplete: false,
  fps: 8,
  linewrap: false,
  gracefulExit: false,
  stream: process.stderr,
}

/** Milliseconds between two lines where no bar can move. */
const QUIET = 10_000

/** The texts of a task's figures. */
export interface TrainWords<T extends string> {
  /** Figures of the epoch so far, the most important last. */
  step(progress: StepProgress<T>): readonly string[]
  /** Figures of an epoch and its evaluation, the most important last. */
  epoch(record: EpochRecord<T>): readonly string[]
}

export class TrainDisplay<T extends string> {
  readonly #live = isLive()
  #bar: SingleBar | undefined
  #lastLine = performance.now()
  #last: StepProgress<T> | undefined
  readonly #epochs: number
  readonly #words: TrainWords<T>

  /** @param epochs the number of epochs */
  constructor(epochs: number, words: TrainWords<T>) {
    this.#epochs = epochs
    this.#words = words
  }

  progress(progress: StepProgress<T>): void {
    this.#last = progress
    const { step, totalSteps } = progress
    const epochText = this.#epochText(progress.epoch)
    if (this.#live) {
      const width = columns()
      const barsize = barSize(width)
      this.#bar ??= new SingleBar({ ...barOptions, barsize })
      if (!this.#bar.isActive) this.#bar.start(totalSteps, step, { epoch: epochText, text: '' })
      const taken = `epoch ${epochText}  100 %  `.length + barsize
      this.#bar.update(step, { epoch: epochText, text: this.#figures(progress, width - taken) })
    } else if (performance.now() - this.#lastLine > QUIET) {
      this.#lastLine = performance.now()
      const place = `epoch ${epochText}  step ${step}/${totalSteps}  `
      say(`${place}${this.#figures(progress, columns() - place.length)}`)
    }
  }

  /** Prints the line of an epoch, which stays. */
  epoch(record: EpochRecord<T>): void {
    this.stop()
    this.#lastLine = performance.now()
    const parts: Part[] = [
      [`epoch ${this.#epochText(record.epoch)}`, 0],
      ...ranked(this.#words.epoch(record)),
      [`lr ${lrText(record.lr)}`, 9],
    ]
    if (this.#last) parts.push([rateText(this.#last.imagesPerSecond), 8])
    if (this.#last && this.#last.secondsLeft > 0) parts.push([`${duration(this.#last.secondsLeft)} left`, 1])
    say(fitted(parts, columns()))
  }

  /** Removes the bar. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }

  #figures(progress: StepProgress<T>, width: number): string {
    const { lr, imagesPerSecond, secondsLeft } = progress
    const rates: Part[] = [
      [`lr ${lrText(lr)}`, 9],
      [rateText(imagesPerSecond), 8],
      [`${duration(secondsLeft)} left`, 1],
    ]
    return fitted([...ranked(this.#words.step(progress)), ...rates], width)
  }

  #epochText(epoch: number): string {
    return `${String(epoch).padStart(String(this.#epochs).length)}/${this.#epochs}`
  }
}

/** The last of the texts is dropped last. */
function ranked(words: readonly string[]): Part[] {
  return words.map((text, i) => [text, 1 + words.length - i])
}

function lrText(lr: number): string {
  return lr >= 0.001 || lr === 0 ? lr.toFixed(4) : lr.toExponential(1)
}
