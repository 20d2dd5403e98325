/** Ctrl-C: the first one asks the work to stop, so that it can be saved; the second one stops at once. */
import { isLive } from './output.js'

/** Bars hide it while they move. */
const SHOW_CURSOR = '\u001b[?25h'

export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Runs work that can be interrupted. Its signal is aborted with an `Interrupted`. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) {
      if (isLive()) process.stderr.write(SHOW_CURSOR)
      process.exit(130)
    }
    controller.abort(new Interrupted('interrupted'))
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
