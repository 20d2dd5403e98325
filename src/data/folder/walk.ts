/** The walk through a folder of pictures, on a disk or opened in a page: a view of it, and the pictures below a path. */
import { isPictureName } from '../picture/name.js'

/** A view of a folder. Paths are relative to it, with forward slashes; its own path is empty. */
export interface FolderView {
  /** The name of a path in errors. */
  name(path: string): string
  /**
   * The content of a folder without litter: names, sorted by character code.
   * @param links whether a link to a folder counts as a folder
   */
  list(path: string, links: boolean): Promise<Entries>
  /** The bytes of a small file, such as a list of labels. @throws DataError if it cannot be read or is too large */
  read(path: string): Promise<Uint8Array>
  /** The remedy if no classes are found. */
  readonly remedy?: string
}

export interface Entries {
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

/** The classes of one part, or of a whole folder, as they were found. */
export interface Classes {
  readonly top: string
  /** All folders, with or without pictures. */
  readonly folders: readonly string[]
  readonly empty: readonly string[]
  /** Number of pictures beside the folders. */
  readonly loose: number
  /** Paths by the composed name of the class. */
  readonly pictures: ReadonlyMap<string, readonly string[]>
  readonly notes: readonly string[]
  /** Whether the classes come from a list of labels, and not from folders. */
  readonly isListed?: boolean
}

/** Lists pictures of any depth, and whether a training was saved among them. */
export async function picturesIn(
  view: FolderView,
  path: string,
  links = true,
): Promise<{ readonly paths: readonly string[]; readonly isRun: boolean }> {
  const { folders, files } = await view.list(path, links)
  const paths = files.filter(isPictureName).map((name) => below(path, name))
  let isRun = files.includes('metrics.jsonl') || files.includes('last.safetensors')
  for (const folder of folders) {
    const inside = await picturesIn(view, below(path, folder), false)
    for (const found of inside.paths) paths.push(found)
    isRun ||= inside.isRun
  }
  return { paths, isRun }
}

/** Sorts by character code of composed names, so that every machine numbers pictures alike. */
export function sortedByName(paths: readonly string[]): string[] {
  return paths
    .map((path) => ({ path, key: path.normalize('NFC') }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ path }) => path)
}

/** The path of an entry in a folder. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

export const slashed = (name: string) => `${name}/`

const NAMED = 3

/** Lists some names, and the number of the others. */
export function listed(names: readonly string[]): string {
  return `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`
}

/** A number with its word: `1 picture`, `3 pictures`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
