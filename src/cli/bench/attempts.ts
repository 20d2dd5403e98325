/** Measures several works one after the other. A failed work does not stop the others. */
import { EngineError } from '../../internal.node.js'
import type { BenchResult } from './result.js'

export interface Attempt {
  readonly name: string
  run(): Promise<readonly BenchResult[]>
}

export interface Attempted {
  readonly results: readonly BenchResult[]
  /** The names of the works that failed. */
  readonly failed: readonly string[]
}

/**
 * @param listener hears when a work begins, what it found, and why it failed
 * @throws every error that is not an EngineError
 */
export async function attemptAll(
  attempts: readonly Attempt[],
  listener: { begins(name: string): void; found(results: readonly BenchResult[]): void; failed(reason: string): void },
): Promise<Attempted> {
  const results: BenchResult[] = []
  const failed: string[] = []
  for (const { name, run } of attempts) {
    listener.begins(name)
    try {
      const found = await run()
      results.push(...found)
      listener.found(found)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      listener.failed(error.message)
      failed.push(name)
    }
  }
  return { results, failed }
}

/** @throws EngineError if a work failed */
export function expectNone(failed: readonly string[]): void {
  if (failed.length > 0) throw new EngineError(`bench: no figures for ${failed.join('; ')}: the reasons are above`)
}
