/**
 * Downloads a file with a known check sum. It resumes where an earlier try stopped, tries again when the network fails,
 * and puts the file into place only when it is complete and correct.
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
  /** Path of the file. The part that has arrived is stored beside it, with `.partial` added to its name. */
  readonly file: string
  readonly sum: CheckSum
  /** The most bytes that are accepted. */
  readonly mostBytes: number
  /** Request headers, for example the user agent. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The remedy if the server has no such file, or a wrong one. It follows a colon. */
  readonly remedy: string
}

export interface CheckSum {
  readonly algorithm: 'md5' | 'sha1' | 'sha256'
  readonly hex: string
  /** Bytes to hash before the file, as `git` hashes kind and length first. */
  readonly prefix?: string
}

/** Patience of a download, and its listeners. */
export interface DownloadOptions {
  /** Called with the bytes that have arrived, and the total if the server tells it. */
  readonly onProgress?: ((bytes: number, total: number | undefined) => void) | undefined
  /** Called before another try, with the error. */
  readonly onRetry?: ((reason: string, seconds: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** Tries in a row without a new byte before it gives up; by default 5. */
  readonly tries?: number | undefined
  /** Seconds before the second try, doubled before each further one; by default 1. */
  readonly pause?: number | undefined
  /** Seconds without a byte after which a connection counts as dead; by default 30. */
  readonly patience?: number | undefined
}

/** Failures that another try may solve. */
class Transient extends Error {}

/**
 * Downloads a file unless it is there with the right check sum. Resolves to whether it was downloaded.
 * @throws DataError if the server refuses, the bytes are wrong, the disk is full, or all tries fail
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
          `${url}: the bytes that arrived have the check sum ${sum}, expected ${expected.hex}; something on the way changes them, or the file there is another one: try again later, or ${remedy}`,
        )
      again = true // the partial file may be at fault: start again from the first byte
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

/** Downloads the missing part of a file. Resolves to the byte that the server began with. */
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
    if (response.status === 416 && had > 0) return had // nothing is missing; the check sum will tell whether it is right
    expectFile(url, response, remedy)
    const from = response.status === 206 ? expectRest(response, had) : 0
    if (from === undefined) {
      await rm(partial, { force: true })
      throw new Transient(`the server sent other bytes than those from ${had} on`)
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
          throw new DataError(`${url}: sends more than ${mostBytes} bytes, too many for this file`)
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

/** @throws DataError for an answer that will not change, Transient for one that may */
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

/** The first byte of the part that the server sent, if it is the one asked for. */
function expectRest({ headers }: Response, asked: number): number | undefined {
  const first = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1]
  return Number(first) === asked ? asked : undefined
}

function networkError(error: unknown): Transient {
  return new Transient(networkReason(error), { cause: error })
}

/** Explains why `fetch` failed. */
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

/** Returns 0 if there is no such file. */
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
