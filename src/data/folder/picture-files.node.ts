/**
 * Lists the pictures of a folder on disk without opening them: `<class>/*`, or `train/<class>/*` and `val/<class>/*` or
 * `test/<class>/*`. Names are sorted by character code, so that every machine numbers classes and pictures alike.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../../util/errors.js'
import { isPictureName } from '../picture/name.js'
import { findParts, type Layout, listed, readLayout } from './layout.js'
import { type PartName, partNames } from './parts.js'
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

const LAYOUT = 'expected train/<class>/<pictures>, and val/ or test/ of the same kind'

/**
 * Lists a folder with parts, or a folder in one piece: `<class>/*`, or `train/<class>/*` alone. For the latter the only
 * part is `train`, and `isWhole` is true.
 * @throws DataError naming the folder if it holds fewer than two classes, or it is not clear which folders are classes
 */
export async function listFolder(root: string): Promise<PictureFolder & { readonly isWhole: boolean }> {
  const view = folderView(root, LAYOUT)
  const { tops, notes } = await findParts(view)
  const isWhole = tops.size === 0 || (tops.size === 1 && tops.has('train'))
  const parts = tops.size === 0 ? [['train', ''] as const] : inOrder(tops)
  return {
    ...(await described(root, await readLayout(view, parts, MOST_CLASSES), () => [...view.notes, ...notes])),
    isWhole,
  }
}

/** @throws DataError naming the folder if the layout is different, or a folder cannot be read */
export async function listPictures(root: string): Promise<PictureFolder> {
  const view = folderView(root, LAYOUT)
  const { tops, notes } = await findParts(view)
  if (!tops.has('train') || tops.size === 1) throw new DataError(`${root}: ${await whatIsThere(view, tops)}; ${LAYOUT}`)
  const layout = await readLayout(view, inOrder(tops), MOST_CLASSES)
  return described(root, layout, () => [...view.notes, ...notes])
}

function inOrder(tops: ReadonlyMap<PartName, string>): (readonly [PartName, string])[] {
  return partNames.flatMap((part) => {
    const top = tops.get(part)
    return top === undefined ? [] : [[part, top] as const]
  })
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

/** Says what was found instead of the layout, and recognises the usual mix-ups. */
async function whatIsThere(view: ReturnType<typeof folderView>, tops: ReadonlyMap<PartName, string>): Promise<string> {
  const { folders } = await view.list('', true)
  if (tops.has('train')) return `holds ${tops.get('train')}/, but neither val/ nor test/`
  if (folders.length === 0) return 'holds no folders'
  const inFirst = await view.list(folders[0]!, true)
  if (inFirst.files.some(isPictureName)) return `holds folders of pictures (${listed(folders)}), but no train/`
  return `holds ${listed(folders)}, but no train/`
}
