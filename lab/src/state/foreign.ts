/**
 * Files of one's own that a page shows. The address names them by hash; the browser keeps a copy where it can, and where
 * there is none they are asked for again.
 */
import { KeptFolder } from '../keep/folder.js'
import { computing } from './computing.svelte.js'
import type { FileName } from './fields.js'

/** Nets take up to 100 MB each. */
const bounds = { files: 32, bytes: 500e6 }

/** Bytes with the name that addresses have for them. */
export interface Foreign extends FileName {
  readonly bytes: Uint8Array
}

/** Names a file by its hash, and keeps a copy. */
export async function takeIn(name: string, bytes: Uint8Array): Promise<Foreign> {
  const hash = await hashOf(bytes)
  const folder = await KeptFolder.open('files', bounds)
  // Where there is no room it will be asked for again: nothing else depends on the copy.
  if (folder && !(await folder.read(hash)))
    await folder.write(hash, new Blob([bytes as Uint8Array<ArrayBuffer>])).catch(() => {})
  return { name, hash, bytes }
}

/** The copy that this browser keeps of a file. */
export async function keptCopy({ name, hash }: FileName): Promise<Foreign | undefined> {
  const kept = await (await KeptFolder.open('files', bounds))?.read(hash)
  if (!kept) return undefined
  const bytes = new Uint8Array(await kept.arrayBuffer())
  return (await hashOf(bytes)) === hash ? { name, hash, bytes } : undefined
}

export const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer())

/** Why a file is not the one that an address names; nothing when it is. */
export async function mismatch(file: File, wanted: FileName): Promise<string | undefined> {
  const hash = await hashOf(await bytesOf(file))
  return hash === wanted.hash
    ? undefined
    : `${file.name} is another file: its sha256 begins with ${hash.slice(0, 12)}, that of ${wanted.name} with ${wanted.hash.slice(0, 12)}.`
}

const hashOf = (bytes: Uint8Array) => computing.client.call('file.hash', { bytes })
