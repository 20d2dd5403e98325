/**
 * The folder of a run: `last.safetensors` (go on from here), `best.safetensors` (the smallest test error) and
 * `metrics.jsonl` (a line an epoch). Files are replaced in one move, so a crash leaves the old or the new, never half.
 */
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DataError } from '../util/errors.js'
import { makeFolder } from '../util/folder.node.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'

const LAST = 'last.safetensors'
const BEST = 'best.safetensors'
const METRICS = 'metrics.jsonl'

/** Puts a file in place whole: written beside it, flushed to the disk, then moved over it. */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw fileError(path, 'cannot be written', error)
  }
}

/** @throws DataError naming the file when it is missing, damaged or no checkpoint. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw fileError(path, 'cannot be read', error)
  }
  return decodeCheckpoint(bytes, path)
}

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  readonly step: number
  readonly [name: string]: unknown
}

export class RunFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  get last(): string {
    return join(this.path, LAST)
  }

  get best(): string {
    return join(this.path, BEST)
  }

  get metrics(): string {
    return join(this.path, METRICS)
  }

  /**
   * Makes the folder ready for a run that starts anew. What an earlier run left in it is moved to `earlier-1`,
   * `earlier-2`, … inside it; returns where to, or undefined if there was nothing.
   */
  async startAnew(): Promise<string | undefined> {
    const names = await this.#open()
    const left = names.filter((name) => [LAST, BEST, METRICS].includes(name))
    if (left.length === 0) return undefined
    let n = 1
    while (names.includes(`earlier-${n}`)) n++
    const earlier = join(this.path, `earlier-${n}`)
    await mkdir(earlier)
    for (const name of left) await rename(join(this.path, name), join(earlier, name))
    return earlier
  }

  /** Makes the folder ready for a run that goes on after `step`: metrics of later steps, which it will redo, are dropped. */
  async goOnAfter(step: number): Promise<void> {
    const names = await this.#open()
    if (!names.includes(METRICS)) return
    const lines = (await readFile(this.metrics, 'utf8')).split('\n').filter((line) => isUpTo(line, step))
    await writeAtomically(this.metrics, lines.map((line) => `${line}\n`).join(''))
  }

  async saveLast(checkpoint: Checkpoint): Promise<void> {
    await writeAtomically(this.last, encodeCheckpoint(checkpoint))
  }

  async saveBest(checkpoint: Checkpoint): Promise<void> {
    await writeAtomically(this.best, encodeCheckpoint(checkpoint, 'best on test'))
  }

  async appendMetrics(line: MetricsLine): Promise<void> {
    await writeFile(this.metrics, `${JSON.stringify(line)}\n`, { flag: 'a' })
  }

  /** The names in the folder, which is made if need be. */
  async #open(): Promise<string[]> {
    await makeFolder(this.path)
    return readdir(this.path)
  }
}

function isUpTo(line: string, step: number): boolean {
  try {
    return (JSON.parse(line) as MetricsLine).step <= step
  } catch {
    return false // the end of a line that a crash cut short
  }
}

function fileError(path: string, what: string, error: unknown): DataError {
  const { code, message } = error as NodeJS.ErrnoException
  const reasons: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder, a file was expected',
    ENOTDIR: 'a part of the path is no folder',
    EEXIST: 'a file is in the way',
    ENOSPC: 'the disk is full',
  }
  return new DataError(`${path}: ${what}: ${reasons[code ?? ''] ?? message}`)
}
