/** Which pictures a person means: files by name, all pictures of a folder, or what fits a pattern such as cats/*.jpg. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { callback, expectKind, expectOptions, listOf, name as nameKind } from '../../util/expect.js'
import { isPictureName } from '../picture/name.js'
import { below } from './layout.js'
import { folderView } from './view.node.js'

/** Who hears of what was passed over. */
export interface FindPicturesOptions {
  /** A sentence for each folder in which something was passed over: hidden files, thumbnails, bins of other programs. */
  readonly onNote?: ((note: string) => void) | undefined
}

/**
 * Files in the order in which they are named; those of a folder (of any depth) and of a pattern sorted by name. `*` and
 * `?` stand for parts of a name, `**` for folders of any depth: for shells that leave patterns alone. Files are not
 * opened, and those that are named need not exist. Hidden files and what other programs leave in folders are passed over,
 * and a folder whose name ends as that of a picture is none.
 * @throws DataError for a folder without pictures, or a pattern that nothing fits
 */
export async function findPictures(names: readonly string[], options: FindPicturesOptions = {}): Promise<string[]> {
  expectKind(names, 'findPictures: names', listOf(nameKind, 'a list of paths'))
  expectOptions(options, 'findPictures: options', { onNote: callback })
  const found: string[] = []
  for (const name of names) {
    const status = await stat(name).catch(() => undefined)
    if (status?.isDirectory()) {
      const files = await picturesIn(name, options)
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

/** Paths from the folder on, sorted. */
async function picturesIn(folder: string, { onNote }: FindPicturesOptions = {}): Promise<string[]> {
  const view = folderView(folder)
  const found: string[] = []
  const look = async (path: string): Promise<void> => {
    const { folders, files } = await view.list(path, false)
    for (const name of files) if (isPictureName(name)) found.push(below(path, name))
    for (const name of folders) await look(below(path, name))
  }
  await look('')
  for (const note of view.notes) onNote?.(`${folder}: ${note}`)
  return found.sort()
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
  return files.filter((path) => fits.test(`${path}/`)).map((path) => (first === 0 ? path : `${folder}/${path}`))
}

/** A part of a path. */
function asExpression(part: string): string {
  return part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
}
