/**
 * Holds out random pictures of a set to test on, the same share of each class. The choice depends on (labels, count,
 * seed) alone.
 */

import { ConfigError } from '../util/errors.js'
import { described, expectKind, whole } from '../util/expect.js'
import { Random } from '../util/random.js'
import type { Features, PictureReader, Pictures } from './dataset.js'
import { expectPictures } from './expect-data.js'
import { choose } from './split.js'

/** Separates this random stream from those of epochs and validation splits with the same seed. */
const HOLD_OUT = 0x401d

/** Two parts of a set, each in the order of its pictures. */
export interface HeldOut {
  readonly train: Pictures<PictureReader | Features>
  readonly test: Pictures<PictureReader | Features>
}

/**
 * Holds out `count` pictures: the same share of each class, to within a picture, but never its last one.
 * @param copies groups of equal pictures, by index. No held-out picture has a copy among the training pictures: of each
 * group at most one is held out, and then the others are left out. A group that spans several classes is never held
 * out.
 * @throws ConfigError unless a class can spare a picture, and `count` is not too large
 */
export function holdOut(
  pictures: Pictures,
  count: number,
  seed: number,
  copies: readonly (readonly number[])[] = [],
): HeldOut {
  expectPictures(pictures, 'holdOut: pictures')
  expectKind(seed, 'holdOut: seed', whole(0))
  const byClass = candidates(pictures, copies)
  const most = byClass.reduce((sum, { places, size }) => sum + mostOf(places.length, size), 0)
  if (most === 0)
    throw new ConfigError(
      'held-out pictures: each class has one picture only, expected two of a class: one to learn from and one to test on',
    )
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= most))
    throw new ConfigError(
      `held-out pictures: got ${described(count)}, expected a whole number from 1 to ${most}, so that each class keeps a picture to learn from`,
    )
  const held: number[] = []
  const quotas = quotasOf(byClass, count)
  byClass.forEach(({ places }, label) => {
    const order = new Random(HOLD_OUT, seed, label).shuffle(Uint32Array.from(places))
    for (const index of order.subarray(0, quotas[label])) held.push(index)
  })
  const test = Uint32Array.from(held).sort()
  const isAway = new Set(test)
  for (const group of copies) if (group.some((place) => isAway.has(place))) for (const place of group) isAway.add(place)
  const train = Uint32Array.from({ length: pictures.count }, (_, index) => index).filter((index) => !isAway.has(index))
  return { train: choose(pictures, train), test: choose(pictures, test) }
}

/** Number of pictures of each class that are not copies of others in it. */
export function distinct(pictures: Pictures, copies: readonly (readonly number[])[]): number[] {
  return candidates(pictures, copies).map(({ size }) => size)
}

/** The pictures of one class. */
interface Candidates {
  /** Indices of pictures that may be held out. */
  readonly places: number[]
  /** Number of pictures that are not copies of others in the class. */
  size: number
}

function candidates({ labels }: Pictures, copies: readonly (readonly number[])[]): Candidates[] {
  const isCopy = new Set<number>()
  const isMixed = new Set<number>()
  for (const group of copies) {
    const mixed = group.some((place) => labels[place] !== labels[group[0]!])
    const seen = new Set<number>()
    for (const place of group) {
      if (seen.has(labels[place]!)) isCopy.add(place)
      else if (mixed) isMixed.add(place)
      seen.add(labels[place]!)
    }
  }
  const found: Candidates[] = []
  labels.forEach((label, index) => {
    while (found.length <= label) found.push({ places: [], size: 0 })
    if (isCopy.has(index)) return
    found[label]!.size += 1
    if (!isMixed.has(index)) found[label]!.places.push(index)
  })
  return found
}

/** The most pictures of a class that can be held out: all but its last one. */
function mostOf(places: number, size: number): number {
  return Math.max(0, Math.min(places, size - 1))
}

/**
 * Number of pictures to hold out of each class. Each picture goes to the class whose held-out share is furthest behind;
 * on ties, to the first.
 */
function quotasOf(classes: readonly Candidates[], count: number): number[] {
  const quotas = classes.map(() => 0)
  for (let taken = 0; taken < count; taken++) {
    let next = -1
    classes.forEach(({ places, size }, label) => {
      if (quotas[label]! >= mostOf(places.length, size)) return
      if (next < 0 || (quotas[label]! + 0.5) * classes[next]!.size < (quotas[next]! + 0.5) * size) next = label
    })
    quotas[next]! += 1
  }
  return quotas
}
