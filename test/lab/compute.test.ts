/** What `resnet lab` computes for its pages: who may ask, what a stranger's message does, and what is left afterwards. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { encode } from '../../lab/src/compute/wire-format.js'
import { type Compute, type ComputeOptions, offerCompute } from '../../src/cli/lab/compute.js'
import { type LabServer, serveSite } from '../../src/cli/lab/server.js'
import { siteFiles } from '../../src/cli/lab/site.js'
import { enter, type Knock, knock, lacking, race, requiresNative, service, token } from './native.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet-compute-'))
writeFileSync(join(folder, 'index.html'), 'the page')
const open: { readonly lab: LabServer; readonly compute: Compute }[] = []

async function start(
  options: Partial<ComputeOptions> = {},
): Promise<{ readonly port: number; readonly compute: Compute }> {
  const lab = await serveSite(siteFiles(folder), 0)
  const compute = offerCompute(lab, { token, service, threads: 1, ...options })
  open.push({ lab, compute })
  return { port: lab.port, compute }
}

/** A module that a thread runs, by its source. */
const module = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`)

/** A thread that computes nothing, for tests of what stands before it. */
const idle = module(
  `import { parentPort } from 'node:worker_threads'
   parentPort.on('message', (message) => message === 'end' && parentPort.close())`,
)

afterEach(async () => {
  for (const { lab, compute } of open.splice(0)) {
    await compute.close()
    await lab.close()
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('refused before there is a WebSocket', () => {
  test.each<[string, (port: number) => Partial<Knock>, number]>([
    ['without a token', () => ({ token: undefined }), 401],
    ['with another token', () => ({ token: token.replace('a', 'b') }), 401],
    ['with a part of it', () => ({ token: token.slice(0, -1) }), 401],
    ['with more than it', () => ({ token: `${token}x` }), 401],
    ['with the token in the address', () => ({ token: undefined, path: `/?token=${token}` }), 404],
    ['by another path', () => ({ path: '/index.html' }), 404],
    ['a page from elsewhere', () => ({ origin: 'https://evil.example' }), 403],
    ['a page of another port', (port) => ({ origin: `http://127.0.0.1:${port + 1}` }), 403],
    ['a page without an origin', () => ({ origin: 'null' }), 403],
    ['what is no page', () => ({ origin: undefined }), 403],
    ['another host, as by DNS that points here', (port) => ({ host: `evil.example:${port}` }), 403],
  ])('%s', async (_, how, status) => {
    const { port, compute } = await start({ service: idle })
    expect(await knock({ port, ...how(port) })).toBe(status)
    expect(compute.pages).toBe(0)
  })

  test('and let in with all that is right, under both names of the host', async () => {
    const { port } = await start({ service: idle })
    expect(await knock({ port })).toBeTypeOf('object')
    expect(await knock({ port, host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBeTypeOf('object')
  })
})

describe('what a page may send', () => {
  test.each<[string, string | Uint8Array, number, string]>([
    ['text', 'hello', 1003, 'a text message came, but messages of the lab are bytes'],
    ['nothing', new Uint8Array(), 1007, 'a message came that does not belong to the lab'],
    ['noise', new Uint8Array(64).fill(255), 1007, 'a message came that does not belong to the lab'],
    ['no question', encode({ kind: 'result', id: 1 }), 1007, 'a message came that does not belong to the lab'],
    ['null', encode(null), 1007, 'a message came that does not belong to the lab'],
    ['a call without a name', encode({ kind: 'call', id: 1 }), 1007, 'a message came that does not belong to the lab'],
    [
      'a number too large for a call',
      encode({ kind: 'cancel', id: 2 ** 60 }),
      1007,
      'a message came that does not belong',
    ],
    ['too much', new Uint8Array(4097), 1009, ''],
  ])('ends with %s, in words', async (_, message, code, reason) => {
    const { port, compute } = await start({ mostBytes: 4096 })
    const caller = await enter(port)
    caller.socket.send(message)
    expect(await caller.closed).toMatchObject({ code, reason: expect.stringContaining(reason) })
    await expect.poll(() => compute.pages, { timeout: 10_000 }).toBe(0)
  })

  test('calls that there are not are answered so', async () => {
    const caller = await enter((await start()).port)
    for (const name of ['nowhere', '__proto__', 'constructor', 'toString'])
      expect(await caller.ask(name, {})).toMatchObject({ kind: 'error', message: `the service has no call ${name}` })
  })

  test('no path of a file stands for its bytes', async () => {
    const secret = join(folder, 'secret.safetensors')
    writeFileSync(secret, 'secret')
    const caller = await enter((await start()).port)
    const answers = [
      await caller.ask('lesions.open', { files: [{ name: secret, bytes: secret }] }),
      await caller.ask('architecture.open', { name: secret, file: secret }),
      await caller.ask('architecture.describe', { origin: { preset: secret }, edits: [] }),
    ]
    expect(answers.map(({ kind }) => kind)).toEqual(['error', 'error', 'error'])
    expect(readdirSync(folder).sort()).toEqual(['index.html', 'secret.safetensors'])
  })
})

describe('pages', () => {
  test('are let in up to a number, and again when one has gone', async () => {
    const { port, compute } = await start({ mostPages: 2, service: idle })
    const first = await enter(port)
    await enter(port)
    expect(await (await enter(port)).closed).toEqual({
      code: 1013,
      reason: 'too many pages are computing already; close one of them',
    })
    expect(compute.pages).toBe(2)
    first.socket.close()
    await expect.poll(() => compute.pages, { timeout: 10_000 }).toBe(1)
    expect((await enter(port)).socket.readyState).toBe(1)
  })

  test('are told when the server ends, and the server waits for nobody', async () => {
    const { port, compute } = await start({ service: idle })
    const caller = await enter(port)
    const silent = await enter(port)
    silent.socket.pause()
    await compute.close()
    expect(await caller.closed).toEqual({ code: 1001, reason: '“resnet lab” was ended' })
    expect(compute.pages).toBe(0)
    silent.socket.terminate()
  })

  test('are told when their thread fails', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { port, compute } = await start({ service: module('throw new Error("on purpose")') })
    const caller = await enter(port)
    expect(await caller.closed).toMatchObject({ code: 1011, reason: expect.stringContaining('has failed') })
    expect(said.mock.calls.flat().join('')).toContain('lab: Error: on purpose')
    said.mockRestore()
    await expect.poll(() => compute.pages).toBe(0)
  })

  test('are told when there is no module for the thread', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { port, compute } = await start({ service: new URL(`file://${folder}/gone.js`) })
    for (const _ of [1, 2]) expect(await (await enter(port)).closed).toMatchObject({ code: 1011 })
    said.mockRestore()
    await expect.poll(() => compute.pages, { timeout: 20_000 }).toBe(0)
  })

  test('that answer no ping are gone, and others stay', async () => {
    const { port, compute } = await start({ service: idle, pingEvery: 50 })
    const alive = await enter(port)
    const dead = await enter(port)
    dead.socket.pause() // reads nothing, and so answers nothing
    await expect.poll(() => compute.pages, { timeout: 20_000 }).toBe(1)
    expect(alive.socket.readyState).toBe(1)
    dead.socket.terminate()
  })

  test('leave no thread behind that will not end by itself', async () => {
    const { port, compute } = await start({ service: module('for (;;);'), patience: 50 })
    ;(await enter(port)).socket.terminate()
    await expect.poll(() => compute.pages, { timeout: 20_000 }).toBe(0)
  })
})

