/**
 * Checks a data set when it is passed in, so that no training or test uses invalid labels or pixels. It runs once per
 * training, not once per batch.
 */

import { ConfigError, DataError } from '../util/errors.js'
import {
  bytesOf,
  described,
  expectFields,
  expectKind,
  isRecord,
  kind,
  list,
  name,
  numbers,
  object,
  optional,
  text,
  whole,
} from '../util/expect.js'
import type { Dataset, Features, Normalisation, PictureReader, Pictures } from './dataset.js'

const PICTURES = 'labelled pictures, such as the train or test part of a data set'
const DATASET = 'a data set, such as builtin() gives'

const reader = kind<PictureReader>('pixels', (value) => isRecord(value) && typeof value.read === 'function')
const features = kind<Features>('features', (value) => isRecord(value) && Array.isArray(value.views))
const pixels = kind('a Uint8Array, a reader, or features', (value) => {
  return bytesOf(value) !== undefined || reader.fits(value) || features.fits(value)
})

const pictureFields = {
  count: whole(0),
  channels: whole(1),
  height: whole(1),
  width: whole(1),
  pixels,
  labels: numbers,
  window: optional(object),
}

/**
 * Checks pictures.
 * @param who the function and its argument, at the start of every error
 * @param classes the number of classes, if it is known
 * @throws ConfigError for anything but pictures; DataError, with the place, for an invalid label or for too few or too
 * many pixels or labels
 */
export function expectPictures(value: unknown, who: string, classes?: number): asserts value is Pictures {
  expectKind(who, 'expectPictures: who', text)
  expectKind(classes, 'expectPictures: classes', optional(whole(0)))
  expectPictureFields(value, who)
  const pictures: Pictures = value
  expectPixels(pictures, who)
  expectLabels(pictures, who, classes)
}

/** Checks that these are pictures, but none of their pixels and labels. @throws ConfigError for anything else */
export function expectPictureFields(value: unknown, who: string): asserts value is Pictures {
  expectFields(value, who, PICTURES, pictureFields)
}

function expectPixels({ count, channels, height, width, pixels }: Pictures, who: string): void {
  if ('read' in pixels) return
  const size = channels * height * width
  const expectRoom = (given: number, what: string) => {
    if (given < count * size || given % size !== 0)
      throw new DataError(
        `${who}.pixels: expected ${count * size} ${what} (${count} pictures of ${channels}x${height}x${width}), got ${given}`,
      )
  }
  if ('views' in pixels) {
    pixels.views.forEach((view, i) => {
      expectKind(view, `${who}.pixels.views[${i}]`, numbers)
      expectRoom(view.length, 'floats')
    })
    if (pixels.views.length === 0)
      throw new DataError(`${who}.pixels: has no views of its features, at least one is needed`)
  } else expectRoom(bytesOf(pixels)!.length, 'bytes')
}

function expectLabels({ count, labels }: Pictures, who: string, classes = Number.POSITIVE_INFINITY): void {
  if (labels.length < count)
    throw new DataError(`${who}.labels: expected a class number for each of ${count} pictures, got ${labels.length}`)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (Number.isSafeInteger(label) && label >= 0 && label < classes) continue
    const range = classes === Number.POSITIVE_INFINITY ? 'from 0' : `from 0 to ${classes - 1}`
    throw new DataError(`${who}.labels: picture ${i} has ${described(label)}, expected a class number ${range}`)
  }
}

/**
 * Looks at a data set that was handed in.
 * @throws as `expectPictures` does, and ConfigError for a normalisation of another number of channels
 */
export function expectDataset(value: unknown, who: string): asserts value is Dataset {
  expectKind(who, 'expectDataset: who', text)
  expectFields(value, who, DATASET, { name, classes: list, train: object, test: object, normalisation: object })
  const { classes, train, val, test, normalisation } = value as Dataset
  classes.forEach((label, i) => {
    expectKind(label, `${who}.classes[${i}]`, text)
  })
  // Fewer than two classes are the more serious mistake, which other checks report.
  const count = classes.length < 2 ? undefined : classes.length
  expectPictures(train, `${who}.train`, count)
  expectPictures(test, `${who}.test`, count)
  if (val !== undefined) expectPictures(val, `${who}.val`, count)
  expectNormalisation(normalisation, train.channels, `${who}.normalisation`)
}

/** @throws ConfigError unless there are a mean and a deviation above 0 for each channel */
export function expectNormalisation(value: unknown, channels: number, who: string): asserts value is Normalisation {
  expectFields(value, who, '{ mean, std }, a number a channel each', { mean: numbers, std: numbers })
  const { mean, std } = value as Normalisation
  for (const [field, values] of Object.entries({ mean, std })) {
    if (values.length !== channels)
      throw new ConfigError(`${who}.${field}: expected ${channels} numbers, one a channel, got ${values.length}`)
    for (let i = 0; i < channels; i++)
      if (!Number.isFinite(values[i]) || (field === 'std' && !(values[i]! > 0)))
        throw new ConfigError(
          `${who}.${field}: channel ${i} has ${described(values[i])}, expected a finite number${field === 'std' ? ' above 0' : ''}`,
        )
  }
}
