import { createHash } from 'node:crypto'
import { readdir, readFile, symlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downloadCifar } from '../../../src/data/cifar/cifar-download.node.js'
import { type DownloadOptions, download } from '../../../src/data/cifar/download.node.js'
import { DataError } from '../../../src/util/errors.js'
import { Random } from '../../../src/util/random.js'
import { folderWith } from '../folder/folders.js'

const random = new Random(1)
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.below(256)))
const md5 = createHash('md5').update(content).digest('hex')
const right = { sum: { algorithm: 'md5', hex: md5 }, remedy: 'name another address with --from' } as const

/** What the server does with each request in turn; the last one is repeated. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void
let answers: Answer[] = []
/** The `Range` of each request. */
let asked: (string | undefined)[] = []

const server = createServer((request, response) => {
  asked.push(request.headers.range)
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!
  answer(request, response)
})
let address = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const start = (request: IncomingMessage) => Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)

function head(request: IncomingMessage, response: ServerResponse, bytes = content, headers = {}): number {
  const from = start(request)
  const range = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from, ...range, ...headers })
  return from
}

/** A server as it should be. */
const good: Answer = (request, response) => {
  if (start(request) >= content.length) response.writeHead(416).end()
  else response.end(content.subarray(head(request, response)))
}

/** Sends so many bytes, then cuts the connection. */
const cut =
  (count: number): Answer =>
  (request, response) => {
    const from = head(request, response)
    response.write(content.subarray(from, from + count), () => setTimeout(() => response.destroy(), 50))
  }

const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('no')

const quick: DownloadOptions = { pause: 0.001, patience: 5 }

/** Downloads into a fresh folder, or one that holds something already. */
async function fetchFrom(
  given: readonly Answer[],
  options: DownloadOptions = {},
  before: Record<string, Uint8Array> = {},
) {
  answers = [...given]
  asked = []
  const folder = await folderWith(before)
  const retries: string[] = []
  const work = download(
    { url: `${address}/x.tar.gz`, file: join(folder, 'x.tar.gz'), ...right, mostBytes: 1_000_000 },
    { ...quick, onRetry: (reason) => retries.push(reason), ...options },
  )
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  )
  const names = (await readdir(folder)).sort()
  return { folder, retries, names, message: error?.message, error, done: await work.catch(() => false) }
}

async function expectWhole({ folder, names, error }: Awaited<ReturnType<typeof fetchFrom>>) {
  expect(error).toBeUndefined()
  expect(names).toEqual(['x.tar.gz'])
  expect((await readFile(join(folder, 'x.tar.gz'))).equals(content)).toBe(true)
}

