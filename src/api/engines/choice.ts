/** Chooses the engine: the requested one, or the fastest that works. States the reason in one line. */

import type { ChosenEngine, Engine } from '../../engine/engine.js'
import { Room } from '../../engine/room.js'
import { ConfigError, EngineError } from '../../util/errors.js'
import { described, expectKind, expectOptions, signal as signalKind, whole } from '../../util/expect.js'
import type { AskMemory } from '../../util/machine/free-memory.js'

/** Kinds of engines, fastest first. `auto` never takes the reference, which is exact but slow. */
export const engineKinds = ['native', 'wasm', 'reference'] as const
/**
 * `native` is the Node addon, `wasm` is WebAssembly, and `reference` is the slow engine that the others are tested
 * against.
 */
export type EngineKind = (typeof engineKinds)[number]

export const engineBuilds = ['native-avx512', 'native-avx2', 'native-baseline', 'wasm-simd', 'reference'] as const
/** A kind of engine and its instruction set. A weight hash belongs to one. */
export type EngineBuild = (typeof engineBuilds)[number]

/** `auto`, a kind, or an exact build. */
export type EngineName = 'auto' | EngineKind | EngineBuild
/** All names of engines: `auto`, kinds and builds. */
export const engineNames: readonly EngineName[] = ['auto', ...new Set<EngineName>([...engineKinds, ...engineBuilds])]

/** The engine that computes. */
export interface EngineOptions {
  /** Default `auto`. An engine that is already open is used and stays open. */
  readonly engine?: EngineName | ChosenEngine | undefined
  /**
   * Default: one thread per processor. At most four per processor are started, or eight if that is more. The field
   * `threads` of the engine holds the number that was started. Results do not depend on it.
   */
  readonly threads?: number | undefined
  /** Called with the memory that a plan is about to take, in bytes. Not called for an engine that is already open. */
  readonly onMemory?: ((bytes: number) => void) | undefined
}

/** Options of `openEngine`. */
export interface OpenOptions {
  /** Default `auto`. */
  readonly engine?: EngineName | undefined
  /** Default: one thread per processor. At most four per processor are started, or eight if that is more. */
  readonly threads?: number | undefined
  /** Called with what a plan is about to take in memory, in bytes. */
  readonly onMemory?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Opens engines of one kind in one environment. */
export interface EngineSource {
  readonly kind: EngineKind
  /** A remark for the user about how the engine runs here. It is printed after a comma. */
  readonly note?: string | undefined
  /**
   * @param room the memory that the plans of the engine may take
   * @throws EngineError that says what is missing and how to get it
   */
  open(threads: number, build: EngineBuild | undefined, room?: Room): Promise<Engine>
}

/** The engines of an environment, fastest first, with its threads and memory. */
export interface Environment {
  readonly sources: readonly EngineSource[]
  /** The default number of threads: one per processor. */
  readonly threads: number
  /** Asks for the memory that is still free. */
  readonly memory?: AskMemory | undefined
}

/** Threads per processor. More threads only hinder each other, and thousands would stop the machine. */
const THREADS_A_PROCESSOR = 4
/** The number of threads that is always allowed. */
const FEW = 8

/**
 * The largest number of threads that an engine starts on a machine with `processors` processors.
 * @throws ConfigError for fewer than one
 */
export function mostThreads(processors: number): number {
  expectKind(processors, 'mostThreads: processors', whole(1))
  return Math.max(FEW, THREADS_A_PROCESSOR * processors)
}

/**
 * Opens the engine that `options` ask for.
 * @throws ConfigError for an unknown name or an impossible number of threads; EngineError when the engine, or with
 * `auto` every engine, is not available
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

async function choose(environment: Environment, options: OpenOptions): Promise<ChosenEngine> {
  const { sources, threads: processors, memory } = environment
  const { engine: name = 'auto', threads: asked = processors } = options
  if (!engineNames.includes(name))
    throw new ConfigError(`engine: expected one of ${engineNames.join(', ')}; got ${described(name)}`)
  if (!Number.isSafeInteger(asked) || asked < 1)
    throw new ConfigError(`threads: expected a whole number of at least 1, got ${described(asked)}`)
  const threads = Math.min(asked, mostThreads(processors))
  const fewer = (engine: Engine) =>
    engine.threads === threads && threads < asked
      ? `; ${threads} threads in place of ${asked}, as many as ${processorsText(processors)} can use`
      : ''
  const room = new Room(memory, options.onMemory)
  const open: Open = async (source, why, build) => {
    const engine = await source.open(threads, build, room)
    return withReason(engine, `${source.note ? `${why}, ${source.note}` : why}${fewer(engine)}`)
  }
  if (name === 'auto') return fastest(sources, open)
  const build = engineBuilds.find((other) => other === name)
  const source = sources.find(({ kind }) => name === kind || name.startsWith(`${kind}-`))
  if (!source)
    throw new EngineError(
      `engine ${name}: not offered in this environment; there are ${sources.map(({ kind }) => kind).join(', ')}`,
    )
  return open(source, 'asked for', build)
}

type Open = (source: EngineSource, why: string, build?: EngineBuild) => Promise<ChosenEngine>

function processorsText(count: number): string {
  return count === 1 ? 'one processor' : `${count} processors`
}

async function fastest(sources: readonly EngineSource[], open: Open): Promise<ChosenEngine> {
  const failures: string[] = []
  for (const source of sources.filter(({ kind }) => kind !== 'reference')) {
    try {
      return await open(source, failures.length === 0 ? 'the fastest that works here' : failures.join('; '))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      failures.push(error.message)
    }
  }
  throw new EngineError(
    `no fast engine works here: ${failures.join('; ')}. The engine reference always works, some hundred times slower`,
  )
}

function withReason(engine: Engine, reason: string): ChosenEngine {
  return {
    build: engine.build,
    threads: engine.threads,
    get precisions() {
      return engine.precisions
    },
    get bf16() {
      return engine.bf16
    },
    target: engine.target,
    missing: (graph) => engine.missing(graph),
    compile: (plan) => engine.compile(plan),
    dispose: () => engine.dispose(),
    [Symbol.asyncDispose]: () => engine.dispose(),
    reason,
  }
}
