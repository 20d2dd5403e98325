/** The error for a system that does not start all the threads asked for. */
import { EngineError } from '../../util/errors.js'

/** @param started number of threads that started before one failed; all of them have ended */
export function tooFewThreads(build: string, threads: number, started: number, cause: unknown): EngineError {
  const some = started === 0 ? 'not one of them' : `only ${started} of them`
  return new EngineError(
    `${build}: ${threads} ${threads === 1 ? 'thread was' : 'threads were'} asked for, and the system started ${some}; use ` +
      'fewer with --threads (in code the option threads), or raise its limit (ulimit -u and -v, pids of a container)',
    { cause },
  )
}
