/** Networks of the hub: fetched once and verified, from a server that answers as the hub does, and one that does not. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fetchFromHub } from '../../../src/api/files/hub.js'
import { cacheFolder, filesFromHub } from '../../../src/api/files/hub.node.js'
import { parseHubName } from '../../../src/api/files/hub-name.js'
import { settingsOf } from '../../../src/formats/hub.js'
import { type HubOptions, load, readNetwork } from '../../../src/internal.node.js'

const weights = readFileSync(new URL('../../formats/fixtures/bearpaw.safetensors', import.meta.url))
const config = Buffer.from(
  JSON.stringify({
    architecture: 'resnet8',
    num_classes: 3,
    label_names: ['n1', 'n2', 'n3'],
    label_descriptions: { n1: 'hen, biddy', n2: 'cat', n3: 'dog' },
    pretrained_cfg: {
      input_size: [3, 40, 40],
      crop_pct: 0.8,
      interpolation: 'bicubic',
      mean: [0.5, 0.4, 0.3],
      std: [0.2, 0.2, 0.1],
    },
  }),
)
const sha = (algorithm: string, bytes: Uint8Array, prefix = '') =>
  createHash(algorithm).update(prefix).update(bytes).digest('hex')
const listed = [
  {
    type: 'file',
    path: 'model.safetensors',
    size: weights.length,
    oid: '0'.repeat(40),
    lfs: { oid: sha('sha256', weights), size: weights.length, pointerSize: 134 },
  },
  { type: 'file', path: 'config.json', size: config.length, oid: sha('sha1', config, `blob ${config.length}\0`) },
]
type Answer = (request: IncomingMessage, response: ServerResponse) => void

const start = (request: IncomingMessage) => Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
const send =
  (bytes: Uint8Array, upTo = bytes.length): Answer =>
  (request, response) => {
    const from = start(request)
    const range = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from, ...range })
    response.write(bytes.subarray(from, upTo), () =>
      upTo < bytes.length ? setTimeout(() => response.destroy(), 30) : response.end(),
    )
  }
const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('no')
const list =
  (entries: unknown): Answer =>
  (_, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(entries))

const good = {
  'POST /api/models/timm/tiny/paths-info/main': list(listed),
  'GET /timm/tiny/resolve/main/model.safetensors': send(weights),
  'GET /timm/tiny/resolve/main/config.json': send(config),
}
let answers: Record<string, Answer> = good
let asked: string[] = []
let authorization: string | undefined
const server = createServer((request, response) => {
  const key = `${request.method} ${request.url}`
  asked.push(key)
  authorization = request.headers.authorization
  ;(answers[key] ?? status(404))(request, response)
})
let hub = ''
const folder = mkdtempSync(join(tmpdir(), 'resnet hub '))
let cache = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  answers = good
  asked = []
  cache = mkdtempSync(join(folder, 'cache '))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const name = parseHubName('hub:timm/tiny')!
const options = (more: HubOptions = {}): HubOptions => ({ cache, hub, pause: 0.001, ...more })
const own = () => join(cache, 'hub', 'timm', 'tiny', 'main')

describe('a network of the hub', () => {
  test('is fetched once, and pictures are prepared as its settings say', async () => {
    const seen: number[] = []
    const onProgress = (bytes: number) => seen.push(bytes)
    await using net = await load('hub:timm/tiny', { ...options({ onProgress }), engine: 'reference' })
    expect(net.spec.input).toEqual({ channels: 3, height: 40, width: 40 })
    expect(net.preprocessing).toEqual({
      input: { channels: 3, height: 40, width: 40 },
      resize: { height: 50, width: 50 },
      interpolation: 'bicubic',
      normalisation: { mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.1] },
      classes: ['hen', 'cat', 'dog'],
    })
    expect(seen.at(-1)).toBe(weights.length)
    expect(asked).toEqual(Object.keys(good))
    const again = await readNetwork('hub:timm/tiny', {
      ...options({ hub: 'http://127.0.0.1:9' }),
      classes: ['a', 'b', 'c'],
    })
    expect([again.origin, again.preprocessing.classes]).toEqual(['safetensors, names of bearpaw', ['a', 'b', 'c']])
    expect(asked.length).toBe(3)
    expect(readdirSync(own()).sort()).toEqual(['config.json', 'model.safetensors', 'resnet-files.json'])
  })

  test('without settings, with a revision and a file of its own, and a token', async () => {
    const entry = { ...listed[0], path: 'old/net.bin' }
    answers = {
      'POST /api/models/me/net/paths-info/v%2F1': list([
        entry,
        null,
        { path: 3 },
        { path: 'x', size: 1, oid: 'short' },
      ]),
      'GET /me/net/resolve/v%2F1/old/net.bin': send(weights),
    }
    const named = parseHubName('hub:me/net@v%2F1/old/net.bin')!
    expect(named).toEqual({ repository: 'me/net', revision: 'v/1', file: 'old/net.bin' })
    const files = await filesFromHub(named, options({ token: 'mine' }))
    expect([files.weights.length, files.config, authorization]).toEqual([weights.length, undefined, 'Bearer mine'])
    expect((await filesFromHub(named, options({ hub: 'http://127.0.0.1:9' }))).weights.length).toBe(weights.length)
  })

  test('goes on after a cut, and a half file is never taken for a whole one', async () => {
    const key = 'GET /timm/tiny/resolve/main/model.safetensors'
    let cuts = 0
    answers = {
      ...good,
      [key]: (request, response) => (cuts++ < 2 ? send(weights, 1000 * cuts) : send(weights))(request, response),
    }
    const retries: string[] = []
    await filesFromHub(name, options({ onRetry: (reason) => retries.push(reason) }))
    expect(retries.length).toBeGreaterThan(0)

    cache = mkdtempSync(join(folder, 'cache '))
    const stop = new AbortController()
    answers = { ...good, [key]: send(weights, 2000) }
    const stopped = filesFromHub(name, options({ signal: stop.signal, onRetry: () => stop.abort(new Error('enough')) }))
    await expect(stopped).rejects.toThrow('enough')
    expect(readdirSync(own())).toEqual(['model.safetensors.partial'])
    answers = good
    expect(weights.equals((await filesFromHub(name, options())).weights)).toBe(true)
    expect(readdirSync(own()).sort()).toEqual(['config.json', 'model.safetensors', 'resnet-files.json'])
  })

  test('that was changed in the cache is noticed', async () => {
    await filesFromHub(name, options())
    writeFileSync(join(own(), 'model.safetensors'), 'half')
    await expect(filesFromHub(name, options())).rejects.toThrow(
      /model\.safetensors: is there already, but its check sum/,
    )
  })

  test('in a page: by address, and the older form where there is no newer', async () => {
    const files = await fetchFromHub(name, { hub })
    expect([files.weights.length, files.config?.length]).toEqual([weights.length, config.length])
    answers = { 'GET /timm/tiny/resolve/main/pytorch_model.bin': send(weights) }
    const older = await fetchFromHub(name, { hub })
    expect([older.weights.length, older.config]).toEqual([weights.length, undefined])
    answers = {}
    await expect(fetchFromHub(name, { hub })).rejects.toThrow(
      'hub:timm/tiny: holds no weights at main: expected model.safetensors or',
    )
    await expect(fetchFromHub({ ...name, file: 'x.pth' }, { hub })).rejects.toThrow(
      `${hub}/timm/tiny/resolve/main/x.pth: cannot be fetched: the server answers 404, expected 200`,
    )
  })
})

describe('what cannot be had is said', () => {
  const lists = (answer: Answer) => ({ ...good, 'POST /api/models/timm/tiny/paths-info/main': answer })
  test.each<[string, () => Record<string, Answer>, () => string]>([
    [
      'a login',
      () => lists(status(401)),
      () =>
        `hub:timm/tiny: ${hub} answers 401: there is no such network, or it asks for a login; look at ${hub}/timm/tiny, and set HF_TOKEN`,
    ],
    [
      'no such revision',
      () => lists(status(404)),
      () =>
        `hub:timm/tiny: ${hub} answers 404: there is no such network, or no revision main; look at ${hub}/timm/tiny`,
    ],
    [
      'a server in trouble',
      () => lists(status(503)),
      () => `hub:timm/tiny: ${hub} answers 503, expected 200; try again later`,
    ],
    [
      'a web page',
      () => lists((_, response) => void response.end('<h1>')),
      () => `hub:timm/tiny: ${hub} answers with something else than a list of files`,
    ],
    [
      'no weights',
      () => lists(list([listed[1]])),
      () =>
        'hub:timm/tiny: holds no weights at main: expected model.safetensors or pytorch_model.bin; name another file as hub:timm/tiny/FILE',
    ],
    [
      'a login for the file',
      () => ({ ...good, 'GET /timm/tiny/resolve/main/model.safetensors': status(403) }),
      () =>
        `${hub}/timm/tiny/resolve/main/model.safetensors: the server answers 403 Forbidden; the file may have moved: look at ${hub}/timm/tiny, and where it asks for a login set HF_TOKEN to a token of yours`,
    ],
  ])('%s', async (_, given, message) => {
    answers = given()
    await expect(filesFromHub(name, options())).rejects.toThrow(message())
    await expect(filesFromHub({ ...name, file: 'x.pth' }, options())).rejects.toThrow(/^hub:timm\/tiny: /)
  })

  test('a file that is not what the hub lists', async () => {
    const other = Buffer.from(weights)
    other[5000]! ^= 1
    answers = { ...good, 'GET /timm/tiny/resolve/main/model.safetensors': send(other) }
    await expect(filesFromHub(name, options())).rejects.toThrow(
      `have the check sum ${sha('sha256', other)}, expected ${sha('sha256', weights)}`,
    )
    expect(readdirSync(own())).toEqual([])
    answers = { ...good, 'GET /timm/tiny/resolve/main/config.json': send(Buffer.alloc(config.length)) }
    await expect(filesFromHub(name, options())).rejects.toThrow(
      /config\.json: the bytes that arrived have the check sum/,
    )
    expect(readdirSync(own())).toEqual(['model.safetensors'])
  })

  test('no network', async () => {
    await expect(filesFromHub(name, options({ hub: 'http://127.0.0.1:65000' }))).rejects.toThrow(
      `hub:timm/tiny: is not in the cache ${own()}, and http://127.0.0.1:65000 cannot be reached: the server refuses the connection; connect once, or give the path of a file that was downloaded from http://127.0.0.1:65000/timm/tiny`,
    )
    await expect(filesFromHub(name, options({ signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow(
      'enough',
    )
  })

  test.each([
    'hub:',
    'hub:timm',
    'hub:timm/',
    'hub:../x',
    'hub:timm/..',
    'hub:timm/x/../y',
    'hub:timm/x@',
    'hub:a/b c',
  ])('the name %j', (text) => {
    expect(() => parseHubName(text)).toThrow(
      `${text}: expected hub:OWNER/NAME, such as hub:timm/resnet50.a1_in1k; @REVISION and /FILE may follow`,
    )
  })
})

describe('settings', () => {
  const of = (settings: unknown) =>
    settingsOf(Buffer.from(typeof settings === 'string' ? settings : JSON.stringify(settings)), 'hub:a/b')

  test('as timm has them', () => {
    const { pictures, classes } = of({
      pretrained_cfg: {
        input_size: [3, 224, 224],
        crop_pct: 0.95,
        interpolation: 'bicubic',
        test_crop_pct: 1,
        test_input_size: [3, 288, 288],
      },
    })
    expect(pictures).toEqual({
      input: { height: 224, width: 224 },
      resize: { height: 235, width: 235 },
      interpolation: 'bicubic',
    })
    expect(classes).toBeUndefined()
    expect(of({ interpolation: 'lanczos', label_names: ['n01440764', 'n01443537'] })).toEqual({ pictures: {} })
    expect(of({ label_names: ['cat', 'dog'] }).classes).toEqual(['cat', 'dog'])
  })

  test.each([
    ['[', 'hub:a/b: its config.json is no JSON object'],
    ['3', 'hub:a/b: its config.json is no JSON object'],
    [{ input_size: [1, 8, 8], mean: [0, 0] }, 'hub:a/b: mean in its config.json must be 3 or 1 numbers, got [0,0]'],
    [{ mean: [0, 'x', 1] }, 'hub:a/b: mean in its config.json must be three numbers, got [0,"x",1]'],
    [{ std: [0, 1, 1] }, 'hub:a/b: std in its config.json must be three numbers above 0, got [0,1,1]'],
    [
      { input_size: [3, 1e9, 3] },
      'hub:a/b: input_size in its config.json must be channels, height and width, got [3,1000000000,3]',
    ],
    [{ crop_pct: 0 }, 'hub:a/b: crop_pct in its config.json must be a number from 0.25 to 1, got 0'],
  ])('%j is refused', (given, message) => {
    expect(() => of(given)).toThrow(message)
  })
})

test('the cache is where the user keeps such things', () => {
  vi.stubEnv('XDG_CACHE_HOME', '/somewhere')
  expect(cacheFolder()).toBe(join('/somewhere', 'resnet.ts'))
  vi.unstubAllEnvs()
})
