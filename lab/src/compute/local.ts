/** The wire to the page's own worker. */
import type { Wire } from './client.js'
import type { Answer } from './protocol.js'

export function localWire(): Wire {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'resnet' })
  return {
    send: (question) => worker.postMessage(question),
    listen: (answer, lost) => {
      worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => answer(data))
      worker.addEventListener('error', (event) => lost(event.message || 'the worker of the page could not be started'))
    },
    close: () => worker.terminate(),
  }
}
