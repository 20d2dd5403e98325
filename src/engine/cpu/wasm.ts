/**
 * The WASM module as a backend. A program has one memory: the module's own data, the threads' stacks, then its tapes,
 * the threads' scratch, and the arena. It runs in workers, so that no run blocks the caller's thread: one worker per
 * thread if memory can be shared, else a single worker that holds the memory. To start them takes longer than most small
 * programs run, so the workers and the memory of one program that has ended are kept for the next.
 */
import { EngineError } from '../../util/errors.js'
import type { CpuBackend, CpuProgram, ProgramSource } from './backend.js'
import { Crew } from './wasm-crew.js'
import type { WasmHost } from './wasm-host.js'

/** The exports of native/wasm.cc. */
export interface WasmExports {
  readonly __stack_pointer: WebAssembly.Global<'i32'>
  readonly __heap_base: WebAssembly.Global<'i32'>
  /** Floats of scratch; −1 for a tape of another build, −2 if the tape needs more than 32-bit addresses reach. */
  scratchFloats(tape: number, length: number, arenaFloats: number): number
  run(tape: number, length: number, arena: number, scratch: number, scratchStride: number): number
  help(thread: number): void
}

const PAGE = 65536
const MOST_BYTES = 65536 * PAGE
const STACK = 262144
/** Pages that hold the module's data and first stack. */
const MODULE_PAGES = 16
/** Bytes of the largest memory that is kept for the next program. */
const MOST_KEPT = 64 * 1024 * 1024

const round = (bytes: number) => Math.ceil(bytes / 64) * 64

/** Addresses in a program's memory, in bytes. */
interface Places {
  /** End of the first stack, the same for all programs. The stacks of the other threads follow. */
  readonly stack: number
  readonly setup: number
  readonly run: number
  readonly scratch: number
  /** Distance of the scratch of two threads, in floats. */
  readonly scratchStride: number
  readonly arena: number
  readonly bytes: number
}

/** Compiles the module. More than one thread needs shared memory; without it, one is used. Nothing is started yet. */
export async function openWasm(options: { threads: number; host: WasmHost }): Promise<CpuBackend> {
  const { host } = options
  return new WasmBackend(host, await host.compile(host.sharedMemory), host.sharedMemory ? options.threads : 1)
}

class WasmBackend implements CpuBackend {
  readonly build = 'wasm-simd'
  readonly bf16 = undefined
  readonly threads: number
  readonly #host: WasmHost
  readonly #module: WebAssembly.Module
  readonly #programs = new Set<CpuProgram>()
  /** Tells how much scratch tapes need, in a small memory of its own. */
  #ruler: Ruler | undefined
  /** The workers and the memory of a program that has ended. */
  #idle: Crew | undefined
  #disposed = false

  constructor(host: WasmHost, module: WebAssembly.Module, threads: number) {
    this.#host = host
    this.#module = module
    this.threads = threads
  }

  async load(source: ProgramSource): Promise<CpuProgram> {
    const places = await this.#plan(source)
    const pages = pagesFor(places.bytes)
    source.admit?.(pages * PAGE)
    const crew = this.#kept(pages, places.setup) ?? (await this.#start(source, places.stack, pages))
    crew.write(places.setup, source.setup)
    crew.write(places.run, source.run)
    const program = new WasmProgram(source, places, crew, async () => {
      this.#programs.delete(program)
      await this.#giveBack(crew)
    })
    this.#programs.add(program)
    return program
  }

  #start(source: ProgramSource, stack: number, pages: number): Promise<Crew> {
    const memory = this.#host.sharedMemory ? allocate(pages, true) : pages
    source.admitThreads?.(this.threads, this.threads * (this.#host.workerAddresses ?? 0))
    return Crew.start(this.#host, this.threads, (thread) => ({
      ...{ module: this.#module, memory, thread },
      stack: stack + thread * STACK,
    }))
  }

