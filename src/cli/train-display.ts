/** What `resnet train` shows on standard error: a moving bar in a terminal, now and then a line elsewhere. */
import { type Options, SingleBar } from 'cli-progress'
import type { EpochRecord, StepProgress, Task } from '../node.js'
import { duration, isLive, percentText, rateText, say } from './output.js'

const barOptions: Options = {
  format: 'epoch {epoch} {bar} {percentage} %  {text}',
  barCompleteChar: '█',
  barIncompleteChar: '░',
  barsize: 24,
  hideCursor: true,
  clearOnComplete: true,
  stopOnComplete: false,
  fps: 8,
  linewrap: false,
  gracefulExit: false,
  stream: process.stderr,
}

/** Milliseconds between two lines where nothing can move. */
const QUIET = 10_000

/** How a task tells its figures. */
export interface TrainWords<T extends Task> {
  /** Of the epoch so far. */
  step(progress: StepProgress<T>): readonly string[]
  /** Of an epoch and its evaluation. */
  epoch(record: EpochRecord<T>): readonly string[]
}

export const classifierWords: TrainWords<'classify'> = {
  step: ({ epochLoss, epochTop1Error }) => [`loss ${epochLoss.toFixed(4)}`, `error ${percentText(epochTop1Error)}`],
  epoch: ({ train, val, test }) => [
    `loss ${train.loss.toFixed(4)}`,
    `train error ${percentText(train.top1Error)}`,
    ...(val ? [`val error ${percentText(val.top1Error)}`] : []),
    ...(test ? [`test error ${percentText(test.top1Error)}`] : []),
  ],
}

export class TrainDisplay<T extends Task> {
  readonly #live = isLive()
  #bar: SingleBar | undefined
  #lastLine = performance.now()
  #last: StepProgress<T> | undefined
  readonly #epochs: number
  readonly #words: TrainWords<T>

  /** @param epochs how many there will be */
  constructor(epochs: number, words: TrainWords<T>) {
    this.#epochs = epochs
    this.#words = words
  }

  progress(progress: StepProgress<T>): void {
    this.#last = progress
    const { step, totalSteps } = progress
    const epochText = this.#epochText(progress.epoch)
    if (this.#live) {
      this.#bar ??= new SingleBar(barOptions)
      if (!this.#bar.isActive) this.#bar.start(totalSteps, step, { epoch: epochText, text: '' })
      this.#bar.update(step, { epoch: epochText, text: this.#figures(progress) })
    } else if (performance.now() - this.#lastLine > QUIET) {
      this.#lastLine = performance.now()
      say(`epoch ${epochText}  step ${step}/${totalSteps}  ${this.#figures(progress)}`)
    }
  }

  /** The line of an epoch, which stays. */
  epoch(record: EpochRecord<T>): void {
    this.stop()
    this.#lastLine = performance.now()
    const line = [`epoch ${this.#epochText(record.epoch)}`, ...this.#words.epoch(record), `lr ${lrText(record.lr)}`]
    if (this.#last) line.push(rateText(this.#last.imagesPerSecond))
    if (this.#last && this.#last.secondsLeft > 0) line.push(`${duration(this.#last.secondsLeft)} left`)
    say(line.join('  '))
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }

  #figures(progress: StepProgress<T>): string {
    const { lr, imagesPerSecond, secondsLeft } = progress
    const rates = [`lr ${lrText(lr)}`, rateText(imagesPerSecond), `${duration(secondsLeft)} left`]
    return [...this.#words.step(progress), ...rates].join('  ')
  }

  #epochText(epoch: number): string {
    return `${String(epoch).padStart(String(this.#epochs).length)}/${this.#epochs}`
  }
}

function lrText(lr: number): string {
  return lr >= 0.001 || lr === 0 ? lr.toFixed(4) : lr.toExponential(1)
}
