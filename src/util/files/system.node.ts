/** The few file operations that writing needs, behind an interface, so that tests can make any of them fail. */
import { constants, fstatSync } from 'node:fs'
import { access, link, lstat, open, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCode } from './error.js'
import { makeFolder } from './folder.node.js'

export interface OpenFile {
  write(bytes: Uint8Array | string): Promise<void>
  /** Flushes the file to disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** The target of a path, after following links. */
export interface Place {
  readonly path: string
  /** `other` is a device, a pipe, or a file that this process already has open. */
  readonly is: 'nothing' | 'file' | 'other'
  /** Permissions and owner of a file. */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** The descriptor of an open file, such as /dev/stdout. */
  readonly descriptor?: number
}

export interface FileSystem {
  /**
   * Opens for writing: `w` from the beginning, `a` at the end, `wx` only if there is no file yet.
   * @param like the file whose permissions and owner a new file gets
   */
  open(path: string, how: 'w' | 'a' | 'wx', like?: Place): Promise<OpenFile>
  /** Fails for a folder, or a file that may not be written. */
  look(path: string): Promise<Place>
  read(path: string): Promise<Uint8Array>
  /** The names in a folder. */
  list(path: string): Promise<string[]>
  /** Makes a folder and its missing parents; fails with a DataError. */
  makeFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Gives a file a second name; fails if the name exists. */
  link(from: string, to: string): Promise<void>
  /** Removing a missing file is not an error. */
  remove(path: string): Promise<void>
  /** Flushes the names in a folder to disk, so that a rename survives a power cut. */
  syncFolder(path: string): Promise<void>
}

/** Error codes of file systems that cannot flush, such as FUSE and network drives. */
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
      // Only the superuser may give files away. For others the owner is the same anyway, or stays the new one.
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
    if (process.platform === 'win32') return // Windows cannot open folders
    const folder = await open(path, 'r').catch((error: unknown) => {
      if (errorCode(error) !== 'EACCES') throw error // a folder may allow writing but not reading
    })
    try {
      if (folder) await flush(() => folder.sync())
    } finally {
      await folder?.close()
    }
  },
}

/** The most links in a row that are followed, as in Linux. */
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
