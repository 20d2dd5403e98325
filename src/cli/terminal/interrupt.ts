/**
 * Ctrl-C, a request to end, or a terminal that is closed: the first one asks the work to stop, so that it can be saved; a
 * second one stops at once, unless it is the terminal again, which tells of its end more than once.
 */
import { basename } from 'node:path'
import { command, word } from './invocation.js'
import { isLive, say } from './output.js'

/** Bars hide it while they move. */
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

  /** Says what was kept and how to go on, once: who knows more is asked first. */
  tell(line: string): void {
    if (!this.#told) say(line)
    this.#told = true
  }
}

/**
 * Runs work that can be interrupted. Its signal is aborted with an `Interrupted`.
 * @param left what is left then and how to go on, in a line, where the work has not said so itself
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

/** Whether `nohup` started this: Node undoes what that does, so the wish is read off what the shell left. */
function isKeptAlive(): boolean {
  return basename(process.env._ ?? '') === 'nohup'
}

/** The command that runs now, as it can be typed. */
export function sameCommand(): string {
  return command(process.argv.slice(2).map(word).join(' '))
}

/** Of work that leaves nothing. */
export function nothingKept(): string {
  return `stopped; nothing was kept; begin again with: ${sameCommand()}`
}
