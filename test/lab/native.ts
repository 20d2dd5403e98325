/** The lab as `resnet lab` serves it where the addon is built: with the machine's native engine behind a WebSocket. */
import { WebSocket } from 'ws'
import type { Answer, CallName, Question } from '../../lab/src/compute/protocol.js'
import type { RaceSettings } from '../../lab/src/compute/race.js'
import { decode, encode } from '../../lab/src/compute/wire-format.js'
import { type Compute, offerCompute } from '../../src/cli/lab/compute.js'
import { serveSite } from '../../src/cli/lab/server.js'
import { siteFiles } from '../../src/cli/lab/site.js'
import { addonVariants } from '../../src/engine/cpu/addon.node.js'
import { pageFolder, type Site } from './browser.js'

/** The thread's module, as built. */
export const service = new URL('../../lab/dist/service.js', import.meta.url)
export const token = 'a-token_of-the-tests'

/** A race of small nets that is not over before a test is. */
export const race: RaceSettings = {
  depth: 8,
  width: 8,
  size: 16,
  lr: 0.05,
  batchSize: 16,
  steps: 100_000,
  weightDecay: 0,
  seed: 0,
  data: '',
}

/** Why there is no native engine to try; undefined where there is one. */
export const lacking = addonVariants().length > 0 ? undefined : 'the addon is not built'
export const requiresNative = (process.env.RESNET_REQUIRE_ENGINES ?? '').includes('native')

export interface Knock {
  readonly port: number
  readonly token?: string | undefined
  readonly host?: string
  readonly origin?: string | undefined
  readonly path?: string
}

/** A page's end of a WebSocket, in Node. */
export class Caller {
  readonly socket: WebSocket
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  #last = 0

  constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    socket.on('error', () => {})
  }

  /** @returns its answer: the result or the error, after events */
  ask(name: string, argument: unknown, onEvent: (event: unknown) => void = () => {}): Promise<Answer> {
    const id = ++this.#last
    const answered = new Promise<Answer>((resolve) => {
      const take = (data: Buffer) => {
        const answer = decode(data) as Answer
        if (answer.id !== id) return
        if (answer.kind === 'event') onEvent(answer.event)
        else {
          this.socket.off('message', take)
          resolve(answer)
        }
      }
      this.socket.on('message', take)
    })
    this.socket.send(encode({ kind: 'call', id, name: name as CallName, argument } satisfies Question))
    return answered
  }
}

/** Asks for a WebSocket, as a page of the lab does where nothing else is said. @returns it, or the status of the refusal */
export function knock({ port, path = '/', host = `127.0.0.1:${port}`, ...rest }: Knock): Promise<Caller | number> {
  const given = 'token' in rest ? rest.token : token
  const origin = 'origin' in rest ? rest.origin : `http://127.0.0.1:${port}`
  const options = { headers: { host, ...(origin === undefined ? {} : { origin }) } }
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, given === undefined ? [] : [given], options)
  const caller = new Caller(socket)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(caller))
    socket.once('unexpected-response', (_, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    socket.once('error', reject)
  })
}

/** @throws Error where it is refused */
export async function enter(port: number, own = token): Promise<Caller> {
  const caller = await knock({ port, token: own })
  if (typeof caller === 'number') throw new Error(`refused with ${caller}`)
  return caller
}

/** The built lab, and the native engine for pages whose address holds the token. */
export async function serveNative(): Promise<Site & { readonly compute: Compute }> {
  const lab = await serveSite(siteFiles(pageFolder), 0)
  const compute = offerCompute(lab, { token, service, threads: 2 })
  const close = async () => {
    await compute.close()
    await lab.close()
  }
  return { origin: `http://127.0.0.1:${lab.port}`, compute, close }
}
