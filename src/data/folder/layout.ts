/**
 * The layout of a folder of pictures: parts, classes, pictures. The rules are the same for a disk and for files opened
 * in a page; both provide a view. It refuses folders that only look like parts: as classes they would teach a network
 * nothing. Notes name everything that is skipped.
 */
import { DataError } from '../../util/errors.js'
import { isPictureName, pictureExtensions } from '../picture/name.js'
import { labelled } from './labelled.js'
import { likeParts, type PartName, partNames, partOf } from './parts.js'
import { below, type Classes, type FolderView, listed, picturesIn, slashed, sortedByName } from './walk.js'

/** Parts with the folders of their classes; empty if the classes are in the folder itself. */
export interface FoundParts {
  readonly tops: ReadonlyMap<PartName, string>
  readonly notes: readonly string[]
}

/** A part, or the whole folder if it has none. */
export interface FoundPictures {
  /** The folder of the classes. */
  readonly top: string
  /** Pictures class after class, each sorted by path. */
  readonly pictures: readonly { readonly path: string; readonly label: number }[]
}

export interface Layout<K extends string> {
  /** Names of the classes, composed (NFC) and sorted. */
  readonly classes: readonly string[]
  readonly parts: ReadonlyMap<K, FoundPictures>
  readonly notes: readonly string[]
}

/** The most part names nested in each other, as in Kaggle's `seg_train/seg_train`. */
const MOST_NESTED = 3

/** @throws DataError naming folders that may be parts or classes, or that are the same part twice */
export async function findParts(view: FolderView): Promise<FoundParts> {
  const { folders } = await view.list('', true)
  const named = folders.filter((name) => partOf(name))
  const others = folders.filter((name) => !partOf(name))
  const tops = new Map<PartName, string>()
  if (named.length === 0) {
    const like = likeParts(others)
    if (like.length > 0)
      throw new DataError(
        `${view.name('')}: holds ${listed(like.map(slashed))}, which look like parts of a set and not like classes; name the parts train/, val/ and test/, with a folder for each class in them`,
      )
    const [only] = others
    const inside = others.length === 1 ? (await view.list(only!, true)).folders.filter((name) => partOf(name)) : []
    if (inside.length > 0)
      throw new DataError(
        `${view.name('')}: holds one folder only, ${only}, and the parts are in that (${listed(inside.map(slashed))}); give ${view.name(only!)}`,
      )
    return { tops, notes: [] }
  }
  for (const name of named) {
    const part = partOf(name)!
    const before = tops.get(part)
    if (before !== undefined)
      throw new DataError(
        `${view.name('')}: holds ${before}/ and ${name}/, and both are the part ${part}; put their classes together, or take one of them out`,
      )
    tops.set(part, await classLevel(view, name, part))
  }
  const train = tops.get('train')
  const learns = train !== undefined && (await view.list(train, true)).folders.length > 0
  for (const other of learns ? [] : others)
    if ((await picturesIn(view, other)).paths.length > 0)
      throw new DataError(
        `${view.name('')}: ${listed(named.map(slashed))} beside ${other}/ may be a part of the set or a class; put the classes into train/ (and test/), or give ${named[0]}/ another name`,
      )
  return { tops, notes: others.length > 0 ? [`passed over beside the parts: ${listed(others.map(slashed))}`] : [] }
}

async function classLevel(view: FolderView, name: string, part: PartName): Promise<string> {
  let path = name
  for (let depth = 0; depth < MOST_NESTED; depth++) {
    const { folders, files } = await view.list(path, true)
    if (folders.length !== 1 || partOf(folders[0]!) !== part || files.some(isPictureName)) break
    path = `${path}/${folders[0]}`
  }
  return path
}

/** The parts that were found, the one to learn from first; a folder without parts is one to learn from. */
export function partsInOrder(tops: ReadonlyMap<PartName, string>): (readonly [PartName, string])[] {
  if (tops.size === 0) return [['train', '']]
  return partNames.flatMap((part) => {
    const top = tops.get(part)
    return top === undefined ? [] : [[part, top] as const]
  })
}

/**
 * Lists the classes and pictures of parts. Classes are the folders with pictures in the first part; the other parts
 * must not have more.
 * @param tops folder of each part's classes, for example `train`, or empty
 * @param most the most classes allowed
 * @throws DataError naming the folder if there are fewer than two classes or too many, or a part has no pictures
 */
export async function readLayout<K extends string>(
  view: FolderView,
  tops: readonly (readonly [K, string])[],
  most: number,
): Promise<Layout<K>> {
  const found: (readonly [K, Classes])[] = []
  const notes: string[] = []
  for (const [part, top] of tops) {
    const own = await classesIn(view, top)
    const lone = own.pictures.size < 2 ? await labelled(view, top, own) : undefined
    if (lone === undefined && found.length > 0 && isWithoutLabels(own, found[0]![1]))
      notes.push(`passed over, as its pictures have no labels: ${slashed(top)}`)
    else found.push([part, lone ?? own])
  }
  const first = found[0]![1]
  const classes = inOrder([...first.pictures.keys()], first.isListed)
  expectSeveral(view, first, classes, most)
  const labels = new Map(classes.map((name, label) => [name, label]))
  const parts = new Map<K, FoundPictures>()
  for (const [part, { top, pictures }] of found) {
    const strange = [...pictures.keys()].filter((name) => !labels.has(name)).sort()
    if (strange.length > 0)
      throw new DataError(
        `${view.name(top)}: holds the class ${strange[0]}${strange.length > 1 ? ` and ${strange.length - 1} more` : ''} that ${first.top || 'the folder'}/ does not have; its classes are ${listed(classes)}`,
      )
    const own = classes.flatMap((name, label) => (pictures.get(name) ?? []).map((path) => ({ path, label })))
    if (own.length === 0) throw noPictures(view, top)
    parts.set(part, { top, pictures: own })
  }
  return { classes, parts, notes: [...notes, ...found.flatMap(([, { notes }]) => notes)] }
}

