/** Reads the sources of the repository for the tests of its own rules. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Source files by path from the root, with forward slashes. */
export type Tree = ReadonlyMap<string, string>

/** Reads all files of code below some folders of the repository. Missing folders are left out. */
export function readTree(...folders: string[]): Tree {
  const tree = new Map<string, string>()
  for (const folder of folders)
    for (const file of list(join(root, folder)))
      tree.set(relative(root, file).replaceAll('\\', '/'), readFileSync(file, 'utf8'))
  return tree
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|js|mjs|svelte|cc|h)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !/[\\/](node_modules|dist|build)[\\/]/.test(file))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
