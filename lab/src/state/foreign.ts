/**
 * The user's own files on a page. The address names them by hash. The browser keeps a copy if it can; else the page
 * asks for them again.
 */
import { KeptFolder } from '../keep/folder.js'
import { computing } from './computing.svelte.js'
import type { FileName } from './fields.js'

/** Nets take up to 100 MB each. */
const bounds = { files: 32, bytes: 500e6 }

/** Bytes of a file, with its name in addresses. */
export interface Foreign extends FileName {
  readonly bytes: Uint8Array
}

/** Names a file by its hash and keeps a copy. */
export async function takeIn(name: string, bytes: Uint8Array): Promise<Foreign> {
  const hash = await hashOf(bytes)
  const folder = await KeptFolder.open('files', bounds)
  // Without room the file will be asked for again. Nothing else depends on the copy.
  if (folder && !(await folder.read(hash)))
    await folder.write(hash, new Blob([bytes as Uint8Array<ArrayBuffer>])).catch(() => {})
  return { name, hash, bytes }
}

/** The copy of a file that this browser keeps. */
export async function keptCopy({ name, hash }: FileName): Promise<Foreign | undefined> {
  const kept = await (await KeptFolder.open('files', bounds))?.read(hash)
  if (!kept) return undefined
  const bytes = new Uint8Array(await kept.arrayBuffer())
  return (await hashOf(bytes)) === hash ? { name, hash, bytes } : undefined
}

export const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer())

/** Why a file is not the one that an address names; undefined if it is. */
export async function mismatch(file: File, wanted: FileName): Promise<string | undefined> {
  const hash = await hashOf(await bytesOf(file))
  return hash === wanted.hash
    ? undefined
    : `${file.name} is another file: its sha256 begins with ${hash.slice(0, 12)}, that of ${wanted.name} with ${wanted.hash.slice(0, 12)}.`
}

const hashOf = (bytes: Uint8Array) => computing.client.call('file.hash', { bytes })
