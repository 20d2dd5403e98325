/**
 * The server of the lab, for the one person at this machine: it listens on the loopback address only, answers only to its
 * own host and origin (a page elsewhere, or a name that somebody points here, is refused), and reads only the files of the
 * built page. It writes nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SiteFile } from './site.js'

export const LOOPBACK = '127.0.0.1'

/** What every answer carries: isolation, so that threads may share memory, and nothing from anywhere else. */
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

export interface LabServer {
  readonly server: Server
  readonly port: number
  close(): Promise<void>
}

/** Whether a request names this server as its host, and comes from its own page or from no page at all. */
export function isOurs({ headers: { host, origin } }: IncomingMessage, port: number): boolean {
  const hosts = [`${LOOPBACK}:${port}`, `localhost:${port}`]
  return hosts.includes(host ?? '') && (origin === undefined || hosts.some((name) => origin === `http://${name}`))
}

/**
 * Serves the files.
 * @param port 0: one that is free
 */
export async function serveSite(files: ReadonlyMap<string, SiteFile>, port: number): Promise<LabServer> {
  const server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const common = headers(bound)

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, why: string) =>
      response.writeHead(status, { ...common, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
    if (!isOurs(request, bound)) return void refuse(403, 'This server answers only to its own page.')
    if (request.method !== 'GET' && request.method !== 'HEAD') return void refuse(405, 'Only GET and HEAD.')
    const file = files.get(pathOf(request.url))
    if (!file) return void refuse(404, 'There is no such file.')
    const body = file.read()
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

/** As it is written: what is not literally in the table of files is not there. */
function pathOf(url = '/'): string {
  return url.split(/[?#]/, 1)[0]!
}
