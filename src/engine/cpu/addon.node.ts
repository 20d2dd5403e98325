/** The Node addon as a backend: native code. The fastest variant for this processor is chosen at run time. */
import { createRequire } from 'node:module'
import type { Bf16Unit } from '../../ops/precision.js'
import { EngineError } from '../../util/errors.js'
import { limitReason } from '../../util/limits.js'
import type { CpuBackend, CpuProgram, ProgramSource } from './backend.js'
import { buildAdvice } from './build-advice.node.js'
import { tooFewThreads } from './too-few-threads.js'

export type AddonVariant = 'avx512' | 'avx2' | 'baseline'

/** The exports of native/addon.cc. */
interface Addon {
  /** Instruction sets that this processor can run, fastest first. */
  readonly variants: readonly AddonVariant[]
  /** The unit that multiplies bfloat16 faster than float32 here. The call asks the system for the unit. */
  bf16(): Bf16Unit | undefined
  readonly Pool: new (threads: number, variant: AddonVariant) => NativePool
}

interface NativePool {
  /** The bytes that `load` would take. */
  bytes(arenaFloats: number, setup: Float64Array, run: Float64Array): number
  load(arenaFloats: number, setup: Float64Array, run: Float64Array): NativeProgram
  /** Whether the process must stay alive for this pool: while runs are in progress. */
  hold(busy: boolean): void
  dispose(): void
}

interface NativeProgram {
  readonly scratchBytes: number
  write(offset: number, data: Float32Array | Int32Array): void
  read(offset: number, length: number): Float32Array
  run(setup: boolean): Promise<void>
  dispose(): void
}

/** For work on the addon: another path to load it from, see CONTRIBUTING.md. */
const path = process.env.RESNET_ADDON || '../../../native/build/resnet.node'
const LESS = 'use a smaller batch or smaller pictures, or end other programs'

function loadAddon(): Addon {
  const require = createRequire(import.meta.url)
  try {
    return require(path) as Addon
  } catch (error) {
    const limit = limitReason(error)
    if (limit) throw new EngineError(`the native engine could not be loaded: ${limit}`, { cause: error })
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new EngineError(
      `the native engine is not built here (${reason}); ${buildAdvice('addon')}; the WASM engine needs no build`,
      { cause: error },
    )
  }
}

/** Variants of the addon that this processor can run, fastest first; none if the addon is not built. */
export function addonVariants(): AddonVariant[] {
  try {
    return [...loadAddon().variants]
  } catch {
    return []
  }
}

/** Turns errors of the addon into EngineErrors. */
function speak<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw spoken(error)
  }
}

function spoken(error: unknown): EngineError {
  const message = error instanceof Error ? error.message : String(error)
  const words = message === 'std::bad_alloc' ? `the native engine got no more memory; ${LESS}` : message
  return new EngineError(words, { cause: error })
}

/**
 * Starts a pool of threads. `variant` is the fastest by default.
 * @throws EngineError if the addon is not built or this processor cannot run the variant.
 */
export async function openAddon(options: { threads: number; variant?: AddonVariant }): Promise<CpuBackend> {
  const addon = loadAddon()
  const variant = options.variant ?? addon.variants[0]!
  if (!addon.variants.includes(variant))
    throw new EngineError(
      `native-${variant}: this processor cannot run it, it offers ${addon.variants.join(', ')}; choose one of these`,
    )
  return new AddonBackend(addon, options.threads, variant)
}

class AddonBackend implements CpuBackend {
  readonly build: string
  readonly threads: number
  readonly #bf16: () => Bf16Unit | undefined
  readonly #pool: NativePool
  readonly #runs = new Set<Promise<void>>()

  constructor(addon: Addon, threads: number, variant: AddonVariant) {
    this.build = `native-${variant}`
    this.threads = threads
    this.#bf16 = () => (variant === 'avx512' ? addon.bf16() : undefined)
    try {
      this.#pool = new addon.Pool(threads, variant)
    } catch (error) {
      if (error instanceof Error && 'started' in error)
        throw tooFewThreads(this.build, threads, Number(error.started), error)
      throw spoken(error)
    }
  }

  /** Read only on demand, so that a process that multiplies in float32 takes no tile registers. */
  get bf16(): Bf16Unit | undefined {
    return this.#bf16()
  }

  async load({ arenaFloats, setup, run, admit }: ProgramSource): Promise<CpuProgram> {
    admit?.(speak(() => this.#pool.bytes(arenaFloats, setup, run)))
    const native = speak(() => this.#pool.load(arenaFloats, setup, run))
    return new AddonProgram(native, (promise) => this.#follow(promise))
  }

  /** Keeps the process alive until the run ends. */
  async #follow(run: Promise<void>): Promise<void> {
    this.#runs.add(run)
    this.#pool.hold(true)
    try {
      await run
    } finally {
      this.#runs.delete(run)
      if (this.#runs.size === 0) this.#pool.hold(false)
    }
  }

  async dispose(): Promise<void> {
    await Promise.allSettled(this.#runs)
    this.#pool.dispose()
  }
}

class AddonProgram implements CpuProgram {
  readonly scratchBytes: number
  readonly #native: NativeProgram
  readonly #follow: (run: Promise<void>) => Promise<void>
  #running: Promise<void> = Promise.resolve()

  constructor(native: NativeProgram, follow: (run: Promise<void>) => Promise<void>) {
    this.#native = native
    this.#follow = follow
    this.scratchBytes = native.scratchBytes
  }

  write(offset: number, data: Float32Array | Int32Array): void {
    speak(() => this.#native.write(offset, data))
  }

  async read(offset: number, length: number): Promise<Float32Array> {
    return speak(() => this.#native.read(offset, length))
  }

  async run(tape: 'setup' | 'run'): Promise<void> {
    const run = this.#follow(speak(() => this.#native.run(tape === 'setup')))
    this.#running = run.catch(() => {})
    await run
  }

  async dispose(): Promise<void> {
    await this.#running
    this.#native.dispose()
  }
}
