/**
 * Classes of pictures that do not lie in a folder for each class: from a list of labels in their folder or beside it, or
 * from their names, such as `cat.0.jpg`. A note says which it was.
 */
import { DataError } from '../../util/errors.js'
import { imageNetLabels, isGroundTruth, truthAdvice } from './imagenet-list.js'
import { listEndings, readLabelList } from './label-list.js'
import { partOf } from './parts.js'
import { below, type Classes, counted, type FolderView, listed, picturesIn, sortedByName } from './walk.js'

/** Files with answers of nobody, which contests give as an example of a format. */
const NO_LABELS = /sample|submission/i

/**
 * The classes of the pictures below `top`, for a folder without a folder for each class.
 * @param own the classes that its folders would give
 * @returns undefined if there is no list of them, and their names tell no classes
 * @throws DataError for a list that is damaged, gives a picture two classes, or numbers classes in an unknown order
 */
export async function labelled(view: FolderView, top: string, own: Classes): Promise<Classes | undefined> {
  const { paths } = await picturesIn(view, top)
  if (paths.length === 0) return undefined
  const places = placesOf(paths, top)
  const faults: unknown[] = []
  let best: { readonly list: string; readonly labels: ReadonlyMap<string, string>; readonly rows: number } | undefined
  for (const list of await listsFor(view, top)) {
    const who = view.name(list)
    const bytes = await view.read(list)
    if (isGroundTruth(bytes, paths)) faults.push(new DataError(`${who}: ${truthAdvice}`))
    try {
      const found = readLabelList(bytes, who, (text) => places(text) !== undefined)
      if (!found) continue
      const labels = new Map<string, string>()
      for (const [file, label] of found.rows) {
        const path = places(file)
        if (path === undefined) continue
        const before = labels.get(path)
        if (before !== undefined && before !== label)
          throw new DataError(
            `${who}: gives ${path} two classes, ${before} and ${label}; leave one of the two lines out`,
          )
        labels.set(path, label)
      }
      if (labels.size > (best?.labels.size ?? 0)) best = { list, labels, rows: found.rows.length }
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      faults.push(error)
    }
  }
  if (best && 2 * best.labels.size >= paths.length) {
    const { labels, note } = imageNetLabels(best.labels, view.name(best.list))
    const missing = paths.length - labels.size
    const notes = [
      `classes are read from ${view.name(best.list)}`,
      ...note,
      ...(missing > 0 ? [`passed over: ${counted(missing, 'picture')} that ${best.list} does not name`] : []),
    ]
    return classesOf(top, labels, own, notes)
  }
  if (faults.length > 0) throw faults[0]
  return own.pictures.size > 0 ? undefined : byNames(top, paths, own)
}

/** Finds the picture that a list names: by its path, by its name, or by its name without the ending. */
function placesOf(paths: readonly string[], top: string): (name: string) => string | undefined {
  const places = new Map<string, string | undefined>()
  const add = (key: string, path: string) =>
    places.set(key, places.has(key) && places.get(key) !== path ? undefined : path)
  const from = top === '' ? 0 : top.length + 1
  for (const path of paths) {
    const composed = path.normalize('NFC')
    const name = composed.slice(composed.lastIndexOf('/') + 1)
    for (const key of new Set([composed, composed.slice(from), name])) {
      add(key, path)
      add(key.replace(/\.[^./]+$/, ''), path)
    }
  }
  return (name) => {
    const key = name.trim().normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, '')
    return places.get(key) ?? places.get(key.slice(key.lastIndexOf('/') + 1))
  }
}

/**
 * Files that may be lists for a folder: those in it, and those beside it, unless their names tell that they are for
 * another part.
 */
async function listsFor(view: FolderView, top: string): Promise<string[]> {
  const inside = (await view.list(top, true)).files.map((name) => below(top, name))
  const beside: string[] = []
  if (top !== '') {
    const part = partOf(top.split('/')[0]!)
    const { folders, files } = await view.list('', true)
    const isOnly = folders.filter((name) => partOf(name)).length === 1
    for (const name of files) {
      const parts = partsNamed(name)
      if (parts.length > 0 ? parts.includes(part) : isOnly || part === 'train') beside.push(name)
    }
  }
  return [...inside, ...beside].filter((path) => listEndings.test(path) && !NO_LABELS.test(path))
}

/** The parts whose names are words of a file's name, as in `trainLabels.csv`. */
function partsNamed(file: string): (string | undefined)[] {
  const words = file.replace(/([a-z])([A-Z])/g, '$1 $2').split(/[^\p{L}]+/u)
  return words.map(partOf).filter((part) => part !== undefined)
}

/** Words that programs and cameras put in front of a number. */
const NO_CLASS =
  /^(img|image|images|dsc|dscn|dscf|pxl|p|pic|picture|photo|vid|frame|scan|screenshot|file|sample|train|val|valid|test|i|x|\d+)$/i

/** Classes from names such as `cat.0.jpg` and `great_pyrenees_12.jpg`, if all pictures are called so. */
function byNames(top: string, paths: readonly string[], own: Classes): Classes | undefined {
  const labels = new Map<string, string>()
  for (const path of paths) {
    const name = /^(.*[^\s._-])[._-]\d+\.[^.]+$/u.exec(path.slice(path.lastIndexOf('/') + 1))?.[1]
    if (name === undefined || NO_CLASS.test(name)) return undefined
    labels.set(path, name)
  }
  const found = new Map<string, number>()
  for (const name of labels.values()) found.set(name, (found.get(name) ?? 0) + 1)
  if (found.size < 2 || 2 * found.size > labels.size) return undefined
  const counts = [...found].map(([name, count]) => `${name} (${count})`).sort()
  return classesOf(top, labels, own, [`classes are read from the names of the pictures: ${listed(counts)}`])
}

function classesOf(
  top: string,
  labels: ReadonlyMap<string, string>,
  { folders }: Classes,
  notes: readonly string[],
): Classes {
  const pictures = new Map<string, string[]>()
  for (const [path, label] of labels) {
    const name = label.normalize('NFC')
    const own = pictures.get(name) ?? []
    pictures.set(name, own)
    own.push(path)
  }
  for (const [name, paths] of pictures) pictures.set(name, sortedByName(paths))
  return { top, folders, empty: [], loose: 0, pictures, notes, isListed: true }
}
