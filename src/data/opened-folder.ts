/**
 * The layout of a folder that a person opened in a page, from the paths of its files: `<class>/*`, or `train/<class>/*`,
 * with `test/` or `val/` of the same kind or without. As picture-files.node.ts reads it from a disk.
 */
import { DataError } from '../util/errors.js'
import { isPictureName } from './picture-name.js'

/** A picture of a class, by its place in the list of files. */
export interface OpenedPicture {
  readonly file: number
  readonly label: number
}

export interface OpenedFolder {
  /** Names of the classes, sorted. */
  readonly classes: readonly string[]
  readonly train: readonly OpenedPicture[]
  /** Where there is a part to test on. */
  readonly test?: readonly OpenedPicture[]
}

/** Labels are bytes. */
const MOST_CLASSES = 256

/**
 * @param paths with forward slashes, the folder that was opened in front
 * @throws DataError that says what was found in place of a folder for each class
 */
export function openedFolder(paths: readonly string[]): OpenedFolder {
  const pictures = paths
    .map((path, file) => ({ file, parts: path.split('/') }))
    .filter(({ parts }) => isPictureName(parts.at(-1)!) && !parts.some((part) => part.startsWith('.')))
    .sort((a, b) => (paths[a.file]! < paths[b.file]! ? -1 : 1))
  if (pictures.length === 0) throw new DataError(`the files that were opened: hold no pictures; ${expected}`)
  const below = pictures.map(({ file, parts }) => ({ file, parts: parts.slice(1) }))
  const tops = new Set(below.filter(({ parts }) => parts.length > 1).map(({ parts }) => parts[0]!))
  if (!tops.has('train')) return classesOf(below)
  const partOf = (name: string) =>
    below.filter(({ parts }) => parts[0] === name).map(({ file, parts }) => ({ file, parts: parts.slice(1) }))
  const { classes, train } = classesOf(partOf('train'))
  const tested = tops.has('test') ? partOf('test') : partOf('val')
  const strange = tested.find(({ parts }) => parts.length < 2 || !classes.includes(parts[0]!))
  if (strange)
    throw new DataError(
      `${paths[strange.file]}: belongs to no class of train/; its classes are ${classes.slice(0, 3).join(', ')}${classes.length > 3 ? ' …' : ''}`,
    )
  const test = tested.map(({ file, parts }) => ({ file, label: classes.indexOf(parts[0]!) }))
  return test.length > 0 ? { classes, train, test } : { classes, train }
}

const expected = 'expected a folder with a folder of pictures for each class'

interface Found {
  readonly file: number
  /** From the class on. */
  readonly parts: readonly string[]
}

function classesOf(found: readonly Found[]): { classes: string[]; train: OpenedPicture[] } {
  const inClasses = found.filter(({ parts }) => parts.length > 1)
  const classes = [...new Set(inClasses.map(({ parts }) => parts[0]!))].sort()
  if (classes.length < 2 || classes.length > MOST_CLASSES)
    throw new DataError(
      `the folder that was opened: holds pictures in ${classes.length} ${classes.length === 1 ? 'folder' : 'folders'}, one a class, expected 2 to ${MOST_CLASSES}; open the folder above`,
    )
  return { classes, train: inClasses.map(({ file, parts }) => ({ file, label: classes.indexOf(parts[0]!) })) }
}
