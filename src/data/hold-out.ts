/**
 * Pictures held out of a set that comes in one piece, to test on: of each class its share, chosen by chance. Which they
 * are depends on (labels, count, seed) alone.
 */
import { ConfigError } from '../util/errors.js'
import { Random } from '../util/random.js'
import type { Features, PictureReader, Pictures } from './dataset.js'
import { choose } from './split.js'

/** Sets the stream apart from those of epochs and of validation splits, which have the same seed. */
const HOLD_OUT = 0x401d

/** Two parts of a set, each in the order that the pictures had. */
export interface HeldOut {
  readonly train: Pictures<PictureReader | Features>
  readonly test: Pictures<PictureReader | Features>
}

/**
 * Holds out `count` pictures: of each class its share, to within a picture, but never its last one.
 * @throws ConfigError unless at least one can be held out of a class and there are so many
 */
export function holdOut(pictures: Pictures, count: number, seed: number): HeldOut {
  const byClass = indicesByClass(pictures)
  const most = byClass.reduce((sum, own) => sum + Math.max(0, own.length - 1), 0)
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= most))
    throw new ConfigError(
      `held-out pictures: got ${count}, expected a whole number from 1 to ${most}, so that each class keeps a picture to learn from`,
    )
  const held: number[] = []
  const quotas = quotasOf(
    byClass.map(({ length }) => length),
    count,
  )
  byClass.forEach((own, label) => {
    const order = new Random(HOLD_OUT, seed, label).shuffle(Uint32Array.from(own))
    for (const index of order.subarray(0, quotas[label])) held.push(index)
  })
  const test = Uint32Array.from(held).sort()
  const isHeld = new Set(test)
  const train = Uint32Array.from({ length: pictures.count }, (_, index) => index).filter((index) => !isHeld.has(index))
  return { train: choose(pictures, train), test: choose(pictures, test) }
}

function indicesByClass({ labels }: Pictures): number[][] {
  const found: number[][] = []
  labels.forEach((label, index) => {
    while (found.length <= label) found.push([])
    found[label]!.push(index)
  })
  return found
}

/**
 * How many of each class: one at a time from the class whose held-out share lies furthest behind, the first of equals.
 */
function quotasOf(sizes: readonly number[], count: number): number[] {
  const quotas = sizes.map(() => 0)
  for (let taken = 0; taken < count; taken++) {
    let next = -1
    for (let label = 0; label < sizes.length; label++) {
      if (quotas[label]! + 1 >= sizes[label]!) continue
      if (next < 0 || (quotas[label]! + 0.5) * sizes[next]! < (quotas[next]! + 0.5) * sizes[label]!) next = label
    }
    quotas[next]! += 1
  }
  return quotas
}
