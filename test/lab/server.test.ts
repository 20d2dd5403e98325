/** The server of `resnet lab`: its own files to its own page, and nothing else to anybody. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { listenError } from '../../src/cli/commands/lab.js'
import { isOurs, type LabServer, serveSite } from '../../src/cli/lab/server.js'
import { type Site, siteFiles } from '../../src/cli/lab/site.js'
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
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
  { port } = lab,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
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
    '/index.html%00.js',
    '/%00',
    'http://127.0.0.1/index.html',
  ])('the path %s', async (path) => {
    const { status, body } = await ask(path)
    expect([status, body]).toEqual([404, 'There is no such file.\n'])
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])('%s', async (method) => {
    const { status, headers } = await ask('/', { method })
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  test('an address beyond all bounds, and a part of a file as if it were all', async () => {
    expect((await ask(`/${'a'.repeat(100_000)}`)).status).toBe(431)
    expect(await ask('/', { headers: { range: 'bytes=0-3' } })).toMatchObject({
      status: 200,
      body: expect.stringContaining('page'),
    })
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

describe('the port that http has by default', () => {
  const heads = (host: string, origin?: string) => ({ headers: { host, origin } })

  test('is left out by browsers, and is the page of its own all the same', () => {
    expect(isOurs(heads('127.0.0.1'), 80)).toBe(true)
    expect(isOurs(heads('localhost', 'http://localhost'), 80)).toBe(true)
    expect(isOurs(heads('127.0.0.1:80', 'http://127.0.0.1:80'), 80)).toBe(true)
    expect(isOurs(heads('127.0.0.1'), 4417)).toBe(false)
    expect(isOurs(heads('localhost:4417', 'http://localhost'), 4417)).toBe(false)
    expect(isOurs(heads('evil.example'), 80)).toBe(false)
  })
})

describe('goes on', () => {
  const servers: LabServer[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })
  async function start(...args: Parameters<typeof serveSite>): Promise<LabServer> {
    const server = await serveSite(...args)
    servers.push(server)
    return server
  }
  const failing = (code: string): Site => ({
    get: () => ({
      type: 'text/html',
      read: () => {
        throw Object.assign(new Error(code), { code })
      },
    }),
  })

  test('when the lab is built anew: what is gone is said to be, and what has come is served', async () => {
    const built = join(folder, 'built')
    mkdirSync(built)
    writeFileSync(join(built, 'index.html'), 'old')
    writeFileSync(join(built, 'old.js'), 'old')
    const server = await start(siteFiles(built), 0)
    rmSync(join(built, 'old.js'))
    writeFileSync(join(built, 'new.js'), 'new')
    const { status, body } = await ask('/old.js', {}, server)
    expect([status, body]).toEqual([
      404,
      'This file is gone: the lab is perhaps being built anew. Reload the page then.\n',
    ])
    await expect.poll(async () => (await ask('/new.js', {}, server)).body, { timeout: 10_000 }).toBe('new')
    rmSync(built, { recursive: true })
    expect((await ask('/', {}, server)).status).toBe(404)
  })

  test.each([
    [
      'EMFILE',
      503,
      'Too many files are open on this computer (ulimit -n). Close some programs, and reload the page.\n',
    ],
    ['EIO', 500, 'This file cannot be read (EIO).\n'],
  ])('where reading fails with %s', async (code, status, body) => {
    const server = await start(failing(code), 0)
    expect(await ask('/', {}, server)).toMatchObject({ status, body })
    expect((await ask('/', {}, server)).status).toBe(status)
  })

  test('when a connection cannot be taken', async () => {
    const server = await start(siteFiles(site), 0)
    for (const _ of [1, 2]) server.server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    expect((await ask('/', {}, server)).status).toBe(200)
  })

  /** Resolves when the other end has closed. */
  const closed = (socket: Socket) =>
    new Promise<void>((resolve) =>
      socket
        .on('error', () => {})
        .on('close', () => resolve())
        .resume(),
    )

  test('without those who begin a request and do not end it, or say nothing at all', async () => {
    const server = await start(siteFiles(site), 0, { headers: 100, request: 200, silence: 300 })
    const halves = ['', 'GET / HTTP/1.1\r\nHost: 127', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n']
    await Promise.all(
      halves.map((text) => {
        const socket = connect(server.port, '127.0.0.1')
        socket.write(text)
        return closed(socket)
      }),
    )
    expect((await ask('/', {}, server)).status).toBe(200)
  })

  test('with no more connections than it may have', async () => {
    const server = await start(siteFiles(site), 0, { connections: 2 })
    const held = [1, 2].map(() => connect(server.port, '127.0.0.1'))
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await closed(connect(server.port, '127.0.0.1'))
    for (const socket of held) socket.destroy()
    await expect
      .poll(
        () =>
          ask('/', {}, server).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(200)
  })

  test('after people who leave in the middle of an answer', async () => {
    const large: Site = { get: () => ({ type: 'text/html', read: () => Buffer.alloc(32 * 2 ** 20) }) }
    const server = await start(large, 0)
    for (let i = 0; i < 5; i++) {
      const socket = connect(server.port, '127.0.0.1').on('error', () => {})
      socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
      socket.resetAndDestroy()
    }
    expect((await ask('/', { method: 'HEAD' }, server)).status).toBe(200)
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
    expect([code, err]).toEqual([
      130,
      expect.stringMatching(/^the lab has ended; what its pages keep stays in the browser; again with: .* lab .*\n$/),
    ])
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
    expect([code, err]).toEqual([
      130,
      expect.stringMatching(/^the lab has ended; what its pages keep stays in the browser; again with: .* lab .*\n$/),
    ])
    expect(await closed).toEqual({ code: 1001, reason: '“resnet lab” was ended' })
  })

  test('names a port that is taken', async () => {
    const { code, err } = await resnet(['lab', '--port', String(lab.port)])
    expect(code).toBe(2)
    expect(err).toContain(`port ${lab.port} is taken, perhaps by another lab; choose another one with --port`)
  })

  test.each([
    ['EADDRINUSE', 'port 80 is taken, perhaps by another lab; choose another one with --port, or 0 for any'],
    [
      'EACCES',
      "port 80 is not yours to listen on: those below 1024 are often the administrator's; choose another one with --port, " +
        'or 0 for any',
    ],
    [
      'EMFILE',
      'the lab cannot listen: too many files are open on this computer; close some programs, or raise the limit (ulimit -n)',
    ],
    ['EADDRNOTAVAIL', 'the lab cannot listen: this computer has no loopback address 127.0.0.1'],
  ])('has words for %s', (code, words) => {
    expect(listenError(80, Object.assign(new Error(), { code })).message).toBe(words)
  })

  test('refuses what is no port', async () => {
    const { code, err } = await resnet(['lab', '--port', '70000'])
    expect([code, err]).toEqual([2, expect.stringContaining('Expected a whole number from 0 to 65535.')])
  })

  test('says which command builds the lab', () => {
    expect(() => siteFiles(join(folder, 'nowhere'))).toThrow('run "npm run build:lab"')
  })
})
