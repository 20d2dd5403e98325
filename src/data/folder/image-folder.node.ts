/**
 * Loads a folder of pictures to learn from: a folder per class, with or without a part to test on. Without one, it holds
 * some pictures out at random and says so.
 */

import { join } from 'node:path'
import { DataError, invariant } from '../../util/errors.js'
import { expectKind, expectOptions, finite, name, whole } from '../../util/expect.js'
import { type Dataset, type HeldOutRecord, imageNetNormalisation, type Pictures } from '../dataset.js'
import { shorterSide } from '../picture/decode.node.js'
import { copiesOfLearned } from './copies.js'
import { holdOutFolder } from './hold-out-folder.node.js'
import { checkOptions, evenly, type Limits, loadParts, type PictureOptions } from './load-parts.node.js'
import { listFolder, type PictureFolder } from './picture-files.node.js'

/** How a folder is read, and how much of it is held out if it has no test part. */
export interface ImageFolderOptions extends PictureOptions {
  /** Loads only so many pictures of each part, equally many of each class if possible; by default all. */
  readonly limit?: Limits | undefined
  /**
   * A number of pictures, or a fraction between 0 and 1 of them; by default 0.2. Not used if there are test pictures.
   */
  readonly heldOut?: number | undefined
  /** Decides which pictures are held out; by default 0. */
  readonly seed?: number | undefined
  /**
   * Holds out the same pictures as a checkpoint says, instead of `heldOut` and `seed`. Refuses a folder with other
   * pictures.
   */
  readonly again?: HeldOutRecord | null | undefined
}

/** A folder of classes. Its `heldOut` tells which pictures were held out; null if it has a test part. */
export interface ImageFolder extends Dataset {
  readonly heldOut: HeldOutRecord | null
  /**
   * The test pictures in words, for example `18 of 90 pictures, held out by chance (seed 0, of each class its share)`.
   */
  readonly testedOn: string
  readonly notes: readonly string[]
}

/** Number of files whose size is checked. */
const SAMPLE = 32

/**
 * Loads `<class>/*` or `train/<class>/*` (or `Training/`, `seg_train/`, ...), or pictures whose classes a list or their
 * names tell. With both `val/` and `test/`, the former is the set's `val`; with only one of them, it is its `test`. With
 * neither, a fifth of each class is held out to test on; held-out pictures have no copies among the training pictures.
 * Pictures that cannot be read are left out and listed in `unreadable`; `notes` has sentences about skipped files and
 * about possible mistakes.
 * @throws DataError naming the folder or file for another layout, a class without pictures, more than 5 % of a part or
 * a whole class unreadable, or a cache that cannot be written or is too small; ConfigError for options out of range
 */
export async function imageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  expectKind(path, 'imageFolder: path', name)
  expectOptions(options, 'imageFolder: options', { heldOut: finite, seed: whole(0) })
  const { heldOut, seed, again, ...read } = options
  checkOptions(read)
  const listing = await listFolder(path)
  if (!listing.parts.has('train'))
    throw new DataError(
      `${path}: holds ${[...listing.parts.values()].map(({ inside }) => `${inside}/`).join(' and ')}, but no part to learn from; add train/<class>/<pictures>`,
    )
  const { limit, ...decoded } = read
  const data = listing.isWhole
    ? await splitFolder(path, listing, { heldOut, seed, again }, decoded)
    : await folderWithParts(path, listing, decoded)
  const advice = [...loneClasses(data), ...(await smallPictures(path, data.train, read.size ?? 224))]
  const some = (pictures: Pictures, count: number | undefined) =>
    count === undefined ? pictures : evenly(pictures, count)
  return {
    ...data,
    train: some(data.train, limit?.train),
    ...(data.val ? { val: some(data.val, limit?.test) } : {}),
    test: some(data.test, limit?.test),
    notes: [...data.notes, ...advice],
  }
}

async function folderWithParts(path: string, listing: PictureFolder, read: PictureOptions): Promise<ImageFolder> {
  const { classes, parts, notes } = listing
  const { loaded, unreadable, copies } = await loadParts(path, { classes, parts }, read)
  const [train, val, test] = [loaded.get('train'), loaded.get('val'), loaded.get('test')]
  const last = test ?? val
  invariant(train && last, `${path} was listed without parts`)
  const own = test && val ? { val } : {}
  const { inside } = parts.get(test ? 'test' : 'val')!
  return {
    name: 'folder',
    classes,
    train,
    ...own,
    test: last,
    normalisation: imageNetNormalisation,
    unreadable,
    notes: [...notes, ...copiesOfLearned(train, { ...own, test: last }, copies)],
    heldOut: null,
    testedOn: `the ${last.count} pictures in ${inside}/`,
  }
}

async function splitFolder(
  path: string,
  listing: PictureFolder,
  { heldOut, seed, again }: Pick<ImageFolderOptions, 'heldOut' | 'seed' | 'again'>,
  read: PictureOptions,
): Promise<ImageFolder> {
  const { loaded, unreadable, copies } = await loadParts(path, listing, read)
  const whole = loaded.get('train')
  invariant(whole, `${path} was listed without pictures`)
  const { train, test, record, notes } = holdOutFolder(path, listing, whole, copies, { heldOut, seed, again })
  return {
    name: 'folder',
    classes: listing.classes,
    train,
    test,
    normalisation: imageNetNormalisation,
    unreadable,
    notes: [...listing.notes, ...notes],
    heldOut: record,
    testedOn: `${record.count} of ${whole.count} pictures, held out by chance (seed ${record.seed}, of each class its share)`,
  }
}

function loneClasses({ classes, train, test }: Dataset): string[] {
  const of = (pictures: Pictures, label: number) => pictures.labels.filter((other) => other === label).length
  return classes.flatMap((name, label) => {
    const [learned, tested] = [of(train, label), of(test, label)]
    if (learned === 1) return [`${name} has one picture to learn from: do not expect it to be recognised`]
    return tested === 0 ? [`${name} has no picture to test on: nothing will be known of it`] : []
  })
}

/** Checks a sample of the files, because pictures that are enlarged much show little. */
async function smallPictures(path: string, { files = [] }: Pictures, size: number): Promise<string[]> {
  const step = Math.max(1, Math.floor(files.length / SAMPLE))
  const sample = files.filter((_, i) => i % step === 0)
  const sides = (await Promise.all(sample.map((file) => shorterSide(join(path, file)))))
    .filter((side) => side !== undefined)
    .sort((a, b) => a - b)
  const median = sides[sides.length >> 1]
  if (median === undefined || 2 * median > size) return []
  return [
    `half of the pictures have ${median} pixels or fewer along their shorter side, and the network reads ${size}: ` +
      'enlarged so much they show it little of what it knows; weights for smaller pictures may do better',
  ]
}
