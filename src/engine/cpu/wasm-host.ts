/** What the WASM backend needs of the place it runs in. Implemented for Node and for browsers. */

export interface WasmHost {
  /** Whether threads can share memory here. Browsers allow it to pages that are cross-origin isolated only. */
  readonly sharedMemory: boolean
  /** Compiles the module: `resnet-threads.wasm` or `resnet.wasm`. */
  compile(threads: boolean): Promise<WebAssembly.Module>
  /** Starts a worker that runs wasm-worker.js. */
  spawn(): WasmWorker
}

export interface WasmWorker {
  post(message: ToWorker): void
  /** Sets who hears the worker's messages, and of errors that end it. */
  listen(message: (message: FromWorker) => void, failed: (reason: string) => void): void
  /** Whether the process must stay alive for this worker. No effect in browsers. */
  hold(busy: boolean): void
  terminate(): Promise<void>
}

/** Addresses are in bytes. */
export type ToWorker =
  | {
      readonly kind: 'start'
      readonly module: WebAssembly.Module
      readonly memory: WebAssembly.Memory
      /** 0 leads, the others help. */
      readonly thread: number
      /** Where its stack begins; it grows downwards. */
      readonly stack: number
    }
  | {
      readonly kind: 'run'
      readonly tape: number
      readonly length: number
      readonly arena: number
      readonly scratch: number
      readonly scratchStride: number
    }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string }
