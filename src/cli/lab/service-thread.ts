/**
 * A thread that computes for one page. It runs `lab/dist/service.js`, which is built from `lab/src/compute/native.ts`.
 */
import { Worker } from 'node:worker_threads'

export interface ServiceThreadOptions {
  /** The module that it runs. */
  readonly service: URL
  /** Threads of its engine. Default: one per processor. */
  readonly threads?: number | undefined
  /** Milliseconds after which a thread that was asked to end is terminated. Default 5000. */
  readonly patience?: number
}

export interface ServiceListener {
  answer(message: Uint8Array): void
  /** Called when received data was not a valid message. */
  garbage(): void
  /** Called when the thread ended by an unexpected error. */
  failed(error: Error): void
}

export class ServiceThread {
  readonly #worker: Worker
  /** Resolves when the thread has ended and its memory is free. */
  readonly ended: Promise<void>
  readonly #patience: number
  #ending = false

  constructor({ service, threads, patience = 5000 }: ServiceThreadOptions, listener: ServiceListener) {
    this.#patience = patience
    this.#worker = new Worker(service, { name: 'lab', workerData: { threads } })
    this.ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.on('message', (message: Uint8Array | 'garbage') => {
      if (this.#ending) return
      if (message === 'garbage') listener.garbage()
      else listener.answer(message)
    })
    this.#worker.on('error', (error) => listener.failed(error))
  }

  take(message: Uint8Array): void {
    const own = new Uint8Array(message)
    this.#worker.postMessage(own, [own.buffer])
  }

  /** Stops the computation and waits for the end of the thread. */
  async end(): Promise<void> {
    if (!this.#ending) {
      this.#ending = true
      this.#worker.postMessage('end')
      const late = setTimeout(() => void this.#worker.terminate(), this.#patience)
      void this.ended.then(() => clearTimeout(late))
    }
    await this.ended
  }
}
