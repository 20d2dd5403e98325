/** Engines for what computes: opened by name, or open already and shared. */
import type { ChosenEngine } from '../../engine/engine.js'
import {
  callback,
  expectFields,
  expectKind,
  expectOptions,
  type Fields,
  object,
  optional,
  signal as signalKind,
} from '../../util/expect.js'
import type { EngineOptions, OpenOptions } from './choice.js'

/** Opens an engine: see `OpenOptions`. */
export type OpenEngine = (options?: OpenOptions) => Promise<ChosenEngine>

/** Which engine is to compute, and how to stop it. */
export interface ComputeOptions extends EngineOptions {
  /** Ends the work soon after it is aborted; what was awaited is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** @throws ConfigError unless these are options of something that computes */
export function expectCompute(options: unknown, who: string, fields: Fields = {}): void {
  expectOptions(options, who, { ...fields, signal: signalKind })
}

/** The engine that options name, and what to do with it in the end: engines that came in open stay open. */
export async function engineOf(
  openEngine: OpenEngine,
  { engine, threads, onMemory, signal }: ComputeOptions,
): Promise<{ readonly engine: ChosenEngine; readonly release: () => Promise<void> }> {
  expectKind(signal, 'options.signal', optional(signalKind))
  if (typeof engine === 'object') {
    const fields = { compile: callback, missing: callback, dispose: callback, target: object }
    expectFields(engine, 'options.engine', 'the name of an engine, or one that openEngine() opened', fields)
    return { engine, release: async () => {} }
  }
  const opened = await openEngine({ engine, threads, onMemory, signal })
  return { engine: opened, release: () => opened.dispose() }
}
