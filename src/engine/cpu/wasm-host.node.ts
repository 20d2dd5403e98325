/** The host of the WASM backend in Node: reads modules from files and starts worker_threads. */
import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { EngineError } from '../../util/errors.js'
import { limitReason } from '../../util/limits.js'
import { buildAdvice } from './build-advice.node.js'
import type { FromWorker, ToWorker, WasmHost, WasmWorker } from './wasm-host.js'

/** Address space that the heap of a worker reserves. If there is less, V8 ends the whole process. */
const WORKER_ADDRESSES = 768 * 2 ** 20

export function nodeHost(): WasmHost {
  return { sharedMemory: true, workerAddresses: WORKER_ADDRESSES, compile, spawn }
}

async function compile(threads: boolean): Promise<WebAssembly.Module> {
  const url = threads
    ? new URL('../../../native/build/resnet-threads.wasm', import.meta.url)
    : new URL('../../../native/build/resnet.wasm', import.meta.url)
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = new Uint8Array(await readFile(url))
  } catch (error) {
    const limit = limitReason(error)
    if (limit) throw new EngineError(`the WASM engine could not be loaded: ${limit}`, { cause: error })
    throw new EngineError(
      `the WASM engine is not built here (${url.pathname} cannot be read); ${buildAdvice('wasm')}`,
      { cause: error },
    )
  }
  return WebAssembly.compile(bytes)
}

function spawn(): WasmWorker {
  // A worker needs none of this process's options, such as loaders.
  const worker = new Worker(new URL('./wasm-worker.js', import.meta.url), { execArgv: [] })
  return {
    post: (message: ToWorker, transfer) => worker.postMessage(message, transfer),
    listen: (message, failed) => {
      worker.on('message', (data: FromWorker) => message(data))
      worker.on('error', (error) => failed(limitReason(error) ?? error.message))
      worker.on('exit', () => failed('the worker ended'))
    },
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate()
    },
  }
}
