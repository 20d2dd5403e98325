/** A thread that computes for one page: `lab/dist/service.js`, built from `lab/src/compute/native.ts`, which says more. */
import { Worker } from 'node:worker_threads'

export interface ServiceThreadOptions {
  /** The module that it runs. */
  readonly service: URL
  /** Of its engine. Default: one a processor. */
  readonly threads?: number | undefined
  /** Milliseconds after which a thread that was asked to end is stopped wherever it is. Default 5000. */
  readonly patience?: number
}

export interface ServiceListener {
  answer(message: Uint8Array): void
  /** The data that was taken was no message. */
  garbage(): void
  /** It has ended by an error that nobody expected. */
  failed(error: Error): void
}

export class ServiceThread {
  readonly #worker: Worker
  /** Resolves when it is gone, with all that it held. */
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

  /** Stops what it computes, and waits for its end. */
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
