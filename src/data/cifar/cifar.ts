/**
 * Parses the binary files of the CIFAR sets into pictures. Layout and names come from
 * https://www.cs.toronto.edu/~kriz/cifar.html. A record is one or two label bytes, then 3072 bytes of pixels: 32x32 red
 * values row by row, then green, then blue, in the order of `Pictures`.
 */
import { limits } from '../../util/budget.js'
import { DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import type { Normalisation, Pictures } from '../dataset.js'

const SIDE = 32
const PIXELS = 3 * SIDE * SIDE

/** The differences of the two sets. */
export interface CifarLayout {
  readonly name: 'cifar10' | 'cifar100'
  /** The usual spelling. */
  readonly title: string
  /** The folder that the official archive unpacks to, and the archive. */
  readonly folder: string
  readonly archive: string
  /** Training files in order. Smaller sets may stop early. */
  readonly trainFiles: readonly string[]
  readonly testFile: string
  /** File of class names, one per line. It may be missing. */
  readonly namesFile: string
  /**
   * Number of label bytes in a record. The last one is the class (CIFAR-100 has the coarse label before the fine one).
   */
  readonly labelBytes: number
  readonly classes: readonly string[]
  readonly normalisation: Normalisation
}

export const cifar10Layout: CifarLayout = {
  name: 'cifar10',
  title: 'CIFAR-10',
  folder: 'cifar-10-batches-bin',
  archive: 'cifar-10-binary.tar.gz',
  trainFiles: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  testFile: 'test_batch.bin',
  namesFile: 'batches.meta.txt',
  labelBytes: 1,
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  normalisation: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
}

export const cifar100Layout: CifarLayout = {
  name: 'cifar100',
  title: 'CIFAR-100',
  folder: 'cifar-100-binary',
  archive: 'cifar-100-binary.tar.gz',
  trainFiles: ['train.bin'],
  testFile: 'test.bin',
  namesFile: 'fine_label_names.txt',
  labelBytes: 2,
  classes: `apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm`.split(/\s+/),
  normalisation: { mean: [0.5071, 0.4867, 0.4408], std: [0.2675, 0.2565, 0.2761] },
}

/** Bytes of one file; `source` names it in errors. */
export interface NamedBytes {
  readonly source: string
  readonly bytes: Uint8Array
}

/**
 * Parses the pictures of one or more files, in order, or the first `limit` of them.
 * @throws DataError for a file that is empty or not made of whole records, and for a label out of range
 */
export function parseCifar(
  layout: CifarLayout,
  files: readonly NamedBytes[],
  limit = Number.POSITIVE_INFINITY,
): Pictures<Uint8Array> {
  const { labelBytes } = layout
  const record = labelBytes + PIXELS
  for (const { source, bytes } of files)
    if (bytes.length === 0 || bytes.length % record !== 0)
      throw new DataError(
        `${source}: expected a multiple of ${record} bytes (${labelBytes} of labels and ${PIXELS} of pixels a picture), got ${bytes.length}; the file is ${bytes.length === 0 ? 'empty' : 'truncated'} or not ${layout.title} in the binary version: download ${layout.archive} again`,
      )
  const available = files.reduce((sum, { bytes }) => sum + bytes.length / record, 0)
  const count = Math.min(limit, available)
  const pixels = new Uint8Array(count * PIXELS)
  const labels = new Uint8Array(count)
  let picture = 0
  for (const { source, bytes } of files)
    for (let at = 0; at < bytes.length && picture < count; at += record, picture++) {
      const label = bytes[at + labelBytes - 1]!
      if (label >= layout.classes.length)
        throw new DataError(
          `${source}: picture ${at / record} has label ${label}, expected 0 to ${layout.classes.length - 1}; the file is damaged or not ${layout.title}: download ${layout.archive} again`,
        )
      labels[picture] = label
      pixels.set(bytes.subarray(at + labelBytes, at + record), picture * PIXELS)
    }
  return { count, channels: 3, height: SIDE, width: SIDE, pixels, labels }
}

/**
 * Parses class names from the text of a names file, one per line.
 * @throws DataError unless their number is the number of classes
 */
export function parseClassNames(layout: CifarLayout, source: string, text: string): string[] {
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (names.length !== layout.classes.length)
    throw new DataError(
      `${source}: expected ${layout.classes.length} class names, one a line, got ${names.length}; restore the file, or delete it to use the official names`,
    )
  const long = names.find((name) => name.length > limits.name)
  if (long !== undefined)
    throw new DataError(
      `${source}: a class name has ${long.length} characters, more than ${limits.name}: ${printable(long, 40)}; restore the file, or delete it to use the official names`,
    )
  return names
}
