/** A view of a folder on disk, for the rules of layouts. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { fileError } from '../../util/files/error.js'
import { isLitter, PassedOver } from './litter.js'
import { below, type Entries, type FolderView } from './walk.js'

/** The most bytes of a list of labels, some millions of lines. */
const MOST_LIST = 1 << 27

/** @param remedy remedy if a folder cannot be read */
export function folderView(
  root: string,
  remedy?: string,
): FolderView & { /** Sentences about the files skipped so far. */ readonly notes: readonly string[] } {
  const passed = new PassedOver()
  const seen = new Map<string, Promise<Entries>>()
  const read = async (path: string, links: boolean): Promise<Entries> => {
    const folder = join(root, path)
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      throw fileError(folder, 'cannot be read', error, remedy)
    })
    const [folders, files]: [string[], string[]] = [[], []]
    for (const entry of entries) {
      const { name } = entry
      const leadsToFolder = entry.isSymbolicLink() && (await isFolder(join(root, below(path, name))))
      const isLeft = entry.isDirectory() || (links && leadsToFolder)
      if (isLitter(name)) passed.add(name, isLeft)
      else if (isLeft) folders.push(name)
      else if (entry.isFile() || (entry.isSymbolicLink() && !leadsToFolder)) files.push(name)
    }
    return { folders: folders.sort(), files: files.sort() }
  }
  return {
    name: (path) => join(root, path),
    list: (path, links) => {
      const found = seen.get(path) ?? read(path, links)
      seen.set(path, found)
      return found
    },
    read: async (path) => {
      const file = join(root, path)
      const { size } = await stat(file).catch((error: unknown) => {
        throw fileError(file, 'cannot be read', error)
      })
      if (size > MOST_LIST)
        throw new DataError(`${file}: has ${size} bytes, more than the ${MOST_LIST} that a list of labels may have`)
      return readFile(file).catch((error: unknown) => {
        throw fileError(file, 'cannot be read', error)
      })
    },
    get notes() {
      return passed.notes
    },
  }
}

/** Whether a path is a folder. A broken link is not. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  )
}
