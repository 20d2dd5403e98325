/**
 * The server of the lab, for the user of this machine. It listens on the loopback address only. It answers only to its
 * own host and origin: foreign pages, and foreign names for this address, are refused. It reads only the files of the
 * built page and writes nothing. No connection and no missing file can stop it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Site } from './site.js'

export const LOOPBACK = '127.0.0.1'
const HTTP_PORT = 80

/** The headers of every answer: isolation, so that threads may share memory, and no resources from other origins. */
const headers = (port: number) => ({
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
    `img-src 'self' blob: data:; connect-src 'self' ws://${LOOPBACK}:${port} ws://localhost:${port}; ` +
    "worker-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
})

/** Limits on the time of connections, in milliseconds, and on their number. */
export interface ServerLimits {
  /** The most time for the head of a request. Default 10 s. */
  readonly headers?: number
  /** The most time for a whole request. Default 30 s. */
  readonly request?: number
  /** The most time without a byte in either direction. Default 2 minutes. */
  readonly silence?: number
  /** The most open connections; more are closed unread. Default 256. */
  readonly connections?: number
}

export interface LabServer {
  readonly server: Server
  readonly port: number
  close(): Promise<void>
}

/** Whether a request names this server as its host, and comes from its own page or from no page. */
export function isOurs({ headers: { host, origin } }: Pick<IncomingMessage, 'headers'>, port: number): boolean {
  const names = [LOOPBACK, 'localhost']
  // Browsers leave out the default port of http.
  const hosts = [...names.map((name) => `${name}:${port}`), ...(port === HTTP_PORT ? names : [])]
  return hosts.includes(host ?? '') && (origin === undefined || hosts.some((name) => origin === `http://${name}`))
}

/**
 * Serves the files.
 * @param port 0 takes a free one
 */
export async function serveSite(files: Site, port: number, limits: ServerLimits = {}): Promise<LabServer> {
  const { headers: headersTimeout = 10_000, request: requestTimeout = 30_000, silence = 120_000 } = limits
  const connectionsCheckingInterval = Math.ceil(headersTimeout / 4)
  const server = createServer({ headersTimeout, requestTimeout, connectionsCheckingInterval }, (request, response) => {
    // This error means that the client left early, so it is not reported.
    request.on('error', () => {})
    response.on('error', () => {})
    answer(request, response)
  })
  server.timeout = silence
  server.maxConnections = limits.connections ?? 256
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // A connection could not be accepted because handles are missing. The next one may succeed.
  server.on('error', () => {})
  const { port: bound } = server.address() as AddressInfo
  const common = headers(bound)

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, why: string, more: Readonly<Record<string, string>> = {}) =>
      response.writeHead(status, { ...common, ...more, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
    if (!isOurs(request, bound)) return void refuse(403, 'This server answers only to its own page.')
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void refuse(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' })
    const file = files.get(pathOf(request.url))
    if (!file) return void refuse(404, 'There is no such file.')
    let body: Buffer
    try {
      body = file.read()
    } catch (error) {
      const [status, why] = unreadable(error as NodeJS.ErrnoException)
      return void refuse(status, why)
    }
    response.writeHead(200, { ...common, 'Content-Type': file.type, 'Content-Length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  return {
    server,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The status and the text for a file of the table that cannot be read. */
function unreadable({ code = 'no reason was given' }: NodeJS.ErrnoException): [status: number, why: string] {
  if (code === 'ENOENT') return [404, 'This file is gone: the lab is perhaps being built anew. Reload the page then.']
  if (code === 'EMFILE' || code === 'ENFILE')
    return [503, 'Too many files are open on this computer (ulimit -n). Close some programs, and reload the page.']
  return [500, `This file cannot be read (${code}).`]
}

/** The path as written. Only paths that are literally in the table of files exist. */
function pathOf(url = '/'): string {
  return url.split(/[?#]/, 1)[0]!
}
