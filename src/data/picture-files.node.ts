/**
 * Which pictures a folder holds, without opening one: `train/<class>/*` and `val/<class>/*` or `test/<class>/*`. Names
 * are sorted by their letters' codes, so that every machine numbers classes and pictures alike.
 */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { DataError } from '../util/errors.js'
import { errorCode, fileError } from '../util/file-error.js'
import { isPictureName, pictureExtensions } from './picture-name.js'

export const partNames = ['train', 'val', 'test'] as const
export type PartName = (typeof partNames)[number]

/** A file that should be a picture. */
export interface PictureFile {
  /** From the folder of the set, with forward slashes: `train/cat/7.jpg`. */
  readonly path: string
  readonly label: number
  /** In bytes. */
  readonly size: number
  /** When it was last written, in milliseconds. */
  readonly mtime: number
}

export interface PictureFolder {
  /** Names of the folders in `train`, sorted. */
  readonly classes: readonly string[]
  /** Pictures of the parts that are there, class after class; `train` and at least one other. */
  readonly parts: ReadonlyMap<PartName, readonly PictureFile[]>
}

/** At most so many classes have numbers. */
const MOST_CLASSES = 65536

const LAYOUT = 'expected train/<class>/<pictures>, and val/ or test/ of the same kind'

/**
 * A folder whose pictures are in one piece, to be split: `<class>/*`, or `train/<class>/*` alone. Undefined where it has
 * parts to test on.
 * @throws DataError naming the folder when it holds fewer than two classes, or a class without pictures
 */
export async function listWhole(
  root: string,
): Promise<
  { readonly classes: readonly string[]; readonly files: readonly PictureFile[]; readonly top: string } | undefined
> {
  const found = await foldersIn(root)
  if (found.includes('train') && (found.includes('val') || found.includes('test'))) return undefined
  const part = found.includes('train') ? 'train' : ''
  const top = join(root, part)
  const classes = part === '' ? found : await foldersIn(top)
  if (classes.length < 2) throw new DataError(`${top}: ${await fewClasses(top, classes)}`)
  const files: PictureFile[] = []
  for (const [label, folder] of classes.entries()) {
    const own = await picturesOf(root, part === '' ? folder : `${part}/${folder}`, label)
    if (own.length === 0) throw noPictures(join(top, folder))
    for (const file of own) files.push(file)
  }
  return { classes, files, top }
}

/** What to say of a folder with one class or none. */
async function fewClasses(top: string, classes: readonly string[]): Promise<string> {
  const wanted = 'expected a folder for each class, at least two'
  if (classes.length === 0) return `holds no folders, ${wanted}`
  const inside = await foldersIn(join(top, classes[0]!))
  return inside.length > 1
    ? `holds one folder only, ${classes[0]}, and that holds ${listed(inside)}: are these the classes? Then give ${join(top, classes[0]!)}`
    : `holds one folder only, ${classes[0]}, ${wanted}`
}

function noPictures(folder: string): DataError {
  return new DataError(
    `${folder}: holds no pictures (${pictureExtensions.map((name) => `.${name}`).join(' ')}); add some, or remove the folder`,
  )
}

/** @throws DataError naming the folder when the layout is another one, or a folder cannot be read. */
export async function listPictures(root: string): Promise<PictureFolder> {
  const found = await foldersIn(root)
  const names = partNames.filter((name) => found.includes(name))
  if (!names.includes('train') || names.length === 1)
    throw new DataError(`${root}: ${await whatIsThere(root, found)}; ${LAYOUT}`)
  const classes = await foldersIn(join(root, 'train'))
  if (classes.length < 2 || classes.length > MOST_CLASSES)
    throw new DataError(
      `${join(root, 'train')}: holds ${classes.length === 0 ? 'no folders' : `${classes.length} folder${classes.length === 1 ? '' : 's'}`}, expected one for each class, 2 to ${MOST_CLASSES}`,
    )
  const parts = new Map<PartName, readonly PictureFile[]>()
  for (const name of names) {
    await expectKnown(join(root, name), classes)
    const files: PictureFile[] = []
    for (const [label, folder] of classes.entries()) {
      const own = await picturesOf(root, `${name}/${folder}`, label)
      if (name === 'train' && own.length === 0) throw noPictures(join(root, name, folder))
      for (const file of own) files.push(file)
    }
    if (files.length === 0) throw new DataError(`${join(root, name)}: holds no pictures; ${LAYOUT}`)
    parts.set(name, files)
  }
  return { classes, parts }
}

/** Names of the folders in a folder, links to folders among them, hidden ones not; sorted. */
async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = []
  for (const entry of await entriesOf(path)) {
    if (entry.name.startsWith('.')) continue
    const isFolder = entry.isSymbolicLink()
      ? await stat(join(path, entry.name)).then(
          (target) => target.isDirectory(),
          () => false, // a link to nowhere
        )
      : entry.isDirectory()
    if (isFolder) names.push(entry.name)
  }
  return names.sort()
}

async function entriesOf(path: string, recursive = false): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true, recursive })
  } catch (error) {
    throw fileError(path, 'cannot be read', error, LAYOUT)
  }
}

/** A class to test on that was never trained on is a mistake. */
async function expectKnown(path: string, classes: readonly string[]): Promise<void> {
  const known = new Set(classes)
  const strange = (await foldersIn(path)).filter((name) => !known.has(name))
  if (strange.length > 0)
    throw new DataError(
      `${path}: holds the class ${strange[0]}${strange.length > 1 ? ` and ${strange.length - 1} more` : ''} that train/ does not have; its classes are ${listed(classes)}`,
    )
}

/** The pictures of one class, in folders of any depth. */
async function picturesOf(root: string, folder: string, label: number): Promise<PictureFile[]> {
  const top = join(root, folder)
  const isThere = await stat(top).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  )
  if (!isThere) return [] // val/ and test/ need not have every class
  const paths = (await entriesOf(top, true))
    .filter(({ name }) => !name.startsWith('.') && isPictureName(name))
    .map(({ parentPath, name }) => join(parentPath, name))
  const files: PictureFile[] = []
  for (let at = 0; at < paths.length; at += 64)
    for (const file of await Promise.all(paths.slice(at, at + 64).map((path) => describe(top, folder, path, label))))
      if (file) files.push(file)
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Nothing for what is no file. A link to nowhere stays in the list, to be reported with what cannot be read. */
async function describe(top: string, folder: string, file: string, label: number): Promise<PictureFile | undefined> {
  const path = `${folder}/${file.slice(top.length + 1).replaceAll(sep, '/')}`
  try {
    const status = await stat(file)
    return status.isFile() ? { path, label, size: status.size, mtime: status.mtimeMs } : undefined
  } catch {
    return { path, label, size: 0, mtime: 0 }
  }
}

/** Says what was found in place of the layout, and recognises the usual mix-ups. */
async function whatIsThere(root: string, folders: readonly string[]): Promise<string> {
  if (folders.includes('train')) return 'holds train/, but neither val/ nor test/'
  if (folders.length === 0) return 'holds no folders'
  const inFirst = await entriesOf(join(root, folders[0]!))
  if (inFirst.some(({ name }) => isPictureName(name)))
    return `holds folders of pictures (${listed(folders)}), but no train/`
  return `holds ${listed(folders)}, but no train/`
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
}
