/**
 * The computing part of the lab's server. Each WebSocket of a page that knows the token gets a thread with the native
 * engine, so that the server keeps answering. When the socket or the thread ends, the other ends too.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { say } from '../terminal/output.js'
import { isOurs, type LabServer } from './server.js'
import { ServiceThread, type ServiceThreadOptions } from './service-thread.js'

export interface ComputeOptions extends ServiceThreadOptions {
  /** The token that a page must know, in characters that a header may hold. */
  readonly token: string
  /** The most pages that compute at the same time. Default 8. Each has an engine of its own. */
  readonly mostPages?: number
  /** The most bytes of a message. Default 512 MiB, enough for the weights of any preset. */
  readonly mostBytes?: number
  /** Milliseconds between two pings. A page that leaves two pings unanswered is closed. Default 30 s. */
  readonly pingEvery?: number
}

/** The most unanswered pings. The last one may have been sent before the computer slept. */
const MOST_PINGS = 2

export interface Compute {
  /** The number of pages whose threads have not ended. */
  readonly pages: number
  /** Accepts no more pages and closes the open ones. */
  close(): Promise<void>
}

/**
 * Reasons to close a socket, with codes of RFC 6455. Pages show the texts. `ws` adds 1009 for messages that are too
 * large.
 */
const reasons = {
  ended: [1001, '“resnet lab” was ended'],
  text: [1003, 'a text message came, but messages of the lab are bytes'],
  garbage: [1007, 'a message came that does not belong to the lab'],
  failed: [1011, 'the thread that computed has failed; what it said last stands where “resnet lab” runs'],
  full: [1013, 'too many pages are computing already; close one of them'],
} as const

/** Lets pages that know the token compute. */
export function offerCompute({ server, port }: LabServer, options: ComputeOptions): Compute {
  const { token, mostPages = 8, mostBytes = 512 * 2 ** 20, pingEvery = 30_000 } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: mostBytes })
  const pages = new Map<WebSocket, ServiceThread>()

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    // Browsers send the origin of every WebSocket.
    if (!isOurs(request, port) || request.headers.origin === undefined)
      refuse(socket, 403, 'This server answers only to its own page.')
    else if (request.url !== '/') refuse(socket, 404, 'There is nothing.')
    else if (!same(request.headers['sec-websocket-protocol'] ?? '', token))
      refuse(socket, 401, 'This is not the token that “resnet lab” printed.')
    else sockets.handleUpgrade(request, socket, head, connect)
  }

  function connect(socket: WebSocket): void {
    socket.on('error', () => {}) // of what breaks the protocol: it closes by itself
    if (pages.size >= mostPages) {
      close(socket, 'full')
      return
    }
    const failed = (error: Error) => {
      say(`lab: ${error.stack}`)
      close(socket, 'failed')
    }
    let thread: ServiceThread
    try {
      thread = new ServiceThread(options, {
        answer: (message) => {
          // Results for a page that reads nothing would fill the memory.
          if (socket.bufferedAmount > mostBytes) socket.terminate()
          else socket.send(message)
        },
        garbage: () => close(socket, 'garbage'),
        failed,
      })
    } catch (error) {
      // The thread could not be started.
      failed(error as Error)
      return
    }
    pages.set(socket, thread)
    let unanswered = 0
    socket.on('pong', () => {
      unanswered = 0
    })
    const pings = setInterval(() => {
      if (unanswered++ < MOST_PINGS) socket.ping()
      else socket.terminate()
    }, pingEvery).unref()
    socket.on('message', (data, isBinary) => {
      if (isBinary) thread.take(data as Buffer)
      else close(socket, 'text')
    })
    socket.on('close', () => {
      clearInterval(pings)
      void thread.end()
    })
    void thread.ended.then(() => pages.delete(socket))
  }

  server.on('upgrade', upgrade)
  return {
    get pages() {
      return pages.size
    },
    close: async () => {
      server.off('upgrade', upgrade)
      for (const socket of pages.keys()) close(socket, 'ended')
      await Promise.all([...pages.values()].map((thread) => thread.end()))
      for (const socket of sockets.clients) socket.terminate()
    },
  }
}

function close(socket: WebSocket, reason: keyof typeof reasons): void {
  const [code, words] = reasons[reason]
  socket.close(code, words)
}

function refuse(socket: Duplex, status: number, why: string): void {
  const body = `${why}\n`
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** Compares in constant time, so that the time does not reveal how many characters are right. */
function same(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a!, b!)
}
