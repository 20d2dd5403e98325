// @ts-check
/**
 * A thread of the WASM engine, in Node and in browsers. The first message starts it: thread 0 then waits for messages
 * that say which tape to run, the others help inside of WASM until they are terminated. Plain JavaScript, so that it can
 * be loaded as it is.
 *
 * @typedef {import('./wasm-host.js').ToWorker} ToWorker
 * @typedef {import('./wasm-host.js').FromWorker} FromWorker
 * @typedef {{ postMessage(message: FromWorker): void, onmessage: (event: { data: ToWorker }) => void }} Port
 */

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const port = /** @type {Port} */ (/** @type {unknown} */ (node?.parentPort ?? globalThis))

/** @type {import('./wasm.js').WasmExports | undefined} */
let exports

/** @param {ToWorker} message */
async function handle(message) {
  if (message.kind === 'start') {
    const instance = await WebAssembly.instantiate(message.module, { env: { memory: message.memory } })
    exports = /** @type {import('./wasm.js').WasmExports} */ (/** @type {unknown} */ (instance.exports))
    exports.__stack_pointer.value = message.stack
    port.postMessage({ kind: 'ready' })
    if (message.thread > 0) exports.help(message.thread)
  } else {
    exports?.run(message.tape, message.length, message.arena, message.scratch, message.scratchStride)
    port.postMessage({ kind: 'done' })
  }
}

/** @param {{ data: ToWorker }} event */
port.onmessage = (event) => {
  handle(event.data).catch((error) => port.postMessage({ kind: 'failed', reason: String(error) }))
}
