/**
 * The computing part of the lab's server: each WebSocket that proves to be of its own page gets a thread with the
 * native engine, so that the server keeps answering; when the one ends, so does the other, with all it holds.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { say } from '../terminal/output.js'
import { isOurs, type LabServer } from './server.js'
import { ServiceThread, type ServiceThreadOptions } from './service-thread.js'

export interface ComputeOptions extends ServiceThreadOptions {
  /** The token that a page must know: characters that a header may hold. */
  readonly token: string
  /** Pages that may compute at once. Default 8: each has an engine of its own. */
  readonly mostPages?: number
  /** Of a message. Default 512 MiB: a file of weights of any preset. */
  readonly mostBytes?: number
  /** Milliseconds between two pings; a page that leaves two unanswered is gone. Default 30 s. */
  readonly pingEvery?: number
}

/** Pings that may be under way: the one just sent may cross a computer's sleep. */
const MOST_PINGS = 2

export interface Compute {
  /** Pages whose threads have not ended. */
  readonly pages: number
  /** Takes no more pages, and ends those that are here. */
  close(): Promise<void>
}

/** Reasons to close, with codes of RFC 6455; pages show their words. `ws` adds 1009, for what is too large. */
const reasons = {
  ended: [1001, '“resnet lab” was ended'],
  text: [1003, 'a message of text came, where those of the lab are bytes'],
  garbage: [1007, 'a message came that is none of the lab'],
  failed: [1011, 'the thread that computed has failed; what it said last stands where “resnet lab” runs'],
  full: [1013, 'as many pages as may compute are open already; close one of them'],
} as const

/** Lets pages that know the token compute. */
export function offerCompute({ server, port }: LabServer, options: ComputeOptions): Compute {
  const { token, mostPages = 8, mostBytes = 512 * 2 ** 20, pingEvery = 30_000 } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: mostBytes })
  const pages = new Map<WebSocket, ServiceThread>()

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    // Browsers name the origin of every WebSocket.
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
          // A page that reads nothing would fill the memory.
          if (socket.bufferedAmount > mostBytes) socket.terminate()
          else socket.send(message)
        },
        garbage: () => close(socket, 'garbage'),
        failed,
      })
    } catch (error) {
      // No thread could be had.
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

/** In a time that says nothing of how much of it is right. */
function same(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a!, b!)
}
