/**
 * Augmentation of small pictures, as in the papers: pad with black pixels, cut out a window of the original size at
 * a random place, mirror half of them. The random numbers of a picture come from (seed, epoch, index) alone, so
 * neither the order of the pictures nor the size of the batches nor a resumed run changes what a picture looks like.
 */
import { Random } from '../util/random.js'

export interface Augmentation {
  /** Black pixels added on each side before the crop; 0 for no crop. The papers use 4 for 32x32 pictures. */
  readonly pad: number
  /** Mirror left and right with probability one half. */
  readonly flip: boolean
}

/** Where the window lies and whether it is mirrored. */
export interface View {
  /** Rows the window lies below the top of the unpadded picture, in [-pad, pad]. */
  readonly top: number
  /** Columns the window lies right of the left edge of the unpadded picture, in [-pad, pad]. */
  readonly left: number
  readonly mirrored: boolean
}

/** The picture as it is. */
export const plainView: View = { top: 0, left: 0, mirrored: false }

/** The view of picture `index` in an epoch. All places and both mirrorings are equally likely. */
export function randomView(augmentation: Augmentation, seed: number, epoch: number, index: number): View {
  const random = new Random(seed, epoch, index)
  const { pad, flip } = augmentation
  const top = random.between(-pad, pad)
  const left = random.between(-pad, pad)
  return { top, left, mirrored: flip && random.below(2) === 1 }
}
