/**
 * Holds out random pictures of a folder, and records the choice so that it can be repeated. The record, in a
 * checkpoint, holds no file names.
 */
import { createHash } from 'node:crypto'
import { DataError } from '../../util/errors.js'
import type { HeldOutRecord, Pictures } from '../dataset.js'
import { distinct, type HeldOut, holdOut } from '../hold-out.js'
import { inTwoClasses } from './copies.js'
import type { PictureFolder } from './picture-files.node.js'

/** The pictures to hold out: a number, a fraction, or an earlier choice. */
export interface HoldOutOptions {
  /** A number of pictures, or a fraction between 0 and 1 of those that are not copies; by default 0.2. */
  readonly heldOut?: number | undefined
  /** Default 0. */
  readonly seed?: number | undefined
  /** The record of an earlier choice to repeat, instead of both. */
  readonly again?: HeldOutRecord | null | undefined
  /** The remedy if the pictures are different. */
  readonly remedy?: string
}

const SHARE = 0.2

/**
 * @param listing the folder, whose only part is `train` @param whole its pictures @param copies paths, in groups
 * @throws DataError if a class has too few pictures, or the pictures are not those of the record
 */
export function holdOutFolder(
  path: string,
  listing: PictureFolder,
  whole: Pictures,
  copies: readonly (readonly string[])[],
  { heldOut = SHARE, seed = 0, again, remedy = 'start a new run' }: HoldOutOptions,
): HeldOut & { readonly record: HeldOutRecord; readonly notes: readonly string[] } {
  const places = new Map(whole.files?.map((file, place) => [file, place]))
  const groups = copies.map((group) => group.map((file) => places.get(file)!))
  const digest = digestOf(listing, whole, groups)
  if (again) expectSame(path, again, whole.count, digest, remedy)
  const sizes = distinct(whole, groups)
  if (sizes.every((size) => size < 2)) throw tooFew(path, listing.classes, whole)
  const all = sizes.reduce((sum, size) => sum + size, 0)
  const share = heldOut > 0 && heldOut < 1 ? Math.max(1, Math.round(heldOut * all)) : heldOut
  const record = again ?? { seed, count: share, of: whole.count, digest }
  const parts = holdOut(whole, record.count, record.seed, groups)
  const left = whole.count - parts.train.count - parts.test.count
  const spare = groups.reduce((sum, { length }) => sum + length - 1, 0)
  const mixed = groups.filter((group) => group.some((place) => whole.labels[place] !== whole.labels[group[0]!]))
  const notes =
    spare > 0
      ? [
          `${spare} of ${whole.count} pictures are copies of others, byte by byte; no picture is on both sides: ${left} ${left === 1 ? 'copy' : 'copies'} of held-out ones ${left === 1 ? 'was' : 'were'} left out`,
          ...inTwoClasses(mixed.length),
        ]
      : []
  return { ...parts, record, notes }
}

/** Hashes the facts that the choice depends on: names and sizes of the pictures, and the groups of copies. */
function digestOf({ parts }: PictureFolder, { files = [] }: Pictures, groups: readonly (readonly number[])[]): string {
  const { inside, files: listed } = parts.get('train')!
  const sizes = new Map(listed.map(({ path, size }) => [path, size]))
  const first = new Map(groups.flatMap((group) => group.map((place) => [place, group[0]!] as const)))
  const hash = createHash('sha256')
  const from = inside === '' ? 0 : inside.length + 1
  files.forEach((file, place) => {
    const name = file.slice(from).normalize('NFC')
    hash.update(`${JSON.stringify([name, sizes.get(file), first.get(place) ?? place])}\n`)
  })
  return hash.digest('hex')
}

function expectSame(path: string, { of, digest }: HeldOutRecord, count: number, now: string, remedy: string): void {
  if (digest === now) return
  const what = of === count ? 'of other names or sizes' : `${of} then, ${count} now`
  throw new DataError(
    `${path}: its pictures are not those that some were held out of (${what}), so which were held out cannot be told; put it back as it was, or ${remedy}`,
  )
}

function tooFew(path: string, classes: readonly string[], { labels }: Pictures): DataError {
  const several = classes.filter((_, label) => labels.filter((other) => other === label).length > 1)
  return new DataError(
    `${path}: ${classes.slice(0, 3).join(', ')}${classes.length > 3 ? ` and ${classes.length - 3} more classes` : ''} have one picture each${several.length > 0 ? ', copies not counted' : ''}; two of a class are needed, one to learn from and one to test on`,
  )
}