  /** The workers that are kept, if their memory is large enough. It is filled with zeros from an address on. */
  #kept(pages: number, from: number): Crew | undefined {
    const crew = this.#idle
    if (!crew || crew.failed || crew.pages < pages) return undefined
    this.#idle = undefined
    crew.clear(from)
    return crew
  }

  /** Keeps the workers of a program that has ended, or ends them. If others are kept, those with less memory end. */
  async #giveBack(crew: Crew): Promise<void> {
    const other = this.#idle
    const keeps = !this.#disposed && !crew.failed && crew.pages * PAGE <= MOST_KEPT
    const isBetter = keeps && (!other || other.failed || other.pages < crew.pages)
    if (isBetter) this.#idle = crew
    await (isBetter ? other : crew)?.end()
  }

  /** Asks the module, in a small memory of its own, how much scratch the tapes need. */
  async #plan({ arenaFloats, setup, run }: ProgramSource): Promise<Places> {
    // In an arena beyond 32 bits, offsets on the tapes would wrap.
    if (!Number.isSafeInteger(arenaFloats) || arenaFloats < 0 || arenaFloats * 4 > MOST_BYTES)
      throw tooLarge(arenaFloats * 4)
    const { exports, memory } = await this.#rulerFor(Math.max(setup.length, run.length))
    const base = round(exports.__heap_base.value)
    const floats = [setup, run].map((tape) => {
      new Float64Array(memory.buffer, base, tape.length).set(tape)
      return exports.scratchFloats(base, tape.length, arenaFloats)
    })
    if (floats.includes(-2))
      throw new EngineError('wasm-simd: the plan asks for more memory than can be addressed; use the native engine')
    if (Math.min(...floats) < 0)
      throw new EngineError(
        'wasm-simd: the tape does not fit the kernels of this build; build WebAssembly again, or install the package again',
      )
    // The stride is no multiple of a page, because threads would then share cache sets.
    const scratchStride = Math.ceil(Math.max(...floats) / 1024) * 1024 + 64
    const setupTape = base + this.threads * STACK
    const runTape = round(setupTape + setup.length * 8)
    const scratch = round(runTape + run.length * 8)
    const arena = scratch + this.threads * scratchStride * 4
    const bytes = arena + round(arenaFloats * 4)
    if (bytes > MOST_BYTES) throw tooLarge(bytes)
    return { stack: base + STACK, setup: setupTape, run: runTape, scratch, scratchStride, arena, bytes }
  }

  /** @param length of a tape that must fit */
  async #rulerFor(length: number): Promise<Ruler> {
    const pages = MODULE_PAGES + Math.ceil((length * 8) / PAGE)
    if (this.#ruler && this.#ruler.memory.buffer.byteLength >= pages * PAGE) return this.#ruler
    const memory = allocate(pages, this.#host.sharedMemory)
    const { exports } = await WebAssembly.instantiate(this.#module, { env: { memory } })
    this.#ruler = { memory, exports: exports as unknown as WasmExports }
    return this.#ruler
  }

  async dispose(): Promise<void> {
    this.#disposed = true
    await Promise.all([...this.#programs].map((program) => program.dispose()))
    await this.#idle?.end()
    this.#idle = undefined
  }
}

/** An instance of the module that runs nothing. */
interface Ruler {
  readonly memory: WebAssembly.Memory
  readonly exports: WasmExports
}

function tooLarge(bytes: number): EngineError {
  return new EngineError(
    `wasm-simd: the plan needs ${bytes} bytes, WebAssembly's memory ends at ${MOST_BYTES}; ` +
      'use a smaller batch, or the native engine',
  )
}

function pagesFor(bytes: number): number {
  return Math.max(MODULE_PAGES, Math.ceil(bytes / PAGE))
}

function allocate(pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (error) {
    throw new EngineError(
      `wasm-simd: ${pages * PAGE} bytes of memory could not be allocated; use a smaller batch, close other pages or programs, or ` +
        'raise the limit of address space (ulimit -v), of which Node reserves 10 GiB for each memory of WebAssembly',
      { cause: error },
    )
  }
}

class WasmProgram implements CpuProgram {
  readonly scratchBytes: number
  readonly #source: ProgramSource
  readonly #places: Places
  readonly #crew: Crew
  readonly #release: () => Promise<void>
  #running: Promise<void> | undefined
  #ended = false

  constructor(source: ProgramSource, places: Places, crew: Crew, release: () => Promise<void>) {
    this.scratchBytes = places.bytes - round(source.arenaFloats * 4)
    this.#source = source
    this.#places = places
    this.#crew = crew
    this.#release = release
  }

  #expectIdle(action: string): void {
    if (this.#ended) throw new EngineError(`${action}: the program was disposed of`)
    if (this.#running) throw new EngineError(`${action}: a run of this program is in progress; await it first`)
  }

  #place(action: string, offset: number, length: number): number {
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && length >= 0
    if (!(whole && offset >= 0 && offset + length <= this.#source.arenaFloats))
      throw new EngineError(`${action}: outside of the arena, or no whole number: ${offset}`)
    return this.#places.arena + offset * 4
  }

  write(offset: number, data: Float32Array | Int32Array): void {
    this.#expectIdle('write')
    // Elements of another size would reach beyond the range.
    if (!(data instanceof Float32Array || data instanceof Int32Array))
      throw new EngineError('write: expected a Float32Array or an Int32Array')
    this.#crew.write(this.#place('write', offset, data.length), data)
  }

  async read(offset: number, length: number): Promise<Float32Array> {
    this.#expectIdle('read')
    return this.#crew.read(this.#place('read', offset, length), length)
  }

  async run(tape: 'setup' | 'run'): Promise<void> {
    this.#expectIdle('run')
    const { arena, scratch, scratchStride } = this.#places
    const places = { tape: this.#places[tape], arena, scratch, scratchStride }
    this.#running = this.#crew.run({ kind: 'run', length: this.#source[tape].length, ...places })
    try {
      await this.#running
    } finally {
      this.#running = undefined
    }
  }

  async dispose(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#running?.catch(() => {})
    await this.#release()
  }
}
