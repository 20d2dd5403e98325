/**
 * The WASM module as a backend. A program has one memory: the module's own data, then its tapes, the threads' stacks and
 * scratch, and the arena. With shared memory it has a worker for each thread, so that no run blocks the thread of the
 * caller; without, it runs there.
 */
import { EngineError } from '../../util/errors.js'
import type { CpuBackend, CpuProgram, ProgramSource } from './backend.js'
import type { WasmHost, WasmWorker } from './wasm-host.js'

/** What native/wasm.cc exports. */
export interface WasmExports {
  readonly __stack_pointer: WebAssembly.Global<'i32'>
  readonly __heap_base: WebAssembly.Global<'i32'>
  scratchFloats(tape: number, length: number): number
  run(tape: number, length: number, arena: number, scratch: number, scratchStride: number): number
  help(thread: number): void
}

const PAGE = 65536
const MOST_BYTES = 65536 * PAGE
const STACK = 262144
/** Enough for the module's data and first stack. */
const MODULE_PAGES = 16

const round = (bytes: number) => Math.ceil(bytes / 64) * 64

/** Where things lie in a program's memory, in bytes. */
interface Places {
  readonly setup: number
  readonly run: number
  /** End of the first stack; the others follow. */
  readonly stacks: number
  readonly scratch: number
  /** Distance of the scratch of two threads, in floats. */
  readonly scratchStride: number
  readonly arena: number
  readonly bytes: number
}

/** Compiles the module. `threads` beyond 1 need shared memory: without it, one is used. */
export async function openWasm(options: { threads: number; host: WasmHost }): Promise<CpuBackend> {
  const { host } = options
  return new WasmBackend(host, await host.compile(host.sharedMemory), host.sharedMemory ? options.threads : 1)
}

class WasmBackend implements CpuBackend {
  readonly build = 'wasm-simd'
  readonly threads: number
  readonly #host: WasmHost
  readonly #module: WebAssembly.Module
  readonly #programs = new Set<CpuProgram>()

  constructor(host: WasmHost, module: WebAssembly.Module, threads: number) {
    this.#host = host
    this.#module = module
    this.threads = threads
  }

  async load(source: ProgramSource): Promise<CpuProgram> {
    const places = await this.#plan(source)
    const shared = this.#host.sharedMemory
    const memory = allocate(places.bytes, shared)
    new Float64Array(memory.buffer, places.setup, source.setup.length).set(source.setup)
    new Float64Array(memory.buffer, places.run, source.run.length).set(source.run)
    const runner = shared
      ? await startWorkers(this.#host, this.#module, memory, places, this.threads)
      : new Caller(await instantiate(this.#module, memory))
    const program = new WasmProgram(source, places, memory, runner, () => this.#programs.delete(program))
    this.#programs.add(program)
    return program
  }

  /** Asks the module, in a small memory of its own, how much scratch the tapes need. */
  async #plan({ arenaFloats, setup, run }: ProgramSource): Promise<Places> {
    const pages = MODULE_PAGES + Math.ceil((Math.max(setup.length, run.length) * 8) / PAGE)
    const memory = allocate(pages * PAGE, this.#host.sharedMemory)
    const exports = await instantiate(this.#module, memory)
    const start = round(exports.__heap_base.value)
    const floats = [setup, run].map((tape) => {
      new Float64Array(memory.buffer, start, tape.length).set(tape)
      return exports.scratchFloats(start, tape.length)
    })
    if (Math.min(...floats) < 0)
      throw new EngineError('wasm-simd: the tape does not fit the kernels of this build; run "node scripts/build.mjs"')
    // Not a multiple of a page apart, where threads would share cache sets.
    const scratchStride = Math.ceil(Math.max(...floats) / 1024) * 1024 + 64
    const runTape = round(start + setup.length * 8)
    const stacks = round(runTape + run.length * 8) + STACK
    const scratch = stacks + (this.threads - 1) * STACK
    const arena = scratch + this.threads * scratchStride * 4
    const bytes = arena + round(arenaFloats * 4)
    if (bytes > MOST_BYTES)
      throw new EngineError(
        `wasm-simd: the plan needs ${bytes} bytes, WebAssembly's memory ends at ${MOST_BYTES}; ` +
          'use a smaller batch, or the native engine',
      )
    return { setup: start, run: runTape, stacks, scratch, scratchStride, arena, bytes }
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.dispose()))
  }
}

function allocate(bytes: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.max(MODULE_PAGES, Math.ceil(bytes / PAGE))
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (error) {
    throw new EngineError(
      `wasm-simd: ${pages * PAGE} bytes of memory could not be had; use a smaller batch, or close other pages or programs`,
      { cause: error },
    )
  }
}

async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<WasmExports> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } })
  return instance.exports as unknown as WasmExports
}

/** Who runs tapes: workers, or the caller's own thread. */
interface Runner {
  run(tape: number, length: number, places: Places): Promise<void>
  end(): Promise<void>
}

