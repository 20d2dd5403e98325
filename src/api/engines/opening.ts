/** Engines for functions that compute: opened by name, or already open and shared. */
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

/** The engine that computes, and a signal to stop it. */
export interface ComputeOptions extends EngineOptions {
  /** Aborting the signal soon ends the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** @throws ConfigError for options that are not `ComputeOptions` */
export function expectCompute(options: unknown, who: string, fields: Fields = {}): void {
  expectOptions(options, who, { ...fields, signal: signalKind })
}

/** The engine that options name, and the function that releases it: an engine that was passed in open stays open. */
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
