/**
 * Finds files that are the same picture, byte by byte. A test on copies of training pictures says nothing. Candidates
 * have equal sizes and equal check sums of their decoded pixels, so no other file is read again.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A file that was decoded. */
export interface DecodedFile {
  /** Its path in the folder of the set. */
  readonly path: string
  /** Size in bytes. */
  readonly size: number
  /** Check sum of its pixels. */
  readonly sum: number
}

/** Groups of two or more paths of files with the same content, in the order of the list. */
export async function copiesAmong(
  root: string,
  files: readonly DecodedFile[],
  signal?: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  const alike = grouped(files, ({ size, sum }) => `${size} ${sum}`).filter(({ length }) => length > 1)
  const found: (readonly string[])[] = []
  for (const group of alike) {
    const hashed: { readonly path: string; readonly hash: string }[] = []
    for (const { path } of group) {
      signal?.throwIfAborted()
      const hash = await hashOf(join(root, path)).catch(() => undefined) // deleted since it was decoded: not a copy
      if (hash !== undefined) hashed.push({ path, hash })
    }
    for (const same of grouped(hashed, ({ hash }) => hash))
      if (same.length > 1) found.push(same.map(({ path }) => path))
  }
  return found
}

function grouped<T>(list: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return [...groups.values()]
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
