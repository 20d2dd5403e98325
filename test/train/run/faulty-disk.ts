/** A file system that keeps files in memory and fails as a disk does, at an operation that a test chooses. */
import { dirname } from 'node:path'
import { fileError } from '../../../src/util/files/error.js'
import type { FileSystem, Place } from '../../../src/util/files/system.node.js'

export type Operation =
  | 'look'
  | 'link'
  | 'open'
  | 'write'
  | 'sync'
  | 'rename'
  | 'remove'
  | 'list'
  | 'read'
  | 'makeFolder'
  | 'syncFolder'

export class FaultyDisk implements FileSystem {
  readonly files = new Map<string, Uint8Array>()
  readonly folders = new Set<string>()
  /** Operations so far. */
  readonly log: Operation[] = []
  #fault: ((operation: Operation, index: number) => string | undefined) | undefined

  /** From now on; an error code makes the operation fail. */
  failWhere(fault: ((operation: Operation, index: number) => string | undefined) | undefined): void {
    this.#fault = fault
    this.log.length = 0
  }

  #do(operation: Operation): void {
    const code = this.#fault?.(operation, this.log.push(operation) - 1)
    if (code) throw Object.assign(new Error(`${code}: as asked for`), { code })
  }

  #missing(path: string): Error {
    return Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
  }

  async open(path: string, how: 'w' | 'a' | 'wx') {
    this.#do('open')
    if (!this.folders.has(dirname(path))) throw this.#missing(path)
    if (how === 'wx' && this.files.has(path)) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
    let at = how === 'a' ? (this.files.get(path) ?? new Uint8Array(0)) : new Uint8Array(0)
    this.files.set(path, at)
    const append = (bytes: Uint8Array) => {
      const longer = new Uint8Array(at.length + bytes.length)
      longer.set(at)
      longer.set(bytes, at.length)
      at = longer
      this.files.set(path, at)
    }
    return {
      write: async (content: Uint8Array | string) => {
        const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
        try {
          this.#do('write')
        } catch (error) {
          append(bytes.subarray(0, bytes.length / 2)) // what fitted
          throw error
        }
        append(bytes)
      },
      sync: async () => this.#do('sync'),
      close: async () => {},
    }
  }

  async look(path: string): Promise<Place> {
    this.#do('look')
    return { path, is: this.files.has(path) ? 'file' : 'nothing' }
  }

  async link(from: string, to: string) {
    this.#do('link')
    const bytes = this.files.get(from)
    if (!bytes) throw this.#missing(from)
    if (this.files.has(to)) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
    this.files.set(to, bytes)
  }

  async read(path: string) {
    this.#do('read')
    const bytes = this.files.get(path)
    if (!bytes) throw this.#missing(path)
    return bytes
  }

  async list(path: string) {
    this.#do('list')
    if (!this.folders.has(path)) throw this.#missing(path)
    return [...this.files.keys()].filter((file) => dirname(file) === path).map((file) => file.slice(path.length + 1))
  }

  async makeFolder(path: string) {
    try {
      this.#do('makeFolder')
    } catch (error) {
      throw fileError(path, 'cannot be made a folder', error)
    }
    this.folders.add(path)
  }

  async rename(from: string, to: string) {
    this.#do('rename')
    const bytes = this.files.get(from)
    if (!bytes) throw this.#missing(from)
    this.files.set(to, bytes)
    this.files.delete(from)
  }

  async remove(path: string) {
    this.#do('remove')
    this.files.delete(path)
  }

  async syncFolder() {
    this.#do('syncFolder')
  }
}