if (lacking && !requiresNative) console.warn(`what pages have computed natively is not tried: ${lacking}`)

describe.skipIf(lacking && !requiresNative)('the native engine', () => {
  test('is what computes', async () => {
    const caller = await enter((await start()).port)
    const answer = await caller.ask('engine', {})
    expect(answer).toMatchObject({ kind: 'result', result: { threads: 1, build: expect.stringMatching(/^native-/) } })
  })

  test('trains while the server answers, and all that a page held is free when it goes', async () => {
    const { port, compute } = await start({ threads: 2 })
    const threads = () => (process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0)
    const before = threads()
    const caller = await enter(port)
    expect(await caller.ask('race.open', { settings: race })).toMatchObject({ kind: 'result' })
    let steps = 0
    void caller.ask('race.run', {}, () => steps++)
    await expect.poll(() => steps, { timeout: 30_000 }).toBeGreaterThan(2)
    const body = await new Promise<string>((resolve) =>
      get({ port, host: '127.0.0.1' }, (response) => response.setEncoding('utf8').on('data', resolve)),
    )
    expect(body).toBe('the page')
    caller.socket.terminate()
    await expect.poll(() => compute.pages, { timeout: 20_000 }).toBe(0)
    await expect.poll(threads, { timeout: 20_000 }).toBeLessThanOrEqual(before)
  })
})