/**
 * Whether a part beside the first holds pictures, but no classes: a list of labels is missing, as it is of the test part
 * of a contest.
 */
function isWithoutLabels({ pictures, loose }: Classes, first: Classes): boolean {
  if (pictures.size === 0) return loose > 0
  const [only] = pictures.keys()
  return pictures.size === 1 && GENERIC.test(only!) && !first.pictures.has(only!)
}

/** Names of folders that hold pictures of all classes. */
const GENERIC = /^(all|images?|imgs?|jpe?gs?|photos?|pictures?|pngs?|unknown|unlabell?ed)$/i

/** Sorts by character code, as torchvision does. Labels of lists that are whole numbers are sorted as numbers. */
function inOrder(names: readonly string[], isListed: boolean | undefined): string[] {
  const areNumbers = isListed && names.every((name) => /^\d{1,9}$/.test(name))
  return areNumbers ? [...names].sort((a, b) => Number(a) - Number(b)) : [...names].sort()
}

async function classesIn(view: FolderView, top: string): Promise<Classes> {
  const { folders, files } = await view.list(top, true)
  expectNoParts(view, top, folders)
  const pictures = new Map<string, string[]>()
  const empty: string[] = []
  const runs: string[] = []
  for (const folder of folders) {
    const path = below(top, folder)
    const { paths, isRun } = await picturesIn(view, path)
    if (isRun) runs.push(folder)
    else if (paths.length === 0) empty.push(folder)
    else {
      expectNoParts(view, path, (await view.list(path, true)).folders)
      const name = folder.normalize('NFC')
      pictures.set(name, [...(pictures.get(name) ?? []), ...paths])
    }
  }
  for (const [name, paths] of pictures) pictures.set(name, sortedByName(paths))
  const loose = files.filter(isPictureName).length
  const names = (list: readonly string[]) => listed(list.map((folder) => slashed(below(top, folder))))
  const notes = [
    ...(empty.length > 0 ? [`passed over, as no pictures are in it: ${names(empty)}`] : []),
    ...(runs.length > 0 ? [`passed over, as a training was saved in it: ${names(runs)}`] : []),
    ...(loose > 0 && pictures.size > 0
      ? [
          `passed over: ${loose} ${loose === 1 ? 'picture' : 'pictures'} in ${view.name(top)} beside the folders of classes`,
        ]
      : []),
  ]
  return { top, folders, empty: [...empty, ...runs], loose, pictures, notes }
}

/** A class may be called `train`. But if there are `train` and `test`, they are not classes. */
function expectNoParts(view: FolderView, path: string, folders: readonly string[]): void {
  const named = folders.filter((name) => partOf(name))
  if (new Set(named.map(partOf)).size > 1)
    throw new DataError(
      `${view.name(path)}: holds ${listed(named.map(slashed))} where classes or their pictures were expected; the parts come first: train/<class>/<pictures>, and val/ or test/ of the same kind`,
    )
}

function expectSeveral(view: FolderView, found: Classes, classes: readonly string[], most: number): void {
  const { top, folders, empty, loose } = found
  const wanted = `expected a folder for each class, at least two${view.remedy ?? ''}`
  const wrong = (what: string) => new DataError(`${view.name(top)}: ${what}`)
  if (classes.length > most) throw wrong(`holds ${classes.length} classes, expected at most ${most}`)
  if (classes.length > 1) return
  if (folders.length === 0)
    throw wrong(loose > 0 ? `holds pictures (${loose}), but no folders, ${wanted}` : `holds no folders, ${wanted}`)
  if (empty.length > 0) throw noPictures(view, below(top, empty[0]!))
  const only = folders[0]!
  const inside = [
    ...new Set([...found.pictures.values()].flat().map((path) => path.slice(below(top, only).length + 1))),
  ]
  const deeper = [...new Set(inside.filter((path) => path.includes('/')).map((path) => path.split('/')[0]!))]
  throw wrong(
    deeper.length > 1
      ? `holds one folder only, ${only}, and that holds ${listed(deeper)}: are these the classes? Then give ${view.name(below(top, only))}`
      : `holds one folder only, ${only}, ${wanted}`,
  )
}

function noPictures(view: FolderView, path: string): DataError {
  return new DataError(
    `${view.name(path)}: holds no pictures (${pictureExtensions.map((name) => `.${name}`).join(' ')}); add some, or remove the folder`,
  )
}
