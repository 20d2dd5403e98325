/**
 * Handles Ctrl-C, a request to end, and a closed terminal. The first signal asks the work to stop and to save its
 * state. A second signal stops at once, except a second signal of the closed terminal, which sends several.
 */
import { basename } from 'node:path'
import { command, word } from './invocation.js'
import { isLive, say } from './output.js'

/** Shows the cursor again, which bars hide. */
const SHOW_CURSOR = '\u001b[?25h'

/** Exit codes, as shells give them: 128 and the number of the signal. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

type Signal = keyof typeof exitCodes
const signals = Object.keys(exitCodes) as Signal[]

export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: number
  #told = false

  constructor(signal: Signal) {
    super(`interrupted by ${signal}`)
    this.exitCode = exitCodes[signal]
  }

  /** Prints once which state was kept and how to resume. The innermost work prints it, because it knows most. */
  tell(line: string): void {
    if (!this.#told) say(line)
    this.#told = true
  }
}

/**
 * Runs work that can be interrupted. Its signal is aborted with an `Interrupted`.
 * @param left the line about the kept state and how to resume, unless the work has printed its own
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, left: () => string): Promise<T> {
  const controller = new AbortController()
  const stop = (signal: Signal) => {
    if (signal === 'SIGHUP' && (controller.signal.aborted || isKeptAlive())) return
    if (controller.signal.aborted) {
      if (isLive()) process.stderr.write(SHOW_CURSOR)
      process.exit(exitCodes[signal])
    }
    controller.abort(new Interrupted(signal))
  }
  for (const signal of signals) process.on(signal, stop)
  try {
    return await work(controller.signal)
  } catch (error) {
    if (error instanceof Interrupted) error.tell(left())
    throw error
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}

/**
 * Whether `nohup` started this process. Node resets the signal handling of `nohup`, so this reads the environment that
 * the shell left.
 */
function isKeptAlive(): boolean {
  return basename(process.env._ ?? '') === 'nohup'
}

/** The running command, in a form that can be typed. */
export function sameCommand(): string {
  return command(process.argv.slice(2).map(word).join(' '))
}

/** The line for work that keeps nothing. */
export function nothingKept(): string {
  return `stopped; nothing was kept; begin again with: ${sameCommand()}`
}
