// @ts-check
/**
 * A thread of the WASM engine, in Node and in browsers. The first message starts it. Thread 0 then waits for messages
 * that say which tape to run; the others help inside WASM until they are terminated. If threads cannot share memory,
 * there is only thread 0 with its own memory. The file is plain JavaScript, so that it loads as it is.
 *
 * @typedef {import('./wasm-host.js').ToWorker} ToWorker
 * @typedef {import('./wasm-host.js').FromWorker} FromWorker
 * @typedef {{
 *   postMessage(message: FromWorker, transfer?: ArrayBuffer[]): void,
 *   onmessage: (event: { data: ToWorker }) => void }} Port
 */

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const port = /** @type {Port} */ (/** @type {unknown} */ (node?.parentPort ?? globalThis))

/** @type {import('./wasm.js').WasmExports} */
let exports
/** @type {WebAssembly.Memory} */
let memory

/** @param {Extract<ToWorker, { kind: 'start' }>} message */
async function start({ module, memory: given, thread, stack }) {
  memory = typeof given === 'number' ? new WebAssembly.Memory({ initial: given, maximum: given }) : given
  const instance = await WebAssembly.instantiate(module, { env: { memory } })
  exports = /** @type {import('./wasm.js').WasmExports} */ (/** @type {unknown} */ (instance.exports))
  exports.__stack_pointer.value = stack
  port.postMessage({ kind: 'done' })
  if (thread > 0) exports.help(thread)
}

/** @param {Exclude<ToWorker, { kind: 'start' }>} message */
function handle(message) {
  if (message.kind === 'run') {
    exports.run(message.tape, message.length, message.arena, message.scratch, message.scratchStride)
    port.postMessage({ kind: 'done' })
  } else if (message.kind === 'clear') {
    new Uint8Array(memory.buffer, message.address).fill(0)
  } else if (message.kind === 'write') {
    const { buffer, byteOffset, byteLength } = message.data
    new Uint8Array(memory.buffer, message.address).set(new Uint8Array(buffer, byteOffset, byteLength))
  } else {
    const data = new Float32Array(memory.buffer, message.address, message.length).slice()
    port.postMessage({ kind: 'data', data }, [data.buffer])
  }
}

/** @param {{ data: ToWorker }} event */
port.onmessage = async ({ data: message }) => {
  try {
    if (message.kind === 'start') await start(message)
    else handle(message)
  } catch (error) {
    port.postMessage({ kind: 'failed', reason: String(error) })
  }
}