class Caller implements Runner {
  readonly #exports: WasmExports

  constructor(exports: WasmExports) {
    this.#exports = exports
  }

  async run(tape: number, length: number, { arena, scratch, scratchStride }: Places): Promise<void> {
    this.#exports.run(tape, length, arena, scratch, scratchStride)
  }

  async end(): Promise<void> {}
}

/** Starts the workers and waits until each is ready: nobody may wait inside of WASM for one that has not begun. */
async function startWorkers(
  host: WasmHost,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  places: Places,
  threads: number,
): Promise<Runner> {
  const crew = new Crew(Array.from({ length: threads }, () => host.spawn()))
  await crew.start((thread) => ({ module, memory, thread, stack: places.stacks + thread * STACK }))
  return crew
}

class Crew implements Runner {
  readonly #workers: readonly WasmWorker[]
  /** Settles what is waited for: the start, or a run. */
  #settle: { ready: () => void; done: () => void; fail: (error: Error) => void } | undefined
  #failure: EngineError | undefined

  constructor(workers: readonly WasmWorker[]) {
    this.#workers = workers
    for (const worker of workers)
      worker.listen(
        (message) => {
          if (message.kind === 'ready') this.#settle?.ready()
          else if (message.kind === 'done') this.#settle?.done()
          else this.#fail(message.reason)
        },
        (reason) => this.#fail(reason),
      )
  }

  /** After a failure the memory is in an unknown state: every later run fails too. */
  #fail(reason: string): void {
    this.#failure ??= new EngineError(`wasm-simd: a thread failed: ${reason}`)
    this.#settle?.fail(this.#failure)
  }

  async #wait(begin: (settle: { ready: () => void; done: () => void }) => void): Promise<void> {
    if (this.#failure) throw this.#failure
    this.#workers[0]!.hold(true)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { ready: () => {}, done: resolve, fail: reject }
        begin(this.#settle)
      })
    } finally {
      this.#settle = undefined
      this.#workers[0]!.hold(false)
    }
  }

  async start(
    of: (thread: number) => { module: WebAssembly.Module; memory: WebAssembly.Memory; thread: number; stack: number },
  ): Promise<void> {
    try {
      await this.#wait((settle) => {
        let missing = this.#workers.length
        settle.ready = () => {
          if (--missing === 0) settle.done()
        }
        for (const [thread, worker] of this.#workers.entries()) worker.post({ kind: 'start', ...of(thread) })
      })
    } catch (error) {
      await this.end()
      throw error
    }
    for (const worker of this.#workers) worker.hold(false)
  }

  async run(tape: number, length: number, { arena, scratch, scratchStride }: Places): Promise<void> {
    await this.#wait(() => this.#workers[0]!.post({ kind: 'run', tape, length, arena, scratch, scratchStride }))
  }

  async end(): Promise<void> {
    this.#failure ??= new EngineError('wasm-simd: the program was disposed of')
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

class WasmProgram implements CpuProgram {
  readonly scratchBytes: number
  readonly #source: ProgramSource
  readonly #places: Places
  #memory: WebAssembly.Memory | undefined
  readonly #runner: Runner
  readonly #disposed: () => void
  #running: Promise<void> | undefined

  constructor(source: ProgramSource, places: Places, memory: WebAssembly.Memory, runner: Runner, disposed: () => void) {
    this.scratchBytes = places.bytes - round(source.arenaFloats * 4)
    this.#source = source
    this.#places = places
    this.#memory = memory
    this.#runner = runner
    this.#disposed = disposed
  }

  /** The memory, if it may be touched now. */
  #idle(action: string): WebAssembly.Memory {
    if (!this.#memory) throw new EngineError(`${action}: the program was disposed of`)
    if (this.#running) throw new EngineError(`${action}: a run of this program is in progress; await it first`)
    return this.#memory
  }

  #place(action: string, offset: number, length: number): number {
    if (!(offset >= 0 && offset + length <= this.#source.arenaFloats))
      throw new EngineError(`${action}: outside of the arena`)
    return this.#places.arena + offset * 4
  }

  write(offset: number, data: Float32Array | Int32Array): void {
    const { buffer } = this.#idle('write')
    const View = data instanceof Int32Array ? Int32Array : Float32Array
    new View(buffer, this.#place('write', offset, data.length), data.length).set(data)
  }

  read(offset: number, length: number): Float32Array {
    const { buffer } = this.#idle('read')
    return new Float32Array(new Float32Array(buffer, this.#place('read', offset, length), length))
  }

  async run(tape: 'setup' | 'run'): Promise<void> {
    this.#idle('run')
    const running = this.#runner.run(this.#places[tape], this.#source[tape].length, this.#places)
    this.#running = running
    try {
      await running
    } finally {
      this.#running = undefined
    }
  }

  async dispose(): Promise<void> {
    await this.#running?.catch(() => {})
    this.#memory = undefined
    this.#disposed()
    await this.#runner.end()
  }
}
