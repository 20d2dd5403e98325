/** The service on the library for Node, with the native engine: what `resnet lab` computes with behind its WebSocket. */
import * as library from 'resnet.ts/node'
import type { Answer, Question } from './protocol.js'
import { serve } from './serve.js'
import { createService } from './service.js'
import { decode, encode } from './wire-format.js'

/** One page's service. Messages are those of `wire-format.ts`. */
export function openService(send: (message: Uint8Array) => void): {
  take(message: Uint8Array): void
  end(): Promise<void>
} {
  const service = createService(library)
  const take = serve(service, (answer: Answer) => send(encode(answer)))
  return {
    take: (message) => void take(decode(message) as Question),
    end: async () => {
      await service['race.close']({})
      await service.end({})
    },
  }
}
