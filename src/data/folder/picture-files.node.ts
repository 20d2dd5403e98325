/**
 * Lists the pictures of a folder on disk without opening them: `<class>/*`, or `train/<class>/*` and `val/<class>/*` or
 * `test/<class>/*`. Names are sorted by character code, so that every machine numbers classes and pictures alike.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { findParts, type Layout, partsInOrder, readLayout } from './layout.js'
import type { PartName } from './parts.js'
import { folderView } from './view.node.js'

export type { PartName }

/** A file that should be a picture. */
export interface PictureFile {
  /** Path in the folder of the set, with forward slashes: `train/cat/7.jpg`. */
  readonly path: string
  readonly label: number
  /** Size in bytes. */
  readonly size: number
  /** Time of the last change, in milliseconds. */
  readonly mtime: number
}

/** Pictures of one part, class after class. */
export interface PicturePart {
  /** The folder of its classes, including the folder of the set. */
  readonly top: string
  /** The same relative to the folder of the set; empty if they are equal. */
  readonly inside: string
  readonly files: readonly PictureFile[]
}

export interface PictureFolder {
  /** Names of the classes, composed (NFC) and sorted. */
  readonly classes: readonly string[]
  readonly parts: ReadonlyMap<PartName, PicturePart>
  /** Sentences about skipped files. */
  readonly notes: readonly string[]
}

/** The most classes that labels can number. */
const MOST_CLASSES = 65536

const LAYOUT = 'expected <class>/<pictures>, or train/<class>/<pictures> with val/ or test/ of the same kind'

/**
 * Lists a folder with parts, or a folder in one piece: `<class>/*`, or `train/<class>/*` alone. For the latter the only
 * part is `train`, and `isWhole` is true. A part without labels is passed over.
 * @throws DataError naming the folder if it holds fewer than two classes, or it is not clear which folders are classes
 */
export async function listFolder(root: string): Promise<PictureFolder & { readonly isWhole: boolean }> {
  const view = folderView(root, LAYOUT)
  const { tops, notes } = await findParts(view)
  const layout = await readLayout(view, partsInOrder(tops), MOST_CLASSES)
  const isWhole = layout.parts.size === 1 && layout.parts.has('train')
  return { ...(await described(root, layout, () => [...view.notes, ...notes])), isWhole }
}

/** Adds sizes and times. @param more returns further notes, once everything is listed */
async function described(
  root: string,
  layout: Layout<PartName>,
  more: () => readonly string[],
): Promise<PictureFolder> {
  const parts = new Map<PartName, PicturePart>()
  for (const [part, { top, pictures }] of layout.parts) {
    const files: PictureFile[] = []
    for (let at = 0; at < pictures.length; at += 64)
      for (const file of await Promise.all(
        pictures.slice(at, at + 64).map(({ path, label }) => fileAt(root, path, label)),
      ))
        if (file) files.push(file)
    parts.set(part, { top: join(root, top), inside: top, files })
  }
  return { classes: layout.classes, parts, notes: [...more(), ...layout.notes] }
}

/** Undefined for anything but a file. A broken link stays in the list and is reported as unreadable. */
async function fileAt(root: string, path: string, label: number): Promise<PictureFile | undefined> {
  try {
    const status = await stat(join(root, path))
    return status.isFile() ? { path, label, size: status.size, mtime: status.mtimeMs } : undefined
  } catch {
    return { path, label, size: 0, mtime: 0 }
  }
}
