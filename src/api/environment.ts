/** The engines of a browser: WebAssembly and the reference. */
import { openCpuEngine } from '../engine/cpu/engine.js'
import { openWasm } from '../engine/cpu/wasm.js'
import { browserHost } from '../engine/cpu/wasm-host.browser.js'
import { openReference } from '../engine/reference/engine.js'
import type { Environment } from './engine-choice.js'

export function browserEnvironment(): Environment {
  return {
    threads: globalThis.navigator?.hardwareConcurrency ?? 1,
    sources: [
      { kind: 'wasm', open: async (threads) => openCpuEngine(await openWasm({ threads, host: browserHost() })) },
      { kind: 'reference', open: async () => openReference() },
    ],
  }
}
