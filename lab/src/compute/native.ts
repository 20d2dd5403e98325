/**
 * The thread that computes for one page behind `resnet lab`: the service with the library for Node and the native
 * engine. It takes messages of `wire-format.ts`, and the word `end`, which makes it free everything and exit. It sends
 * such messages, and the word `garbage` for an invalid one.
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

/** Pages get bytes; a path would be one on the machine that computes. */
const bytesOnly = {
  exportOnnx: (network: node.TrainedNetwork) => node.exportOnnx(network),
  exportSafetensors: (network: node.TrainedNetwork) => node.exportSafetensors(network),
}

const serving = serve(createService({ ...node, ...bytesOnly, openEngine }), (answer) => {
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
