/** The needs of the WASM backend of the place that it runs in. Implemented for Node and for browsers. */

export interface WasmHost {
  /** Whether threads can share memory here. Browsers allow it to pages that are cross-origin isolated only. */
  readonly sharedMemory: boolean
  /** Bytes of address space that a worker needs, where that can run out. */
  readonly workerAddresses?: number
  /** Compiles the module: `resnet-threads.wasm` or `resnet.wasm`. */
  compile(threads: boolean): Promise<WebAssembly.Module>
  /** Starts a worker that runs wasm-worker.js. */
  spawn(): WasmWorker
}

export interface WasmWorker {
  /** Buffers in `transfer` go over without a copy, and are empty here afterwards. */
  post(message: ToWorker, transfer?: ArrayBuffer[]): void
  /** Sets who hears the worker's messages, and of errors that end it. */
  listen(message: (message: FromWorker) => void, failed: (reason: string) => void): void
  /** Whether the process must stay alive for this worker. No effect in browsers. */
  hold(busy: boolean): void
  terminate(): Promise<void>
}

export type Data = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

/** Addresses are in bytes, lengths in elements. All but `write` are answered, in their order. */
export type ToWorker =
  | {
      readonly kind: 'start'
      readonly module: WebAssembly.Module
      /** The one that all threads share; or how many pages the worker allocates, where it works alone. */
      readonly memory: WebAssembly.Memory | number
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
  /** To a worker that works alone, and so holds the memory: puts data there, or asks for a copy of floats. */
  | { readonly kind: 'write'; readonly address: number; readonly data: Data }
  | { readonly kind: 'read'; readonly address: number; readonly length: number }

export type FromWorker =
  | { readonly kind: 'done' }
  | { readonly kind: 'data'; readonly data: Float32Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly reason: string }
