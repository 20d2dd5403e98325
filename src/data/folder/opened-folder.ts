/**
 * The layout of a folder that was opened in a page, from the paths of its files: `<class>/*`, or `train/<class>/*`,
 * with or without `test/` or `val/` of the same kind. The rules are those of layout.ts.
 */
import { DataError } from '../../util/errors.js'
import { isPictureName } from '../picture/name.js'
import { findParts, partsInOrder, readLayout } from './layout.js'
import { isLitter, PassedOver } from './litter.js'
import type { PartName } from './parts.js'
import { below, type Entries, type FolderView } from './walk.js'

/** A picture of a class, by its index in the list of files. */
export interface OpenedPicture {
  readonly file: number
  readonly label: number
}

export interface OpenedFolder {
  /** Names of the classes, sorted. */
  readonly classes: readonly string[]
  readonly train: readonly OpenedPicture[]
  /** Present if there is a test part. */
  readonly test?: readonly OpenedPicture[]
  /** Sentences about skipped files. */
  readonly notes: readonly string[]
}

/** Labels are bytes. */
const MOST_CLASSES = 256

/**
 * @param paths paths with forward slashes that start with the opened folder
 * @param read gives the bytes of a file by its index, for lists of labels
 * @throws DataError that says what was found instead of a folder for each class
 */
export async function openedFolder(
  paths: readonly string[],
  read: (file: number) => Uint8Array = () => new Uint8Array(0),
): Promise<OpenedFolder> {
  if (!paths.some((path) => isPictureName(path)))
    throw new DataError(
      'the files that were opened: hold no pictures; expected a folder with a folder of pictures for each class',
    )
  const passed = new PassedOver()
  const view = viewOf(paths, passed, read)
  const { tops, notes } = await findParts(view)
  if (tops.size > 0 && !tops.has('train'))
    throw new DataError(
      `the folder that was opened: holds ${[...tops.values()].map((top) => `${top}/`).join(' and ')}, but no part to learn from; open the folder above, or add train/`,
    )
  const layout = await readLayout(view, partsInOrder(tops), MOST_CLASSES)
  const places = new Map(paths.map((path, file) => [path.slice(path.indexOf('/') + 1), file]))
  const part = (name: PartName) =>
    layout.parts.get(name)?.pictures.map(({ path, label }) => ({ file: places.get(path)!, label }))
  const tested = part('test') ?? part('val')
  return {
    classes: layout.classes,
    train: part('train')!,
    ...(tested ? { test: tested } : {}),
    notes: [...passed.notes, ...notes, ...layout.notes],
  }
}

/** Views paths as folders. Litter is counted once, with everything in it. */
function viewOf(paths: readonly string[], passed: PassedOver, read: (file: number) => Uint8Array): FolderView {
  const found = new Map<string, { folders: Set<string>; files: Set<string> }>()
  const entries = (path: string) => {
    const own = found.get(path) ?? { folders: new Set<string>(), files: new Set<string>() }
    found.set(path, own)
    return own
  }
  const counted = new Set<string>()
  for (const path of paths) {
    const names = path.split('/').slice(1)
    let at = ''
    for (const [i, name] of names.entries()) {
      const isFolder = i < names.length - 1
      const whole = below(at, name)
      if (isLitter(name)) {
        if (!counted.has(whole)) passed.add(name, isFolder)
        counted.add(whole)
        break
      }
      entries(at)[isFolder ? 'folders' : 'files'].add(name)
      at = whole
    }
  }
  return {
    name: (path) => (path === '' ? 'the folder that was opened' : path),
    remedy: '; open the folder above',
    read: async (path) => read(paths.findIndex((own) => own.slice(own.indexOf('/') + 1) === path)),
    list: async (path): Promise<Entries> => {
      const { folders, files } = entries(path)
      return { folders: [...folders].sort(), files: [...files].sort() }
    },
  }
}
