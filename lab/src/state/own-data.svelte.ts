/** The user's own pictures for a race: opened from files, kept by the browser, found again by their hash. */

import type { DataFacts, DataName, PictureSet } from '../compute/own-data.js'
import { decode, encode } from '../compute/wire-format.js'
import { KeptFolder } from '../keep/folder.js'
import { computing } from './computing.svelte.js'

/** 20,000 pictures of 32 pixels take 60 MB. */
const bounds = { files: 8, bytes: 500e6 }
/** Far more than all of CIFAR: larger files were opened by mistake. */
const MOST_BYTES = 1e9

export class OwnData {
  /** Facts about the open data. */
  facts = $state.raw<DataFacts>()
  /** The task in progress; empty if there is none. */
  working = $state('')
  problem = $state('')
  #files: readonly File[] = []
  /** The computing end that holds the pictures. */
  #turn = -1

  /** Opens the pictures of an address, from this page or this browser. @returns whether they were found */
  async find(name: DataName): Promise<boolean> {
    if (this.facts?.hash === name.hash && this.facts.size === name.size && this.#turn === computing.turn) return true
    const kept = await (await KeptFolder.open('data', bounds))?.read(keyOf(name))
    if (kept)
      try {
        const set = decode(new Uint8Array(await kept.arrayBuffer())) as PictureSet
        this.#opened(await computing.client.call('data.put', { name, set }))
        return true
      } catch {
        // Damaged copies count as missing.
      }
    return this.#files.length > 0 && (await this.read(this.#files, name.size, name.hash)) !== undefined
  }

  /**
   * Reads files. @param wanted the hash that they must have @returns undefined if they cannot be used: `problem` says
   * why
   */
  async read(files: readonly File[], size: number, wanted?: string): Promise<DataFacts | undefined> {
    this.problem = ''
    try {
      const bytes = files.reduce((sum, file) => sum + file.size, 0)
      if (bytes > MOST_BYTES) throw new Error(`These files have ${Math.round(bytes / 1e6)} MB; open at most 1000.`)
      for (const [i, file] of files.entries()) {
        this.working = `Reading file ${i + 1} of ${files.length} …`
        const opened = { path: file.webkitRelativePath || file.name, bytes: new Uint8Array(await file.arrayBuffer()) }
        await computing.client.call('data.file', { file: opened, first: i === 0 })
      }
      this.working = 'Making them pictures …'
      const facts = await computing.client.call(
        'data.read',
        { size, ...(wanted === undefined ? {} : { wanted }) },
        { onEvent: ({ done, total }) => (this.working = `Decoding picture ${done} of ${total} …`) },
      )
      this.#files = files
      this.#opened(facts)
      await this.#keep(facts)
      return facts
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
      return undefined
    } finally {
      this.working = ''
    }
  }

  #opened(facts: DataFacts): void {
    this.facts = facts
    this.#turn = computing.turn
  }

  /** Without room the files will be asked for again. */
  async #keep({ hash, size }: DataFacts): Promise<void> {
    const folder = await KeptFolder.open('data', bounds)
    if (!folder || (await folder.read(keyOf({ hash, size })))) return
    const set = await computing.client.call('data.get', { hash, size })
    await folder.write(keyOf({ hash, size }), new Blob([encode(set) as Uint8Array<ArrayBuffer>])).catch(() => {})
  }
}

const keyOf = ({ hash, size }: DataName) => `${hash}-${size}`
