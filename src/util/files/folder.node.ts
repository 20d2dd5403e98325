/** Making folders. */

import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expectKind, name } from '../expect.js'
import { errorCode, fileError } from './error.js'

/**
 * Makes a folder and its missing parents. (Node's own `recursive` never returns in places such as /proc, where making
 * something in an existing folder fails as if the folder did not exist.)
 * @throws DataError if something else is in the way or permission is missing
 */
export async function makeFolder(path: string): Promise<void> {
  expectKind(path, 'makeFolder: path', name)
  try {
    await make(path)
  } catch (error) {
    throw fileError(path, 'cannot be made a folder', error)
  }
}

async function make(path: string): Promise<void> {
  if (await isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path && !(await exists(parent))) await make(parent)
  try {
    await mkdir(path)
  } catch (error) {
    // Another process may have made it in the meantime.
    if (errorCode(error) !== 'EEXIST' || !(await isFolder(path))) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
