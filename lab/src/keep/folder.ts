/**
 * A folder of whole files in the browser's origin private file system. A file replaces its old version only when all of
 * it was written, so that the old one survives any interruption. If there are too many files, the oldest are removed.
 */

/** Limits of a folder's content. */
export interface Bounds {
  readonly files: number
  readonly bytes: number
}

/** Asked before a file is removed to make room. */
export type MayGo = (name: string) => Promise<boolean>

export class KeptFolder {
  readonly #directory: FileSystemDirectoryHandle
  readonly #bounds: Bounds

  private constructor(directory: FileSystemDirectoryHandle, bounds: Bounds) {
    this.#directory = directory
    this.#bounds = bounds
  }

  /** undefined if the browser has no such file system, or grants none to this page. */
  static async open(name: string, bounds: Bounds): Promise<KeptFolder | undefined> {
    try {
      // Safari up to version 18 has it, but cannot write whole files.
      if (!('createWritable' in FileSystemFileHandle.prototype)) return undefined
      const root = await navigator.storage.getDirectory()
      return new KeptFolder(await root.getDirectoryHandle(name, { create: true }), bounds)
    } catch {
      return undefined
    }
  }

  async read(name: string): Promise<File | undefined> {
    try {
      const file = await (await this.#directory.getFileHandle(name)).getFile()
      return file.size > 0 ? file : undefined // a new file is empty until it is complete
    } catch {
      return undefined
    }
  }

  /** @throws Error with an explanation if there is no room for the file */
  async write(name: string, content: Blob, mayGo: MayGo = async () => true): Promise<void> {
    const { bytes } = this.#bounds
    if (content.size > bytes)
      throw new Error(`${megabytes(content.size)} are more than the ${megabytes(bytes)} that the lab keeps`)
    await this.#makeRoom(name, content.size, mayGo)
    const handle = await this.#directory.getFileHandle(name, { create: true })
    const stream = await handle.createWritable()
    try {
      await stream.write(content)
      await stream.close()
    } catch (error) {
      await stream.abort().catch(() => {})
      throw error instanceof DOMException && error.name === 'QuotaExceededError'
        ? new Error('this browser grants the lab no more room')
        : error
    }
  }

  async remove(name: string): Promise<void> {
    await this.#directory.removeEntry(name).catch(() => {})
  }

  async #makeRoom(name: string, size: number, mayGo: MayGo): Promise<void> {
    const others: File[] = []
    for await (const entry of this.#directory.values())
      if (entry.kind === 'file' && entry.name !== name) others.push(await (entry as FileSystemFileHandle).getFile())
    others.sort((a, b) => b.lastModified - a.lastModified)
    let [files, bytes] = [1, size]
    for (const other of others) {
      files++
      bytes += other.size
      if ((files > this.#bounds.files || bytes > this.#bounds.bytes) && (await mayGo(other.name)))
        await this.remove(other.name)
    }
  }
}

export const megabytes = (bytes: number) => `${Math.max(1, Math.round(bytes / 1e6))} MB`
