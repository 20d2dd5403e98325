/** Ctrl-C or a request to end: the first one asks the work to stop, so that it can be saved; the second stops at once. */
import { isLive } from './output.js'

/** Bars hide it while they move. */
const SHOW_CURSOR = '\u001b[?25h'

/** Exit codes, as shells give them: 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: number

  constructor(signal: keyof typeof exitCodes) {
    super(`interrupted by ${signal}`)
    this.exitCode = exitCodes[signal]
  }
}

/** Runs work that can be interrupted. Its signal is aborted with an `Interrupted`. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = (signal: keyof typeof exitCodes) => {
    if (controller.signal.aborted) {
      if (isLive()) process.stderr.write(SHOW_CURSOR)
      process.exit(exitCodes[signal])
    }
    controller.abort(new Interrupted(signal))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
