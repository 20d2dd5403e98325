/**
 * The thread that computes for one page behind `resnet lab`: the service on the library for Node, with the native engine.
 * Takes messages of `wire-format.ts`, and the word `end`, after which it frees all and is gone; gives such messages, and
 * the word `garbage` for what was none.
 */
import { parentPort, workerData } from 'node:worker_threads'
import * as node from '../../../src/internal.node.js'
import { isQuestion } from './protocol.js'
import { serve } from './serve.js'
import { createService } from './service.js'
import { decode, encode } from './wire-format.js'

const port = parentPort!
const { threads } = workerData as { readonly threads: number | undefined }
const openEngine = () => node.openEngine({ engine: 'native', threads })

const serving = serve(createService({ ...node, openEngine }), (answer) => {
  const message = encode(answer)
  port.postMessage(message, [message.buffer as ArrayBuffer])
})

port.on('message', (message: Uint8Array | 'end') => {
  if (message === 'end') void serving.end().finally(() => port.close())
  else {
    const question = read(message)
    if (isQuestion(question)) serving.take(question)
    else port.postMessage('garbage')
  }
})

function read(message: Uint8Array): unknown {
  try {
    return decode(message)
  } catch {
    return undefined
  }
}
