/** The few operations on files that writing them needs, behind an interface: tests make any of them fail. */
import { constants, fstatSync } from 'node:fs'
import { access, link, lstat, open, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCode } from './error.js'
import { makeFolder } from './folder.node.js'

export interface OpenFile {
  write(bytes: Uint8Array | string): Promise<void>
  /** Flushes it to the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Where a path leads, once links are followed. */
export interface Place {
  readonly path: string
  /** `other`: a device, a pipe, or a file that this process has open already. */
  readonly is: 'nothing' | 'file' | 'other'
  /** Of a file: who may do what with it, and whose it is. */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** The number of a file that this process has open, as of /dev/stdout. */
  readonly descriptor?: number
}

export interface FileSystem {
  /**
   * For writing: `w` from its beginning, `a` at its end, `wx` only where there is no file yet.
   * @param like whose permissions and owner a new file gets, where that is a file
   */
  open(path: string, how: 'w' | 'a' | 'wx', like?: Place): Promise<OpenFile>
  /** Fails where it is a folder, or a file that may not be written. */
  look(path: string): Promise<Place>
  read(path: string): Promise<Uint8Array>
  /** The names in a folder. */
  list(path: string): Promise<string[]>
  /** Makes a folder and those it lies in, where they do not exist; fails with a DataError. */
  makeFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A second name for a file; fails where there is one of this name. */
  link(from: string, to: string): Promise<void>
  /** A file that does not exist is no error. */
  remove(path: string): Promise<void>
  /** Flushes the names in a folder to the disk, so that a rename outlives a power cut. */
  syncFolder(path: string): Promise<void>
}

/** Answers of file systems that cannot flush, FUSE and network drives among them. */
const cannotFlush = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

async function flush(sync: () => Promise<void>): Promise<void> {
  try {
    await sync()
  } catch (error) {
    if (!cannotFlush.includes(errorCode(error) ?? '')) throw error
  }
}

export const disk: FileSystem = {
  async open(path, how, like) {
    const file = await open(path, how)
    try {
      if (like?.mode !== undefined) await file.chmod(like.mode & 0o7777)
      // Only the superuser may give files away; of all others the owner is the same anyway, or the new one.
      if (like?.uid !== undefined && like.gid !== undefined) await file.chown(like.uid, like.gid).catch(() => {})
    } catch (error) {
      await file.close()
      throw error
    }
    return { write: (bytes) => file.writeFile(bytes), sync: () => flush(() => file.sync()), close: () => file.close() }
  },
  look,
  read: (path) => readFile(path),
  list: (path) => readdir(path),
  makeFolder,
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  remove: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    if (process.platform === 'win32') return // folders cannot be opened there
    const folder = await open(path, 'r').catch((error: unknown) => {
      if (errorCode(error) !== 'EACCES') throw error // one may be allowed to write to a folder and not to read it
    })
    try {
      if (folder) await flush(() => folder.sync())
    } finally {
      await folder?.close()
    }
  },
}

/** Links in a row that are followed, as Linux does. */
const MOST_LINKS = 40

async function look(given: string): Promise<Place> {
  let path = resolve(given)
  for (let links = 0; ; links++) {
    const descriptor = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1]
    if (descriptor !== undefined && fstatSync(Number(descriptor)).isFile())
      return { path, is: 'other', descriptor: Number(descriptor) }
    const found = await lstat(path).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error
    })
    if (!found) return { path, is: 'nothing' }
    if (!found.isSymbolicLink() || descriptor !== undefined) break
    if (links === MOST_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
    path = resolve(dirname(path), await readlink(path))
  }
  const { mode, uid, gid } = await stat(path)
  if (isKind(mode, constants.S_IFDIR)) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' })
  await access(path, constants.W_OK)
  return isKind(mode, constants.S_IFREG) ? { path, is: 'file', mode, uid, gid } : { path, is: 'other' }
}

const isKind = (mode: number, kind: number) => (mode & constants.S_IFMT) === kind
