/** The host of the WASM backend in a browser: fetches modules and starts web workers. */
import { EngineError } from '../../util/errors.js'
import { PolicyWatch, policyWords, saysPolicy } from './policy.browser.js'
import type { FromWorker, ToWorker, WasmHost, WasmWorker } from './wasm-host.js'

/** Addresses of the WASM engine's files, for pages whose bundler does not copy them itself. */
export interface BrowserFiles {
  /** Address of `resnet.wasm`, the module for pages without shared memory. */
  readonly wasm?: string | URL | undefined
  /** Address of `resnet-threads.wasm`, the module for pages that are cross-origin isolated. */
  readonly wasmThreads?: string | URL | undefined
  /** Address of `wasm-worker.js`. It must be of the page's own origin. */
  readonly worker?: string | URL | undefined
}

/** Whether this page may share memory between threads. */
export function sharesMemory(): boolean {
  return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== 'undefined'
}

/** @throws EngineError where there are no web workers. */
export function browserHost(files: BrowserFiles = {}): WasmHost {
  if (typeof Worker === 'undefined')
    throw new EngineError(
      'the WASM engine of browsers needs web workers, and there are none here; in Node, use resnet.ts/node',
    )
  return { sharedMemory: sharesMemory(), compile: (threads) => compile(threads, files), spawn: () => spawn(files) }
}

async function compile(threads: boolean, files: BrowserFiles): Promise<WebAssembly.Module> {
  const url = threads
    ? (files.wasmThreads ?? new URL('../../../native/build/resnet-threads.wasm', import.meta.url))
    : (files.wasm ?? new URL('../../../native/build/resnet.wasm', import.meta.url))
  const remedy = `serve the file there, or say where it is: configure({ ${threads ? 'wasmThreads' : 'wasm'} })`
  const policy = new PolicyWatch()
  const response = await fetch(url).catch(async (error: unknown) => {
    const why = (await policy.isCause(error, 'connect-src')) ? policyWords('connect-src', url) : remedy
    throw new EngineError(`the WASM engine could not be fetched from ${url} (${error}); ${why}`, { cause: error })
  })
  policy.end()
  if (!response.ok)
    throw new EngineError(
      `the WASM engine could not be fetched from ${url} (status ${response.status}, expected 200); ${remedy}`,
    )
  // Many servers give .wasm another media type, so it compiles the bytes, not the stream.
  const compiling = new PolicyWatch()
  return WebAssembly.compile(await response.arrayBuffer()).catch(async (error: unknown) => {
    if (await compiling.isCause(error, 'script-src'))
      throw new EngineError(`WebAssembly is ${policyWords('script-src')} (${error})`, { cause: error })
    throw new EngineError(`${url} does not answer with WebAssembly (${error}); ${remedy}`, { cause: error })
  })
}

function spawn(files: BrowserFiles): WasmWorker {
  const policy = new PolicyWatch()
  const worker = start(files)
  return {
    post: (message: ToWorker, transfer = []) => worker.postMessage(message, transfer),
    listen: (message, failed) => {
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => {
        policy.end()
        message(event.data)
      })
      // A script that does not load gives an event without a message.
      worker.addEventListener('error', async (event) => {
        if (event.message) return failed(event.message)
        const byPolicy = await policy.isCause(undefined, 'worker-src')
        failed(byPolicy ? `it is ${policyWords('worker-src')}` : `its script could not be loaded; ${REMEDY}`)
      })
    },
    hold: () => {},
    terminate: async () => {
      policy.end()
      worker.terminate()
    },
  }
}

const REMEDY = 'serve wasm-worker.js from the origin of the page and say where it is: configure({ worker })'

function start(files: BrowserFiles): Worker {
  try {
    // Bundlers look for exactly this form.
    return files.worker
      ? new Worker(files.worker, { type: 'module' })
      : new Worker(new URL('./wasm-worker.js', import.meta.url), { type: 'module' })
  } catch (error) {
    const remedy = saysPolicy(error) ? `it is ${policyWords('worker-src')}` : REMEDY
    throw new EngineError(`the worker of the WASM engine was refused (${error}); ${remedy}`, { cause: error })
  }
}
