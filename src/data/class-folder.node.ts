/**
 * Pictures to fine-tune with: a folder a class, with a part to test on or without. Where there is none some pictures are
 * held out by chance, and it is said so.
 */
import { join } from 'node:path'
import { invariant } from '../util/errors.js'
import { type Dataset, imageNetNormalisation, type Pictures } from './dataset.js'
import { shorterSide } from './decode.node.js'
import { holdOut } from './hold-out.js'
import { checkOptions, type ImageFolderOptions, imageFolder, loadParts } from './image-folder.node.js'
import { listWhole } from './picture-files.node.js'

/** How a folder is read, and how much of it is held out where it has no part to test on. */
export interface ClassFolderOptions extends Omit<ImageFolderOptions, 'limit'> {
  /** A number of pictures, or a fraction between 0 and 1 of them; by default 0.2. Of no use where there are test pictures. */
  readonly heldOut?: number | undefined
  /** Decides which are held out; by default 0. */
  readonly seed?: number | undefined
}

/** A folder of classes, and what is to be said of it. */
export interface ClassFolder {
  readonly data: Dataset
  /** Whether the test pictures were held out of the others. */
  readonly isSplit: boolean
  /** What it is tested on, for example `18 of 90 pictures, held out by chance (seed 0, of each class its share)`. */
  readonly testedOn: string
  /** What may be wrong with the pictures. */
  readonly notes: readonly string[]
}

const SHARE = 0.2
/** Files that are looked into for their size. */
const SAMPLE = 32

/**
 * Loads `<class>/*` or `train/<class>/*`, with `test/` or `val/` where they are.
 * @throws DataError and ConfigError as `imageFolder` does
 */
export async function classFolder(path: string, options: ClassFolderOptions = {}): Promise<ClassFolder> {
  const { heldOut: _, seed: __, ...read } = options
  checkOptions(read)
  const listing = await listWhole(path)
  const loaded = listing ? await splitFolder(path, listing, options) : await folderWithParts(path, read)
  const { train } = loaded.data
  const notes = [...loneClasses(loaded.data), ...(await smallPictures(path, train, read.size ?? 224))]
  return { ...loaded, notes }
}

async function folderWithParts(path: string, read: ImageFolderOptions) {
  const data = await imageFolder(path, read)
  const part = data.test.files?.[0]?.split('/')[0] ?? 'test'
  return { data, isSplit: false, testedOn: `the ${data.test.count} pictures in ${part}/` }
}

async function splitFolder(
  path: string,
  { classes, files, top }: NonNullable<Awaited<ReturnType<typeof listWhole>>>,
  { heldOut = SHARE, seed = 0, ...read }: ClassFolderOptions,
) {
  const { loaded, unreadable } = await loadParts(path, { classes, parts: new Map([['train', files]]), top }, read)
  const whole = loaded.get('train')
  invariant(whole, `${path} was listed without pictures`)
  const count = heldOut > 0 && heldOut < 1 ? Math.max(1, Math.round(heldOut * whole.count)) : heldOut
  const parts = holdOut(whole, count, seed)
  const testedOn = `${count} of ${whole.count} pictures, held out by chance (seed ${seed}, of each class its share)`
  const data: Dataset = { name: 'folder', classes, ...parts, normalisation: imageNetNormalisation, unreadable }
  return { data, isSplit: true, testedOn }
}

function loneClasses({ classes, train, test }: Dataset): string[] {
  const of = (pictures: Pictures, label: number) => pictures.labels.filter((other) => other === label).length
  return classes.flatMap((name, label) => {
    const [learned, tested] = [of(train, label), of(test, label)]
    if (learned === 1) return [`${name} has one picture to learn from: do not expect it to be recognised`]
    return tested === 0 ? [`${name} has no picture to test on: nothing will be known of it`] : []
  })
}

/** By a sample of the files: what is enlarged much shows little. */
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
