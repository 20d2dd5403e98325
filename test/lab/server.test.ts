/** The server of `resnet lab`: its own files to its own page, and nothing else to anybody. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LabServer, serveSite } from '../../src/cli/lab/server.js'
import { siteFiles } from '../../src/cli/lab/site.js'
import { resnet } from '../cli/run.js'
import { type Caller, enter, knock, lacking, race, requiresNative } from './native.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet-lab-'))
const site = join(folder, 'site')
let lab: LabServer

interface Answered {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** A request with whatever headers and path, which `fetch` would not send. */
function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options
    const request = httpRequest({ host: '127.0.0.1', port: lab.port, path, method, headers }, (response) => {
      let body = ''
      response.on('data', (data: Buffer) => {
        body += data
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }))
    })
    request.on('error', reject)
    request.end()
  })
}

beforeAll(async () => {
  mkdirSync(join(site, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(site, 'index.html'), '<!doctype html>the page')
  writeFileSync(join(site, 'assets', 'engine.wasm'), 'bytes')
  lab = await serveSite(siteFiles(site), 0)
})
afterAll(async () => {
  await lab.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('its own page', () => {
  test('gets the files, with the headers that threads need', async () => {
    const { status, body, headers } = await ask('/?token=x')
    expect([status, body]).toEqual([200, '<!doctype html>the page'])
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'x-content-type-options': 'nosniff',
      'content-type': 'text/html; charset=utf-8',
    })
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect((await ask('/assets/engine.wasm')).headers['content-type']).toBe('application/wasm')
  })

  test('may call it localhost, and name itself as the origin', async () => {
    const host = `localhost:${lab.port}`
    expect((await ask('/', { headers: { host, origin: `http://${host}` } })).status).toBe(200)
  })

  test('gets no body for HEAD', async () => {
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
  })
})

describe('refused', () => {
  test.each([
    ['another host, as by DNS that points here', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['a host with the right end', { host: 'evil.127.0.0.1:4417' }],
    ['a page from elsewhere', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['https of this host', { origin: 'https://localhost' }],
  ])('%s', async (_, headers) => {
    const { status, body } = await ask('/', { headers: { host: `127.0.0.1:${lab.port}`, ...headers } as never })
    expect([status, body]).toEqual([403, 'This server answers only to its own page.\n'])
  })

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/assets',
    '//',
    '/assets\\engine.wasm',
  ])('the path %s', async (path) => {
    const { status, body } = await ask(path)
    expect([status, body]).toEqual([404, 'There is no such file.\n'])
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s', async (method) => {
    expect((await ask('/', { method })).status).toBe(405)
  })

  test('whoever comes from the network: only the loopback address listens', async () => {
    expect(lab.server.address()).toMatchObject({ address: '127.0.0.1' })
  })

  test('what is no HTTP, without harm', async () => {
    const socket = connect(lab.port, '127.0.0.1')
    socket.write('\u0000\u0001 not http\r\n\r\n')
    await new Promise((resolve) =>
      socket
        .on('close', resolve)
        .on('error', () => {})
        .resume(),
    )
    expect((await ask('/')).status).toBe(200)
  })
})

describe('the command', () => {
  /** Starts it, and interrupts it when something was done with what it said. */
  async function interrupted(meanwhile: (said: { url: string; port: number; engine: string | null }) => Promise<void>) {
    const child = spawn(process.execPath, ['bin/resnet.js', 'lab', '--port', '0', '--threads', '1', '--json'])
    let err = ''
    child.stderr.on('data', (data: Buffer) => {
      err += data
    })
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
    const said = await new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(`${data}`)))
    try {
      await meanwhile(JSON.parse(said))
    } finally {
      child.kill('SIGINT')
    }
    return { code: await closed, err }
  }

  test('says where the lab is, and ends when interrupted', async () => {
    const { code, err } = await interrupted(async ({ url, engine }) => {
      expect(url).toMatch(engine === null ? /^http:\/\/127\.0\.0\.1:\d+\/$/ : /:\d+\/#\/race\?token=[\w-]{24}$/)
    })
    expect([code, err]).toEqual([130, ''])
  })

  test.skipIf(lacking && !requiresNative)('ends in order while it computes for a page', async () => {
    let closed: Caller['closed'] | undefined
    const { code, err } = await interrupted(async ({ url, port }) => {
      expect(await knock({ port })).toBe(401) // the token of the tests is not this one
      const caller = await enter(port, new URLSearchParams(url.split('?')[1]).get('token')!)
      closed = caller.closed
      expect(await caller.ask('race.open', { settings: race })).toMatchObject({ kind: 'result' })
      await new Promise<void>((resolve) => void caller.ask('race.run', {}, () => resolve()))
    })
    expect([code, err]).toEqual([130, ''])
    expect(await closed).toEqual({ code: 1001, reason: '“resnet lab” was ended' })
  })

  test('names a port that is taken', async () => {
    const { code, err } = await resnet(['lab', '--port', String(lab.port)])
    expect(code).toBe(2)
    expect(err).toContain(`port ${lab.port} is taken, perhaps by another lab; choose another one with --port`)
  })

  test('says which command builds the lab', () => {
    expect(() => siteFiles(join(folder, 'nowhere'))).toThrow('run "npm run build:lab"')
  })
})