describe('a download', () => {
  test('puts the file into place and tells how far it is', async () => {
    const seen: (readonly [number, number | undefined])[] = []
    const result = await fetchFrom([good], { onProgress: (bytes, total) => seen.push([bytes, total]) })
    await expectWhole(result)
    expect(result.done).toBe(true)
    expect(seen[0]).toEqual([0, 300_000])
    expect(seen.at(-1)).toEqual([300_000, 300_000])
    expect(asked).toEqual([undefined])
  })

  test('is left out where the file is there, and refused where another one is', async () => {
    const there = await fetchFrom([good], {}, { 'x.tar.gz': content })
    await expectWhole(there)
    expect([there.done, asked]).toEqual([false, []])
    const other = await fetchFrom([good], {}, { 'x.tar.gz': Buffer.from('mine') })
    expect(other.message).toBe(
      `${join(other.folder, 'x.tar.gz')}: is there already, but its check sum is not that of ${address}/x.tar.gz; move it away or remove it, then try again`,
    )
  })

  test('goes on where an earlier one stopped', async () => {
    await expectWhole(await fetchFrom([good], {}, { 'x.tar.gz.partial': content.subarray(0, 123_456) }))
    expect(asked).toEqual(['bytes=123456-'])
  })

  test('takes a part that was whole already', async () => {
    await expectWhole(await fetchFrom([good], {}, { 'x.tar.gz.partial': content }))
  })

  test('goes on after each cut, as often as something new comes', async () => {
    const result = await fetchFrom([...Array.from({ length: 9 }, () => cut(30_000)), good])
    await expectWhole(result)
    expect(result.retries).toEqual(Array.from({ length: 9 }, () => 'the connection broke off'))
    expect(asked[0]).toBeUndefined()
    expect(asked.slice(1).every((range) => /^bytes=\d+-$/.test(range!))).toBe(true)
  })

  test('begins again where the server ignores ranges', async () => {
    const ignoring: Answer = (_, response) => response.writeHead(200).end(content)
    await expectWhole(await fetchFrom([ignoring], {}, { 'x.tar.gz.partial': content.subarray(0, 5000) }))
  })

  test('begins again where the server sends another part than was asked for', async () => {
    const shifted: Answer = (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 0-9/300000' }).end(content.subarray(0, 10))
    const result = await fetchFrom([shifted, good], {}, { 'x.tar.gz.partial': content.subarray(0, 5000) })
    await expectWhole(result)
    expect(result.retries).toEqual(['the server sent other bytes than those from 5000 on'])
  })

  test('begins again where what was there before is wrong', async () => {
    await expectWhole(await fetchFrom([good], {}, { 'x.tar.gz.partial': Buffer.alloc(70_000) }))
    expect(asked).toEqual(['bytes=70000-', undefined])
    await expectWhole(await fetchFrom([good], {}, { 'x.tar.gz.partial': Buffer.alloc(400_000) }))
    expect(asked).toEqual(['bytes=400000-', undefined])
  })

  test('follows redirects', async () => {
    const elsewhere: Answer = (_, response) => void response.writeHead(302, { location: `${address}/y` }).end()
    await expectWhole(await fetchFrom([elsewhere, good]))
  })

  test('tries again when the server is busy, pausing longer each time', async () => {
    const pauses: number[] = []
    const result = await fetchFrom([status(503), status(429), status(500), good], {
      onRetry: (_, seconds) => pauses.push(seconds),
    })
    await expectWhole(result)
    expect(pauses).toEqual([0.001, 0.002, 0.004])
  })

  test('goes on after a stall', async () => {
    const stall: Answer = (request, response) => void response.write(content.subarray(head(request, response), 40_000))
    const result = await fetchFrom([stall, good], { patience: 0.2 })
    await expectWhole(result)
    expect(result.retries).toEqual(['no byte came for 0.2 seconds'])
    expect(asked[1]).toMatch(/^bytes=\d+-$/)
  })

  test('that is stopped keeps what has come', async () => {
    const controller = new AbortController()
    const stall: Answer = (request, response) => void response.write(content.subarray(head(request, response), 40_000))
    const onProgress = (bytes: number) => bytes > 0 && controller.abort(new Error('enough'))
    const result = await fetchFrom([stall], { signal: controller.signal, onProgress })
    expect([result.message, result.names]).toEqual(['enough', ['x.tar.gz.partial']])
  })
})

describe('what cannot be helped is said', () => {
  const expected = async (result: Promise<Awaited<ReturnType<typeof fetchFrom>>>) => {
    const { error, message, names } = await result
    expect(error).toBeInstanceOf(DataError)
    return { message, names }
  }

  test('a file that is not there', async () => {
    expect(await expected(fetchFrom([status(404)]))).toEqual({
      message: `${address}/x.tar.gz: the server answers 404 Not Found; the file may have moved: name another address with --from`,
      names: [],
    })
  })

  test('other bytes', async () => {
    const wrong: Answer = (request, response) => {
      const other = Buffer.alloc(300_000)
      response.end(other.subarray(head(request, response, other)))
    }
    const sum = createHash('md5').update(Buffer.alloc(300_000)).digest('hex')
    const message = `${address}/x.tar.gz: the bytes that arrived have the check sum ${sum}, expected ${md5}; something on the way changes them, or the file there is another one: try again later, or name another address with --from`
    expect(await expected(fetchFrom([wrong]))).toEqual({ message, names: [] })
    expect(asked).toHaveLength(1)
    const partial = { 'x.tar.gz.partial': Buffer.alloc(10) }
    expect(await expected(fetchFrom([wrong], {}, partial))).toEqual({ message, names: [] })
    expect(asked).toEqual(['bytes=10-', undefined])
  })

  test('a length that is a lie', async () => {
    const short: Answer = (_, response) =>
      response.writeHead(200, { 'content-length': 1000 }).end(content.subarray(0, 1000))
    expect((await expected(fetchFrom([short]))).message).toContain('the bytes that arrived have the check sum')
    const long: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': 900_000 })
      response.write(content, () => setTimeout(() => response.destroy(), 20))
    }
    const more: Answer = (_, response) => response.writeHead(416).end()
    await expectWhole(await fetchFrom([long, more])) // all is here, whatever the server promised
  })

  test('far too much', async () => {
    const endless: Answer = (_, response) => {
      response.writeHead(200)
      const pour = () => {
        while (!response.destroyed && response.write(content));
        if (!response.destroyed) response.once('drain', pour)
      }
      pour()
    }
    expect(await expected(fetchFrom([endless]))).toEqual({
      message: `${address}/x.tar.gz: sends more than 1000000 bytes, too many for this file`,
      names: [],
    })
  })

  test('a web page in place of the file', async () => {
    const page: Answer = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>')
    expect((await expected(fetchFrom([page]))).message).toBe(
      `${address}/x.tar.gz: the answer is a web page, not the file; does this network ask for a login, or has the file moved?`,
    )
  })

  test('a server that only ever cuts', async () => {
    const { message, names } = await expected(fetchFrom([cut(10_000), cut(0)], { tries: 3 }))
    expect(message).toMatch(
      /: the connection broke off; gave up after 3 tries without a new byte; the \d+ bytes that arrived are kept in .*x\.tar\.gz\.partial, and are not fetched again$/,
    )
    expect(names).toEqual(['x.tar.gz.partial'])
  })

  test('no server at all', async () => {
    const folder = await folderWith({})
    const nowhere = (url: string) =>
      download({ url, file: join(folder, 'x'), ...right, mostBytes: 1 }, { pause: 0.001, tries: 2 })
    await expect(nowhere('http://127.0.0.1:1/x')).rejects.toThrow(/bad port|refuses the connection/)
    await expect(nowhere('http://127.0.0.1:65000/x')).rejects.toThrow(
      'http://127.0.0.1:65000/x: the server refuses the connection; gave up after 2 tries without a new byte',
    )
    await expect(nowhere('http://no-such-name.invalid/x')).rejects.toThrow(
      /the name of the server (is not known|cannot be looked up); is there a network\?; gave up after 2 tries/,
    )
  })

  test('a folder that cannot be one', async () => {
    const folder = await folderWith({ file: 'in the way' })
    const work = download({ url: address, file: join(folder, 'file/x'), ...right, mostBytes: 1 }, quick)
    await expect(work).rejects.toThrow(`${join(folder, 'file')}: cannot be made a folder: a file is in the way`)
  })

  test('a disk that is full', async () => {
    const folder = await folderWith({})
    await symlink('/dev/full', join(folder, 'x.partial'))
    answers = [good]
    const work = download({ url: address, file: join(folder, 'x'), ...right, mostBytes: 1_000_000 }, quick)
    await expect(work).rejects.toThrow(
      `${join(folder, 'x.partial')}: cannot be written: the disk is full; make room, then try again: it goes on from here`,
    )
  })
})

describe('downloadCifar', () => {
  test('asks for the official archive, and does not take another one', async () => {
    const paths: string[] = []
    answers = [
      (request, response) => {
        paths.push(request.url!)
        good(request, response)
      },
    ]
    const folder = await folderWith({})
    for (const name of ['cifar10', 'cifar100'] as const)
      await expect(downloadCifar(name, folder, { ...quick, from: `${address}/mirror/` })).rejects.toThrow(
        `expected ${{ cifar10: 'c32a1d4ab5d03f1284b67883e8d87530', cifar100: '03b5dce01913d631647c71ecec9e9cb8' }[name]}`,
      )
    expect(paths).toEqual(['/mirror/cifar-10-binary.tar.gz', '/mirror/cifar-100-binary.tar.gz'])
  })
})
