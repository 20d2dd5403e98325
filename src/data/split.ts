/**
 * Splits pictures into a training part and a validation part. The split depends on (count, seed) alone, so a resumed
 * run or another recipe has the same two parts. Only labels and features are copied.
 */

import { ConfigError } from '../util/errors.js'
import { described, expectKind, number, whole } from '../util/expect.js'
import { Random } from '../util/random.js'
import { type Dataset, type Features, type PictureReader, type Pictures, pictureBytes } from './dataset.js'
import { expectDataset, expectPictures } from './expect-data.js'

/** Separates this random stream from those of epochs with the same seed. */
const SPLIT = 0x5b11

/** The two parts, each in the original order. */
export interface Split {
  readonly train: Pictures<PictureReader | Features>
  readonly val: Pictures<PictureReader | Features>
}

/**
 * Takes `count` random pictures out (all choices are equally likely) and keeps the rest.
 * @throws ConfigError unless 1 <= count < pictures.count
 */
export function splitPictures(pictures: Pictures, count: number, seed: number): Split {
  expectPictures(pictures, 'splitPictures: pictures')
  expectKind(seed, 'splitPictures: seed', whole(0))
  if (!(Number.isSafeInteger(count) && count >= 1 && count < pictures.count))
    throw new ConfigError(
      `val split: got ${described(count)}, expected a whole number of pictures from 1 to ${pictures.count - 1}, so that some are left to train on`,
    )
  const order = Uint32Array.from({ length: pictures.count }, (_, index) => index)
  new Random(SPLIT, seed).shuffle(order)
  return {
    train: choose(pictures, order.subarray(count).sort()),
    val: choose(pictures, order.subarray(0, count).sort()),
  }
}

/**
 * Splits off a part of the training pictures as `val` (random_split). The test pictures do not change.
 * @param seed decides which pictures are split off
 * @param part a whole number of pictures, or a fraction between 0 and 1 of them, rounded to whole pictures
 * @throws ConfigError if the part is out of range, or the set has its own validation pictures
 */
export function splitDataset(data: Dataset, part: number, seed = 0): Dataset {
  expectDataset(data, 'splitDataset: data')
  expectKind(part, 'splitDataset: part', number)
  if (data.val)
    throw new ConfigError(`val split: ${data.name} has ${data.val.count} validation pictures of its own; leave it out`)
  const count = part > 0 && part < 1 ? Math.round(part * data.train.count) : part
  return { ...data, ...splitPictures(data.train, count, seed) }
}

/** Selects pictures, in the order of `indices`, as a set of their own. */
export function choose(pictures: Pictures, indices: Uint32Array): Pictures<PictureReader | Features> {
  const labels = pictures.labels.slice(0, indices.length)
  for (let i = 0; i < indices.length; i++) labels[i] = pictures.labels[indices[i]!]!
  const files = pictures.files && Array.from(indices, (index) => pictures.files![index]!)
  return {
    ...pictures,
    count: indices.length,
    labels,
    files,
    pixels:
      'views' in pictures.pixels
        ? chooseFeatures(pictures.pixels, pictures.channels * pictures.height * pictures.width, indices)
        : { read: (i) => pictureBytes(pictures, indices[i]!) },
  }
}

function chooseFeatures({ views }: Features, size: number, indices: Uint32Array): Features {
  return {
    views: views.map((view) => {
      const chosen = view.slice(0, indices.length * size)
      indices.forEach((index, i) => {
        chosen.set(view.subarray(index * size, (index + 1) * size), i * size)
      })
      return chosen
    }),
  }
}
