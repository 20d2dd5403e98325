/**
 * A lock allows one process per folder: the file `run.lock` names the process that trains in it. If that process has
 * ended, killed or with the machine, another may take its lock over. However many try, one succeeds.
 *
 * A lock appears at once with its whole text, because it is made as a second name of a complete file. Making an
 * existing name fails. To take over a dead lock a process must first hold the right to it: a lock of its own, whose
 * name is a hash of the dead lock's text. So each dead lock has one right. Its holder checks that the dead lock is
 * still there, then moves its own lock over it. A process killed just then leaves a dead right, which is taken over in
 * the same way.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { errorCode, fileError } from '../../util/files/error.js'
import { disk, type FileSystem } from '../../util/files/system.node.js'
import { machineName } from '../../util/machine/facts.node.js'

export const LOCK = 'run.lock'

/** Identifies a process, even if another gets its number later. */
export interface Owner {
  readonly pid: number
  readonly host: string
  /** Names the machine; empty if the system does not tell, left out in locks of older versions. */
  readonly machine?: string
  /** Names one start of the machine; empty if the system does not tell. */
  readonly boot: string
  /** Names the set of process numbers that `pid` belongs to. Each container has its own. */
  readonly space: string
  /** Start of the process, in clock ticks since the system started. No clock change moves it. */
  readonly started: string
}

/** The text of a system file; empty if there is none. */
function told(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

/**
 * Start time of a process and whether it has ended: fields 22 and 3 of /proc/PID/stat, counted after the name in
 * brackets.
 */
function processFacts(pid: number): { readonly started: string; readonly ended: boolean } {
  const text = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const facts = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { started: facts[19] ?? '', ended: facts[0] === 'Z' || facts[0] === 'X' }
}

export function thisProcess(): Owner {
  return {
    pid: process.pid,
    host: hostname(),
    machine: machineName(),
    boot: told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    space: told(() => readlinkSync('/proc/self/ns/pid')),
    started: processFacts(process.pid).started,
  }
}

/**
 * Whether a process has certainly ended. Processes of other machines and containers cannot be seen, so they count as
 * running. So do those of a machine that has this one's host name but may be another.
 */
export function hasEnded(owner: Owner, here: Owner = thisProcess()): boolean {
  if (owner.host !== here.host) return false
  if (owner.boot !== here.boot || here.boot === '') {
    if ((owner.machine ?? '') !== here.machine) return false
    if (owner.boot !== here.boot) return here.machine !== '' // this machine has restarted since
  }
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
   * @param folder an existing folder
   * @throws DataError if another process has the lock, or no file can be made
   */
  static async take(folder: string, files: FileSystem = disk): Promise<RunLock> {
    const path = join(folder, LOCK)
    // Each lock's text is unique, even within one process.
    const text = `${JSON.stringify({ ...thisProcess(), token: randomBytes(8).toString('hex') })}\n`
    const other = await obtain(path, text, path, files)
    if (other) throw taken(folder, path, other)
    return new RunLock(path, text)
  }

  /** Lets others in. It does not wait, so a process can call it while it exits. */
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

/** Milliseconds in which a new lock gets its text, on file systems that allow one name per file. */
const PATIENCE = 500
/** Milliseconds between checks whether another process has taken over a dead lock, and the number of checks. */
const [PAUSE, TRIES] = [20, 250]

/**
 * Writes our text to a lock file if there is none, or if the process that it names has ended.
 * @param base prefix of the names of rights
 * @returns undefined on success, else the process that has it
 */
async function obtain(path: string, text: string, base: string, files: FileSystem): Promise<Owner | undefined> {
  for (let tries = 0; ; tries++) {
    if (await create(path, text, base, files)) return undefined
    const found = await readOwner(path, files)
    if (!found) continue // just released
    if (found.owner && !hasEnded(found.owner)) return found.owner
    const right = `${base}.${createHash('sha256').update(found.text).digest('hex').slice(0, 16)}.tmp`
    const other = await obtain(right, text, base, files)
    if (other && tries >= TRIES) return other // it has the right but does not use it: it may be stopped
    if (other) await sleep(PAUSE)
    else if (await replace(path, found.text, text, { right, own: temporary(base) }, files)) return undefined
  }
}

/** Moves our lock over the dead one if that is still there. The caller must hold the right to it, which is given up. */
async function replace(
  path: string,
  dead: string,
  text: string,
  { right, own }: { readonly right: string; readonly own: string },
  files: FileSystem,
): Promise<boolean> {
  try {
    if ((await readText(path, files)) !== dead) return false
    await write(own, text, files)
    try {
      await files.rename(own, path)
    } catch (error) {
      await files.remove(own).catch(() => {})
      throw error
    }
    return (await readText(path, files)) === text
  } catch (error) {
    throw error instanceof DataError ? error : fileError(path, 'cannot be taken over', error)
  } finally {
    await files.remove(right).catch(() => {}) // useless once the dead lock is gone
  }
}

/** Makes a lock with our text; returns false if there already is one. */
async function create(path: string, text: string, base: string, files: FileSystem): Promise<boolean> {
  const own = temporary(base)
  try {
    await write(own, text, files)
  } catch (error) {
    throw fileError(path, 'cannot be written', error)
  }
  try {
    await files.link(own, path)
    return true
  } catch (error) {
    const code = errorCode(error) ?? ''
    // On a network drive the name may have been made although the answer was lost and the second try failed.
    if (code === 'EEXIST') return (await readText(path, files)) === text
    if (code === 'ENOENT') return false // the lock's new owner has tidied the folder
    if (noSecondNames.includes(code)) return createAlone(path, text, files)
    throw fileError(path, 'cannot be written', error)
  } finally {
    await files.remove(own).catch(() => {})
  }
}

/** Error codes of file systems that allow one name per file: FAT and some network drives. */
const noSecondNames = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'UNKNOWN']

/** The same if a file can have only one name. The lock is empty for a moment, so this waits and checks again. */
async function createAlone(path: string, text: string, files: FileSystem): Promise<boolean> {
  try {
    await write(path, text, files)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw fileError(path, 'cannot be written', error)
  }
  await sleep(2 * PATIENCE)
  return (await readText(path, files)) === text
}

const temporary = (base: string) => `${base}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Makes a new file. */
async function write(path: string, text: string, files: FileSystem): Promise<void> {
  const file = await files.open(path, 'wx')
  try {
    await file.write(text)
  } catch (error) {
    await files.remove(path).catch(() => {}) // the first error says more
    throw error
  } finally {
    await file.close()
  }
}

/** Returns undefined if there is no such file. */
async function readText(path: string, files: FileSystem): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await files.read(path))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw fileError(path, 'cannot be read', error)
  }
}

/**
 * The text of the lock; undefined if it is gone. A lock without an owner comes from a process killed while making it.
 */
async function readOwner(
  path: string,
  files: FileSystem,
): Promise<{ readonly text: string; readonly owner?: Owner } | undefined> {
  for (const last of [false, true]) {
    const text = await readText(path, files)
    if (text === undefined) return undefined
    const owner = ownerOf(text)
    if (owner || last) return { text, ...(owner ? { owner } : {}) }
    await sleep(PATIENCE)
  }
}

function ownerOf(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner | null
    return owner && Number.isSafeInteger(owner.pid) ? owner : undefined
  } catch {
    return undefined
  }
}
