/**
 * Downloads a file that is known beforehand by its check sum: goes on where an earlier try stopped, tries again when
 * the network fails, and puts the file into place only when it is whole and right.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataError } from '../../util/errors.js'
import { errorCode, fileError } from '../../util/files/error.js'
import { makeFolder } from '../../util/files/folder.node.js'

export interface Download {
  readonly url: string
  /** Where it goes. What has arrived so far lies beside it, with `.partial` added to its name. */
  readonly file: string
  readonly sum: CheckSum
  /** Nothing longer than this is taken. */
  readonly mostBytes: number
  /** Sent along, for example who asks. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The remedy where the server has no such file, or another one; it follows a colon. */
  readonly remedy: string
}

export interface CheckSum {
  readonly algorithm: 'md5' | 'sha1' | 'sha256'
  readonly hex: string
  /** Counted before the file: what `git` does with its kind and length. */
  readonly prefix?: string
}

/** How patient a download is, and who watches. */
export interface DownloadOptions {
  /** Bytes that are here, and how many there will be where the server says so. */
  readonly onProgress?: ((bytes: number, total: number | undefined) => void) | undefined
  /** Called before another try, with what went wrong. */
  readonly onRetry?: ((reason: string, seconds: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** Tries in a row that bring nothing new before it is given up; by default 5. */
  readonly tries?: number | undefined
  /** Seconds before the second try, twice as many before each further one; by default 1. */
  readonly pause?: number | undefined
  /** Seconds without a byte after which a connection is taken for dead; by default 30. */
  readonly patience?: number | undefined
}

/** Failures that another try may cure. */
class Transient extends Error {}

/**
 * Downloads a file unless it is there already with the right check sum; resolves to whether it was downloaded.
 * @throws DataError when the server refuses, the bytes are wrong, the disk is full, or nothing came after all tries.
 */
export async function download(what: Download, options: DownloadOptions = {}): Promise<boolean> {
  const { file, sum: expected, url, remedy } = what
  const { tries = 5, pause = 1, signal } = options
  if (await stat(file).catch(() => undefined)) {
    if ((await sumOf(file, expected)) === expected.hex) return false
    throw new DataError(
      `${file}: is there already, but its check sum is not that of ${url}; move it away or remove it, then try again`,
    )
  }
  await makeFolder(dirname(file))
  const partial = `${file}.partial`
  let had = await lengthOf(partial)
  let failures = 0
  let again = false
  for (;;) {
    try {
      const from = await fetchRest(what, partial, options)
      const sum = await sumOf(partial, expected)
      if (sum === expected.hex) break
      await rm(partial, { force: true })
      if (from === 0 || again)
        throw new DataError(
          `${url}: what arrived has the check sum ${sum}, expected ${expected.hex}; something on the way changes it, or the file there is another one: try again later, or ${remedy}`,
        )
      again = true // what was here before may be at fault: once more, from the beginning
      had = 0
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof Transient)) throw error
      const has = await lengthOf(partial)
      failures = has > had ? 1 : failures + 1
      had = has
      if (failures >= tries) throw gaveUp(url, error, failures, partial, has)
      const seconds = pause * (1 << (failures - 1))
      options.onRetry?.(error.message, seconds)
      await sleep(1000 * seconds, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
    }
  }
  await rename(partial, file).catch((error: unknown) => {
    throw fileError(file, 'cannot be written', error)
  })
  return true
}

function gaveUp(url: string, { message, cause }: Error, tries: number, partial: string, bytes: number): DataError {
  const kept = bytes > 0 ? `; the ${bytes} bytes that arrived are kept in ${partial}, and are not fetched again` : ''
  return new DataError(`${url}: ${message}; gave up after ${tries} tries without a new byte${kept}`, { cause })
}

/** Fetches what is missing of a file; resolves to the byte that the server began from. */
async function fetchRest(
  { url, mostBytes, headers: own, remedy }: Download,
  partial: string,
  options: DownloadOptions,
): Promise<number> {
  const { patience = 30, onProgress } = options
  const stalled = new AbortController()
  const signal = AbortSignal.any([stalled.signal, ...(options.signal ? [options.signal] : [])])
  const wait = () => setTimeout(() => stalled.abort(), 1000 * patience)
  let timer = wait()
  const onFailure = (error: unknown): never => {
    if (stalled.signal.aborted) throw new Transient(`no byte came for ${patience} seconds`)
    throw networkError(error)
  }
  try {
    const had = await lengthOf(partial)
    const headers = { ...own, 'accept-encoding': 'identity', ...(had > 0 ? { range: `bytes=${had}-` } : {}) }
    const response = await fetch(url, { headers, signal }).catch(onFailure)
    if (response.status === 416 && had > 0) return had // there is no more: the check sum tells whether that is right
    expectFile(url, response, remedy)
    const from = response.status === 206 ? expectRest(response, had) : 0
    if (from === undefined) {
      await rm(partial, { force: true })
      throw new Transient(`the server sent another part than bytes ${had} and on`)
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN)
    const total = Number.isFinite(length) ? from + length : undefined
    const file = await openPartial(partial, from)
    try {
      let at = from
      onProgress?.(at, total)
      const reader = response.body!.getReader()
      for (;;) {
        const { done, value } = await reader.read().catch(onFailure)
        if (done) break
        clearTimeout(timer)
        timer = wait()
        if (at + value.length > mostBytes) {
          stalled.abort()
          await rm(partial, { force: true })
          throw new DataError(`${url}: sends more than ${mostBytes} bytes, which this file does not have`)
        }
        await file.write(value, 0, value.length, at).catch((error: unknown) => {
          stalled.abort()
          throw fileError(partial, 'cannot be written', error, 'make room, then try again: it goes on from here')
        })
        at += value.length
        onProgress?.(at, total)
      }
      if (total !== undefined && at < total) throw new Transient('the connection broke off')
      await file.sync()
    } finally {
      await file.close()
    }
    return from
  } finally {
    clearTimeout(timer)
  }
}

/** @throws DataError for an answer that will not change, Transient for one that may. */
function expectFile(url: string, { status, statusText, headers }: Response, remedy: string): void {
  if (status === 200 || status === 206) {
    if (headers.get('content-type')?.startsWith('text/html'))
      throw new DataError(
        `${url}: the answer is a web page, not the file; does this network ask for a login, or has the file moved?`,
      )
    return
  }
  const answer = `the server answers ${status}${statusText ? ` ${statusText}` : ''}`
  if (status >= 500 || status === 408 || status === 429) throw new Transient(answer)
  throw new DataError(`${url}: ${answer}; the file may have moved: ${remedy}`)
}

/** The byte that a part of a file begins with, if it is the one that was asked for. */
function expectRest({ headers }: Response, asked: number): number | undefined {
  const first = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1]
  return Number(first) === asked ? asked : undefined
}

