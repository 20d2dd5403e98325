/** The workers of one WASM program, and access to its memory. The workers share it, or the only worker holds it. */
import { EngineError } from '../../util/errors.js'
import { tooFewThreads } from './too-few-threads.js'
import type { Data, FromWorker, ToWorker, WasmHost, WasmWorker } from './wasm-host.js'

const PAGE = 65536

type Start = Omit<Extract<ToWorker, { kind: 'start' }>, 'kind'>

/** A caller who waits for an answer. */
interface Asker {
  readonly worker: WasmWorker
  readonly resolve: (answer: FromWorker) => void
  readonly reject: (error: Error) => void
}

export class Crew {
  readonly #workers: readonly WasmWorker[]
  /** The size of their memory, in pages of 64 KiB. */
  readonly pages: number
  /** The memory that the workers share; undefined if the only worker holds it. */
  readonly #memory: WebAssembly.Memory | undefined
  /** The callers in the order of their questions. Each worker answers in order. */
  #askers: Asker[] = []
  #failure: EngineError | undefined

  /** Starts the workers and waits until each is ready: no thread may wait inside WASM for one that has not begun. */
  static async start(host: WasmHost, threads: number, of: (thread: number) => Start): Promise<Crew> {
    const { memory } = of(0)
    const workers: WasmWorker[] = []
    try {
      while (workers.length < threads) workers.push(host.spawn())
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.terminate()))
      if (error instanceof EngineError) throw error
      throw tooFewThreads('wasm-simd', threads, workers.length, error)
    }
    const crew = new Crew(workers, memory)
    try {
      await Promise.all(workers.map((worker, thread) => crew.#ask(worker, { kind: 'start', ...of(thread) })))
    } catch (error) {
      await crew.end()
      throw error
    }
    return crew
  }

  private constructor(workers: readonly WasmWorker[], memory: WebAssembly.Memory | number) {
    this.#workers = workers
    this.#memory = typeof memory === 'number' ? undefined : memory
    this.pages = typeof memory === 'number' ? memory : memory.buffer.byteLength / PAGE
    for (const worker of workers)
      worker.listen(
        (answer) => (answer.kind === 'failed' ? this.#fail(answer.reason) : this.#answer(worker, answer)),
        (reason) => this.#fail(reason),
      )
  }

  /** Whether a worker has failed, so that nothing can be run any more. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** Fills the memory from an address on with zeros. */
  clear(address: number): void {
    if (this.#memory) new Uint8Array(this.#memory.buffer, address).fill(0)
    else this.#workers[0]!.post({ kind: 'clear', address })
  }

  /** Copies data into the memory. */
  write(address: number, data: Float32Array | Int32Array | Float64Array): void {
    if (this.#memory) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      new Uint8Array(this.#memory.buffer, address, data.byteLength).set(bytes)
      return
    }
    const copy = data.slice() as Data
    this.#workers[0]!.post({ kind: 'write', address, data: copy }, [copy.buffer])
  }

  /** Returns a copy of floats from the memory. */
  async read(address: number, length: number): Promise<Float32Array> {
    if (this.#memory) return new Float32Array(new Float32Array(this.#memory.buffer, address, length))
    const answer = await this.#ask(this.#workers[0]!, { kind: 'read', address, length })
    return answer.kind === 'data' ? answer.data : new Float32Array()
  }

  async run(run: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
    await this.#ask(this.#workers[0]!, run)
  }

  async end(): Promise<void> {
    this.#failure ??= new EngineError('wasm-simd: the program was disposed of')
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  async #ask(worker: WasmWorker, question: ToWorker): Promise<FromWorker> {
    if (this.#failure) throw this.#failure
    worker.hold(true)
    try {
      return await new Promise<FromWorker>((resolve, reject) => {
        this.#askers.push({ worker, resolve, reject })
        worker.post(question)
      })
    } finally {
      if (!this.#askers.some((other) => other.worker === worker)) worker.hold(false)
    }
  }

  #answer(worker: WasmWorker, answer: FromWorker): void {
    const at = this.#askers.findIndex((asker) => asker.worker === worker)
    const [asker] = this.#askers.splice(at, at < 0 ? 0 : 1)
    asker?.resolve(answer)
  }

  /**
   * After a failure the memory is in an unknown state. All waiting callers get the error, and so does every later
   * question.
   */
  #fail(reason: string): void {
    this.#failure ??= new EngineError(`wasm-simd: a thread failed: ${reason}`)
    const askers = this.#askers
    this.#askers = []
    for (const { reject } of askers) reject(this.#failure)
  }
}
