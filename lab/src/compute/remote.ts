/** The wire to the machine behind `resnet lab`: a WebSocket to the page's own server, opened with its token. */
import type { Wire } from './client.js'
import type { Answer, Question } from './protocol.js'
import { decode, encode } from './wire-format.js'

/** The reason when the other end is gone or was never there. Browsers tell pages no more. */
export const gone = '“resnet lab” has ended, or was started anew'
const oversized = 'a message was larger than “resnet lab” takes'

/** @param token passed as a subprotocol, because addresses are shown and logged */
export function remoteWire(token: string): Wire {
  const socket = new WebSocket(new URL('/', location.href.replace(/^http/, 'ws')), token)
  socket.binaryType = 'arraybuffer'
  const waiting: Question[] = []
  const send = (question: Question) => socket.send(encode(question) as Uint8Array<ArrayBuffer>)
  socket.addEventListener('open', () => waiting.splice(0).forEach(send))
  return {
    send: (question) => {
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(question)
      else send(question)
    },
    listen: (answer, lost) => {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) =>
        answer(decode(new Uint8Array(data)) as Answer),
      )
      socket.addEventListener('close', ({ code, reason }) => lost(reason || (code === 1009 ? oversized : gone)))
    },
    close: () => socket.close(),
  }
}