function networkError(error: unknown): Transient {
  return new Transient(networkReason(error), { cause: error })
}

/** Why `fetch` failed, in words that help. */
export function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: 'the name of the server is not known; is there a network?',
    EAI_AGAIN: 'the name of the server cannot be looked up; is there a network?',
    ENETUNREACH: 'there is no network',
    ECONNREFUSED: 'the server refuses the connection',
    ECONNRESET: 'the connection broke off',
    UND_ERR_SOCKET: 'the connection broke off',
    UND_ERR_CONNECT_TIMEOUT: 'the server does not answer',
    UND_ERR_HEADERS_TIMEOUT: 'the server does not answer',
    UND_ERR_BODY_TIMEOUT: 'the connection broke off',
  }
  return known[errorCode(cause) ?? ''] ?? (cause instanceof Error ? cause.message : String(cause))
}

async function openPartial(path: string, from: number): Promise<FileHandle> {
  try {
    return await open(path, from > 0 ? 'r+' : 'w')
  } catch (error) {
    throw fileError(path, 'cannot be written', error)
  }
}

/** 0 where there is no such file. */
async function lengthOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

async function sumOf(path: string, { algorithm, prefix = '' }: CheckSum): Promise<string> {
  const hash = createHash(algorithm).update(prefix)
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  } catch (error) {
    throw fileError(path, 'cannot be read', error)
  }
  return hash.digest('hex')
}
