/** Which pictures a person means: files by name, all pictures of a folder, or what fits a pattern such as cats/*.jpg. */
import { readdir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { DataError } from '../util/errors.js'
import { fileError } from '../util/file-error.js'
import { isPictureName } from './picture-name.js'

/**
 * Files in the order in which they are named; those of a folder (of any depth) and of a pattern sorted by name. `*` and
 * `?` stand for parts of a name, `**` for folders of any depth: for shells that leave patterns alone. Files are not
 * opened, and those that are named need not exist.
 * @throws DataError for a folder without pictures, or a pattern that nothing fits
 */
export async function findPictures(names: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of names) {
    const status = await stat(name).catch(() => undefined)
    if (status?.isDirectory()) {
      const files = await picturesIn(name)
      if (files.length === 0) throw new DataError(`${name}: this folder holds no pictures`)
      for (const path of files) found.push(join(name, path))
    } else if (!status && /[*?]/.test(name)) {
      const files = await fitting(name)
      if (files.length === 0) throw new DataError(`${name}: no picture fits this pattern`)
      for (const path of files) found.push(path)
    } else found.push(name)
  }
  return found
}

/** Paths from the folder on, sorted; hidden ones are left out. */
async function picturesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(folder, 'cannot be read', error)
  })
  return entries.filter((path) => isPictureName(path) && !path.split(sep).some((part) => part.startsWith('.'))).sort()
}

/** Pictures below the folder before the first wildcard whose path from there on fits the rest of the pattern. */
async function fitting(pattern: string): Promise<string[]> {
  const parts = pattern.split(/[/\\]/)
  const first = parts.findIndex((part) => /[*?]/.test(part))
  const rest = parts.slice(first)
  const fits = new RegExp(
    `^${rest.map((part) => (part === '**' ? '(?:[^/]+/)*' : `${asExpression(part)}/`)).join('')}$`,
  )
  const folder = parts.slice(0, first).join('/')
  const files = await picturesIn(first === 0 ? '.' : folder || '/').catch(() => [])
  return files
    .filter((path) => fits.test(`${path.replaceAll(sep, '/')}/`))
    .map((path) => (first === 0 ? path : `${folder}/${path}`))
}

/** A part of a path. */
function asExpression(part: string): string {
  return part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
}
