/** Which engine runs: the one asked for, or the fastest that works, with the reason in one line. */

import type { Engine } from '../engine/engine.js'
import { ConfigError, EngineError } from '../util/errors.js'
import { described, expectOptions, signal as signalKind } from '../util/expect.js'

/** Kinds of engines, fastest first. `auto` never takes the reference: it is there to be right, not to be fast. */
export const engineKinds = ['native', 'wasm', 'reference'] as const
/** `native` is the Node addon, `wasm` WebAssembly, `reference` the slow one that is there to be right. */
export type EngineKind = (typeof engineKinds)[number]

export const engineBuilds = ['native-avx512', 'native-avx2', 'native-baseline', 'wasm-simd', 'reference'] as const
/** A kind of engine and its instruction set. A weight hash belongs to one. */
export type EngineBuild = (typeof engineBuilds)[number]

/** `auto`, a kind, or an exact build. */
export type EngineName = 'auto' | EngineKind | EngineBuild
/** All that an engine can be asked for by: `auto`, kinds, builds. */
export const engineNames: readonly EngineName[] = ['auto', ...new Set<EngineName>([...engineKinds, ...engineBuilds])]

/** An engine together with why it is this one. */
export interface ChosenEngine extends Engine, AsyncDisposable {
  /** One line, for example `the fastest that works here`. */
  readonly reason: string
}

/** Which engine is to compute. */
export interface EngineOptions {
  /** Default `auto`. An engine that is open already is used, and not disposed of, by whoever gets it. */
  readonly engine?: EngineName | ChosenEngine | undefined
  /** Default: as many as the machine has processors. Results do not depend on it. */
  readonly threads?: number | undefined
}

/** What an engine is opened by. */
export interface OpenOptions {
  /** Default `auto`. */
  readonly engine?: EngineName | undefined
  /** Default: as many as the machine has processors. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A way to open engines of a kind, in one environment. */
export interface EngineSource {
  readonly kind: EngineKind
  /** What its user should know of how it runs here, to follow a comma. */
  readonly note?: string | undefined
  /** @throws EngineError that says what is lacking and how to get it. */
  open(threads: number, build: EngineBuild | undefined): Promise<Engine>
}

/** The engines of an environment, fastest first, and how many threads it offers. */
export interface Environment {
  readonly sources: readonly EngineSource[]
  readonly threads: number
}

/**
 * Opens what `options` ask for.
 * @throws ConfigError for a name or number without meaning, EngineError when the engine, or every one, is not available.
 */
export async function chooseEngine(environment: Environment, options: OpenOptions): Promise<ChosenEngine> {
  expectOptions(options, 'openEngine: options', { signal: signalKind })
  const { signal } = options
  signal?.throwIfAborted()
  const engine = await choose(environment, options)
  if (!signal?.aborted) return engine
  await engine.dispose()
  throw signal.reason
}

async function choose({ sources, threads: processors }: Environment, options: OpenOptions): Promise<ChosenEngine> {
  const { engine: name = 'auto', threads = processors } = options
  if (!engineNames.includes(name))
    throw new ConfigError(`engine: expected one of ${engineNames.join(', ')}; got ${described(name)}`)
  if (!Number.isSafeInteger(threads) || threads < 1)
    throw new ConfigError(`threads: expected a whole number of at least 1, got ${described(threads)}`)
  if (name === 'auto') return fastest(sources, threads)
  const build = engineBuilds.find((other) => other === name)
  const source = sources.find(({ kind }) => name === kind || name.startsWith(`${kind}-`))
  if (!source)
    throw new EngineError(
      `engine ${name}: not offered in this environment; there are ${sources.map(({ kind }) => kind).join(', ')}`,
    )
  return withReason(await source.open(threads, build), 'asked for', source)
}

async function fastest(sources: readonly EngineSource[], threads: number): Promise<ChosenEngine> {
  const failures: string[] = []
  for (const source of sources.filter(({ kind }) => kind !== 'reference')) {
    try {
      const engine = await source.open(threads, undefined)
      return withReason(engine, failures.length === 0 ? 'the fastest that works here' : failures.join('; '), source)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      failures.push(error.message)
    }
  }
  throw new EngineError(
    `no fast engine works here: ${failures.join('; ')}. The engine reference always works, some hundred times slower`,
  )
}

function withReason(engine: Engine, why: string, { note }: EngineSource): ChosenEngine {
  return {
    build: engine.build,
    threads: engine.threads,
    get precisions() {
      return engine.precisions
    },
    target: engine.target,
    missing: (graph) => engine.missing(graph),
    compile: (plan) => engine.compile(plan),
    dispose: () => engine.dispose(),
    [Symbol.asyncDispose]: () => engine.dispose(),
    reason: note ? `${why}, ${note}` : why,
  }
}
