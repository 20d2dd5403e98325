/**
 * One process a folder: a file `run.lock` names the process that trains in it. A lock whose process has ended, killed
 * or with the machine, is taken over.
 */
import { readFileSync, readlinkSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DataError } from '../util/errors.js'
import { errorCode, fileError } from '../util/file-error.js'
import { disk, type FileSystem } from './file-system.node.js'

export const LOCK = 'run.lock'

/** A process, so that another one that has got its number later is told apart. */
export interface Owner {
  readonly pid: number
  readonly host: string
  /** Names one start of the machine; empty where the system does not tell. */
  readonly boot: string
  /** Names the set of process numbers that `pid` belongs to: containers have their own. */
  readonly space: string
  /** When the process began, in the clock ticks of the system since its start, which no clock change moves. */
  readonly started: string
}

/** What a system file says; empty where there is none. */
function told(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

/** Start time and whether it has ended: fields 22 and 3 of /proc/PID/stat, counted after the name in brackets. */
function processFacts(pid: number): { readonly started: string; readonly ended: boolean } {
  const text = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const facts = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { started: facts[19] ?? '', ended: facts[0] === 'Z' || facts[0] === 'X' }
}

export function thisProcess(): Owner {
  return {
    pid: process.pid,
    host: hostname(),
    boot: told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    space: told(() => readlinkSync('/proc/self/ns/pid')),
    started: processFacts(process.pid).started,
  }
}

/** Whether a process certainly runs no more. Those of other machines and containers cannot be seen: they count as running. */
export function hasEnded(owner: Owner, here: Owner = thisProcess()): boolean {
  if (owner.host !== here.host) return false
  if (owner.boot !== here.boot) return true // the machine was started again since
  if (owner.space !== here.space) return false
  try {
    process.kill(owner.pid, 0) // signal 0 only asks
  } catch (error) {
    return errorCode(error) === 'ESRCH'
  }
  const { started, ended } = processFacts(owner.pid)
  return ended || (started !== '' && owner.started !== '' && started !== owner.started)
}

export class RunLock {
  readonly #path: string
  readonly #text: string
  readonly #release = () => this.release()

  private constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
    process.on('exit', this.#release)
  }

  /**
   * @param folder that exists
   * @throws DataError when another process has the lock, or no file can be made.
   */
  static async take(folder: string, files: FileSystem = disk): Promise<RunLock> {
    const path = join(folder, LOCK)
    const text = `${JSON.stringify(thisProcess())}\n`
    for (let tries = 0; ; tries++) {
      if (await create(path, text, files)) return new RunLock(path, text)
      const found = await readOwner(path, files)
      if (!found) continue
      if (found.owner && (tries > 2 || !hasEnded(found.owner))) throw taken(folder, path, found.owner)
      await setAside(path, found.text, files)
    }
  }

  /** Lets others in. Without waiting, so that it can be done while the process exits. */
  release(): void {
    process.off('exit', this.#release)
    if (told(() => readFileSync(this.#path, 'utf8')) === this.#text.trim()) rmSync(this.#path, { force: true })
  }
}

function taken(folder: string, path: string, { pid, host }: Owner): DataError {
  return new DataError(
    `${folder}: process ${pid} on ${host} trains in this folder; wait for it, stop it, or use another folder ` +
      `(if there is no such process any more, delete ${path})`,
  )
}

/** False where there is a lock already. */
async function create(path: string, text: string, files: FileSystem): Promise<boolean> {
  try {
    const file = await files.open(path, 'wx')
    try {
      await file.write(text)
    } catch (error) {
      await files.remove(path).catch(() => {}) // the first error says more
      throw error
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw fileError(path, 'cannot be written', error)
  }
}

/** Milliseconds in which a lock that was just made gets its text. */
const PATIENCE = 500

/** What the lock says; undefined where it is gone. One that names nobody was left by a process killed while making it. */
async function readOwner(
  path: string,
  files: FileSystem,
): Promise<{ readonly text: string; readonly owner?: Owner } | undefined> {
  let text = ''
  for (const last of [false, true]) {
    try {
      text = new TextDecoder().decode(await files.read(path))
      const owner = JSON.parse(text) as Owner | null
      if (owner && Number.isSafeInteger(owner.pid)) return { text, owner }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      if (!(error instanceof SyntaxError)) throw fileError(path, 'cannot be read', error)
    }
    if (!last) await new Promise((resolve) => setTimeout(resolve, PATIENCE))
  }
  return { text }
}

/**
 * Removes the lock of a process that has ended. It is first moved to a name of our own: had another process been
 * quicker and locked anew in between, that lock is put back.
 */
async function setAside(path: string, text: string, files: FileSystem): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`
  try {
    await files.rename(path, aside)
    if (new TextDecoder().decode(await files.read(aside)) === text) await files.remove(aside)
    else await files.rename(aside, path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw fileError(path, 'cannot be removed', error)
  }
}
