/** What a page is told where the WASM engine cannot start: no workers, no module, a worker that is refused or fails. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Crew } from '../../src/engine/cpu/wasm-crew.js'
import { browserHost } from '../../src/engine/cpu/wasm-host.browser.js'
import type { FromWorker, WasmHost, WasmWorker } from '../../src/engine/cpu/wasm-host.js'

afterEach(() => vi.unstubAllGlobals())

class SomeWorker {
  addEventListener(): void {}
  terminate(): void {}
}

describe('the host of a page', () => {
  test('needs web workers', () => {
    vi.stubGlobal('Worker', undefined)
    expect(() => browserHost()).toThrow(
      'the WASM engine of browsers needs web workers, and there are none here; in Node, use resnet.ts/node',
    )
  })

  const compile = (answer: () => Promise<Response>, threads = false) => {
    vi.stubGlobal('Worker', SomeWorker)
    vi.stubGlobal('fetch', answer)
    return browserHost({ wasm: 'https://x.test/a.wasm', wasmThreads: 'https://x.test/b.wasm' }).compile(threads)
  }

  test('says where the module was looked for, what came, and how to say where it is', async () => {
    const offline = async () => {
      throw new TypeError('fetch failed')
    }
    await expect(compile(offline)).rejects.toThrow(
      'the WASM engine could not be fetched from https://x.test/a.wasm (TypeError: fetch failed); serve the file there, ' +
        'or say where it is: configure({ wasm })',
    )
    await expect(compile(async () => new Response('', { status: 404 }), true)).rejects.toThrow(
      'the WASM engine could not be fetched from https://x.test/b.wasm (status 404, expected 200); serve the file there, ' +
        'or say where it is: configure({ wasmThreads })',
    )
    await expect(compile(async () => new Response('<html>'))).rejects.toThrow(
      /^https:\/\/x\.test\/a\.wasm does not answer with WebAssembly \(CompileError: .*\); serve the file there/s,
    )
  })

  test('names the policy of the page where an error or an event does', async () => {
    const add = (source: string, directive: string) =>
      `forbidden by the page's Content Security Policy (CSP): add ${source} to its ${directive}, or to its default-src ` +
      `where it has no ${directive}`
    vi.stubGlobal('location', new URL('https://page.test/'))
    vi.spyOn(WebAssembly, 'compile').mockRejectedValueOnce(
      new WebAssembly.CompileError("WebAssembly.compile(): 'unsafe-eval' is not an allowed source of script"),
    )
    await expect(compile(async () => new Response('wasm'))).rejects.toThrow(
      `WebAssembly is ${add("'wasm-unsafe-eval'", 'script-src')} (CompileError: WebAssembly.compile(): 'unsafe-eval'`,
    )
    const events = new EventTarget()
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
    vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events))
    const blocked = async () => {
      // Browsers tell after the error.
      setTimeout(() =>
        events.dispatchEvent(
          Object.assign(new Event('securitypolicyviolation'), { effectiveDirective: 'connect-src' }),
        ),
      )
      throw new TypeError('Failed to fetch')
    }
    await expect(compile(blocked)).rejects.toThrow(
      `from https://x.test/a.wasm (TypeError: Failed to fetch); ${add('https://x.test', 'connect-src')}`,
    )
  })

  test('says that a policy refuses a worker', () => {
    vi.stubGlobal(
      'Worker',
      class {
        constructor() {
          throw new Error("it is denied by the document's Content Security Policy")
        }
      },
    )
    expect(() => browserHost().spawn()).toThrow(
      "Content Security Policy); it is forbidden by the page's Content Security Policy (CSP): add 'self' to its worker-src",
    )
  })

  test('says why a worker was refused', () => {
    vi.stubGlobal(
      'Worker',
      class {
        constructor() {
          throw new Error('another origin')
        }
      },
    )
    expect(() => browserHost({ worker: 'https://x.test/worker.js' }).spawn()).toThrow(
      'the worker of the WASM engine was refused (Error: another origin); serve wasm-worker.js from the origin of the page ' +
        'and say where it is: configure({ worker })',
    )
  })
})

test('a thread that fails is heard of, by whoever waits and by whoever asks later', async () => {
  let answer: (message: FromWorker) => void = () => {}
  const worker: WasmWorker = {
    post: (message) => {
      if (message.kind === 'start') answer({ kind: 'done' })
      else answer({ kind: 'failed', reason: 'RuntimeError: unreachable' })
    },
    listen: (message) => {
      answer = (text) => queueMicrotask(() => message(text))
    },
    hold: () => {},
    terminate: async () => {},
  }
  const host: WasmHost = {
    sharedMemory: false,
    compile: async () => new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
    spawn: () => worker,
  }
  const module = await host.compile(false)
  const crew = await Crew.start(host, 1, (thread) => ({ module, memory: 1, thread, stack: 0 }))
  const failed = 'wasm-simd: a thread failed: RuntimeError: unreachable'
  await expect(crew.read(0, 4)).rejects.toThrow(failed)
  await expect(crew.read(0, 4)).rejects.toThrow(failed)
})
