/** The functions that the WASM backend needs from its host. Node and browsers each implement them. */

export interface WasmHost {
  /** Whether threads can share memory here. Browsers allow it only to cross-origin isolated pages. */
  readonly sharedMemory: boolean
  /** Bytes of address space that a worker needs, if the space can run out. */
  readonly workerAddresses?: number
  /** Compiles the module: `resnet-threads.wasm` or `resnet.wasm`. */
  compile(threads: boolean): Promise<WebAssembly.Module>
  /** Starts a worker that runs wasm-worker.js. */
  spawn(): WasmWorker
}

export interface WasmWorker {
  /** Buffers in `transfer` are moved, not copied, and are empty here afterwards. */
  post(message: ToWorker, transfer?: ArrayBuffer[]): void
  /** Sets the handlers for the worker's messages, and for errors that end it. */
  listen(message: (message: FromWorker) => void, failed: (reason: string) => void): void
  /** Whether the process must stay alive for this worker. No effect in browsers. */
  hold(busy: boolean): void
  terminate(): Promise<void>
}

export type Data = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

/** Addresses are in bytes, lengths in elements. The worker answers all messages but `clear` and `write`, in order. */
export type ToWorker =
  | {
      readonly kind: 'start'
      readonly module: WebAssembly.Module
      /** The memory that all threads share, or the number of pages that a single worker allocates. */
      readonly memory: WebAssembly.Memory | number
      /** 0 leads, the others help. */
      readonly thread: number
      /** Start of its stack, which grows downwards. */
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
  /** To a single worker, which holds the memory: clears it to its end, writes data, or asks for a copy of floats. */
  | { readonly kind: 'clear'; readonly address: number }
  | { readonly kind: 'write'; readonly address: number; readonly data: Data }
  | { readonly kind: 'read'; readonly address: number; readonly length: number }

export type FromWorker =
  | { readonly kind: 'done' }
  | { readonly kind: 'data'; readonly data: Float32Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly reason: string }
