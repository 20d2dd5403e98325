/** The engines of a browser: WebAssembly and the reference. */
import { type BrowserFiles, browserHost, sharesMemory } from '../../engine/cpu/wasm-host.browser.js'
import type { Environment } from './choice.js'

const ALONE =
  'on one thread, as this page is not cross-origin isolated; for more, serve it with the headers ' +
  '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"'

/** @param files gives the addresses of the WebAssembly engine's files; called when an engine is opened */
export function browserEnvironment(files: () => BrowserFiles): Environment {
  return {
    threads: globalThis.navigator?.hardwareConcurrency ?? 1,
    sources: [
      {
        kind: 'wasm',
        note: sharesMemory() ? undefined : ALONE,
        // The module is fetched with the first engine, so that the page is drawn first.
        open: async (threads, _, room) => {
          const [{ openCpuEngine }, { openWasm }] = await Promise.all([
            import('../../engine/cpu/engine.js'),
            import('../../engine/cpu/wasm.js'),
          ])
          return openCpuEngine(await openWasm({ threads, host: browserHost(files()) }), room)
        },
      },
      {
        kind: 'reference',
        // The module is fetched only when this engine is requested.
        open: async (_, __, room) => (await import('../../engine/reference/engine.js')).openReference(room),
      },
    ],
  }
}
