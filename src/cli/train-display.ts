/** What `resnet train` shows on standard error: a moving bar in a terminal, now and then a line elsewhere. */
import { type Options, SingleBar } from 'cli-progress'
import type { EpochRecord, StepProgress } from '../node.js'
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

export class TrainDisplay {
  readonly #live = isLive()
  #bar: SingleBar | undefined
  #lastLine = performance.now()
  #last: StepProgress | undefined
  readonly #epochs: number

  /** @param epochs how many there will be */
  constructor(epochs: number) {
    this.#epochs = epochs
  }

  progress(progress: StepProgress): void {
    this.#last = progress
    const { step, totalSteps } = progress
    const epochText = this.#epochText(progress.epoch)
    if (this.#live) {
      this.#bar ??= new SingleBar(barOptions)
      if (!this.#bar.isActive) this.#bar.start(totalSteps, step, { epoch: epochText, text: '' })
      this.#bar.update(step, { epoch: epochText, text: figures(progress) })
    } else if (performance.now() - this.#lastLine > QUIET) {
      this.#lastLine = performance.now()
      say(`epoch ${epochText}  step ${step}/${totalSteps}  ${figures(progress)}`)
    }
  }

  /** The line of an epoch, which stays. */
  epoch(record: EpochRecord): void {
    this.stop()
    this.#lastLine = performance.now()
    const line = [
      `epoch ${this.#epochText(record.epoch)}`,
      `loss ${record.train.loss.toFixed(4)}`,
      `train error ${percentText(record.train.top1Error)}`,
    ]
    if (record.val) line.push(`val error ${percentText(record.val.top1Error)}`)
    if (record.test) line.push(`test error ${percentText(record.test.top1Error)}`)
    line.push(`lr ${lrText(record.lr)}`)
    if (this.#last) line.push(rateText(this.#last.imagesPerSecond))
    if (this.#last && this.#last.secondsLeft > 0) line.push(`${duration(this.#last.secondsLeft)} left`)
    say(line.join('  '))
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }

  #epochText(epoch: number): string {
    return `${String(epoch).padStart(String(this.#epochs).length)}/${this.#epochs}`
  }
}

function figures({ epochLoss, epochTop1Error, lr, imagesPerSecond, secondsLeft }: StepProgress): string {
  return [
    `loss ${epochLoss.toFixed(4)}`,
    `error ${percentText(epochTop1Error)}`,
    `lr ${lrText(lr)}`,
    rateText(imagesPerSecond),
    `${duration(secondsLeft)} left`,
  ].join('  ')
}

function lrText(lr: number): string {
  return lr >= 0.001 || lr === 0 ? lr.toFixed(4) : lr.toExponential(1)
}
