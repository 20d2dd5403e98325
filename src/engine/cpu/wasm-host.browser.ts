/** The WASM backend in a browser: modules by fetch, web workers. */
import { EngineError } from '../../util/errors.js'
import type { FromWorker, ToWorker, WasmHost, WasmWorker } from './wasm-host.js'

/** Where the files lie, for pages whose bundler does not move them along by itself. */
export interface BrowserFiles {
  /** The module for pages without shared memory. */
  readonly wasm?: string | URL
  readonly wasmThreads?: string | URL
  readonly worker?: string | URL
}

export function browserHost(files: BrowserFiles = {}): WasmHost {
  return {
    sharedMemory: globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== 'undefined',
    compile: (threads) => compile(threads, files),
    spawn: () => spawn(files),
  }
}

async function compile(threads: boolean, files: BrowserFiles): Promise<WebAssembly.Module> {
  const url = threads
    ? (files.wasmThreads ?? new URL('../../../native/build/resnet-threads.wasm', import.meta.url))
    : (files.wasm ?? new URL('../../../native/build/resnet.wasm', import.meta.url))
  const response = await fetch(url)
  if (!response.ok)
    throw new EngineError(
      `the WASM engine could not be fetched from ${url} (status ${response.status}); serve the file there, or say where it is`,
    )
  // Servers that give .wasm another media type are common: compiled from bytes, not from the stream.
  return WebAssembly.compile(await response.arrayBuffer())
}

function spawn(files: BrowserFiles): WasmWorker {
  const worker = files.worker
    ? new Worker(files.worker, { type: 'module' })
    : new Worker(new URL('./wasm-worker.js', import.meta.url), { type: 'module' })
  return {
    post: (message: ToWorker) => worker.postMessage(message),
    listen: (message, failed) => {
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => message(event.data))
      worker.addEventListener('error', (event) => failed(event.message || 'the worker could not be started'))
    },
    hold: () => {},
    terminate: async () => worker.terminate(),
  }
}
