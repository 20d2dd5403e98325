/**
 * Finds the pictures that arguments name: files, all pictures of a folder, or the matches of a pattern such as
 * cats/*.jpg.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { callback, expectKind, expectOptions, listOf, name as nameKind } from '../../util/expect.js'
import { isPictureName } from '../picture/name.js'

import { folderView } from './view.node.js'
import { below } from './walk.js'

/** Options of the search. */
export interface FindPicturesOptions {
  /**
   * Called with a sentence for each folder in which files were skipped: hidden files, thumbnails, bins of other
   * programs.
   */
  readonly onNote?: ((note: string) => void) | undefined
}

/**
 * Lists files in the order of their names. The files of a folder (of any depth) or of a pattern are sorted by name. `*`
 * and `?` match parts of a name, `**` matches folders of any depth, for shells that do not expand patterns. Files are
 * not opened, and a named file need not exist. It skips hidden files and files that other programs leave in folders. A
 * folder whose name ends like a picture's is not a picture.
 * @throws DataError for a folder without pictures, or a pattern without matches
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

/** Paths within the folder, sorted. */
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

/** Pictures below the folder before the first wildcard whose further path matches the rest of the pattern. */
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

/** Converts a part of a path to a regular expression. */
function asExpression(part: string): string {
  return part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
}
