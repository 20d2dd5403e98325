/** The few operations on files that the folder of a run needs, behind an interface: tests make any of them fail. */
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { makeFolder } from '../util/folder.node.js'

export interface OpenFile {
  write(bytes: Uint8Array | string): Promise<void>
  /** Flushes it to the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileSystem {
  /** For writing: `w` from its beginning, `a` at its end, `wx` only where there is no file yet. */
  open(path: string, how: 'w' | 'a' | 'wx'): Promise<OpenFile>
  read(path: string): Promise<Uint8Array>
  /** The names in a folder. */
  list(path: string): Promise<string[]>
  /** Makes a folder and those it lies in, where they do not exist; fails with a DataError. */
  makeFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A file that does not exist is no error. */
  remove(path: string): Promise<void>
  /** Flushes the names in a folder to the disk, so that a rename outlives a power cut. */
  syncFolder(path: string): Promise<void>
}

export const disk: FileSystem = {
  async open(path, how) {
    const file = await open(path, how)
    return { write: (bytes) => file.writeFile(bytes), sync: () => file.sync(), close: () => file.close() }
  },
  read: (path) => readFile(path),
  list: (path) => readdir(path),
  makeFolder,
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    if (process.platform === 'win32') return // folders cannot be opened there
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
}
