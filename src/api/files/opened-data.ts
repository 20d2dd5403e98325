/**
 * Makes a data set from files that a person opened in a page: the binary files of CIFAR, or pictures in one folder per
 * class. A page gets the bytes of files and no folders to read. All pictures are in memory, at the size that a network reads.
 */

import { type CifarLayout, cifar10Layout, cifar100Layout, parseCifar } from '../../data/cifar/cifar.js'
import {
  type Dataset,
  imageNetNormalisation,
  type Pictures,
  pictureBytes,
  type Unreadable,
} from '../../data/dataset.js'
import { copiesOfLearned } from '../../data/folder/copies.js'
import { type OpenedPicture, openedFolder } from '../../data/folder/opened-folder.js'
import { distinct, holdOut } from '../../data/hold-out.js'
import { refusalOf } from '../../data/picture/format.js'
import type { Picture } from '../../data/picture/picture.js'
import { resize } from '../../data/picture/resize.js'
import { squareBytes } from '../../inference/picture.js'
import { DataError, ResnetError } from '../../util/errors.js'
import {
  bytesOf,
  callback,
  expectFields,
  expectKind,
  expectOptions,
  kind,
  list,
  signal,
  text,
  whole,
} from '../../util/expect.js'
import { sha256 } from '../../util/sha256.js'

/** A file with its path from the folder that was opened on, with forward slashes; or its name alone. */
export interface OpenedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** How files become a data set. */
export interface OpenedDataOptions {
  /** Pixels along a side of the pictures. */
  readonly size: number
  /** At most so many pictures to test on: of CIFAR the first ones, of folders of each class its share. All by default. */
  readonly testLimit?: number | undefined
  /** After each picture that was decoded. */
  readonly onPicture?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The data set that files make: CIFAR-10 or CIFAR-100 by the names of its files; else a folder of pictures, `<class>/*` or
 * `train/<class>/*` with `test/` or `val/`. Where a folder has no part to test on, a fifth of each class is held out by
 * chance (seed 0). Pictures that cannot be read are left out and named in `unreadable`.
 * @throws DataError that says what is missing or damaged
 */
export type OpenedData = (files: readonly OpenedFile[], options: OpenedDataOptions) => Promise<Dataset<Uint8Array>>

/** Decodes a picture file. @throws when it is none */
export type DecodeBytes = (file: OpenedFile) => Promise<Picture>

export const openedDataFunction =
  (decode: DecodeBytes): OpenedData =>
  async (given, options) => {
    const files = openedFiles(given)
    expectOptions(options, 'openedData: options', { testLimit: whole(1), onPicture: callback, signal })
    expectKind(options.size, 'openedData: options.size', whole(1, MOST_SIDE))
    const names = files.map(({ path }) => nameOf(path))
    const layout = [cifar10Layout, cifar100Layout].find(({ trainFiles, testFile }) =>
      names.some((name) => name === testFile || trainFiles.includes(name)),
    )
    if (layout) return cifarData(layout, files, options)
    if (names.includes('data_batch_1') || names.includes('test_batch'))
      throw new DataError(
        'data_batch_1: belongs to the Python version of CIFAR-10, expected the binary one (.bin files)',
      )
    if (names.some((name) => name.endsWith('.tar.gz')))
      throw new DataError(
        `${names.find((name) => name.endsWith('.tar.gz'))}: is an archive; unpack it, and open its files`,
      )
    return folderData(decode, files, options)
  }

/** As a picture of any network is wide. */
const MOST_SIDE = 4096
const someBytes = kind('bytes (a Uint8Array)', (value) => bytesOf(value) !== undefined)

/** Their bytes as those of this realm. */
function openedFiles(given: readonly OpenedFile[]): readonly OpenedFile[] {
  expectKind(given, 'openedData: files', list)
  return given.map((file, i) => {
    expectFields(file, `openedData: files[${i}]`, '{ path, bytes }', { path: text, bytes: someBytes })
    return { path: file.path, bytes: bytesOf(file.bytes)! }
  })
}

const nameOf = (path: string) => path.split('/').at(-1)!

function cifarData(layout: CifarLayout, files: readonly OpenedFile[], options: OpenedDataOptions): Dataset<Uint8Array> {
  const sources = (wanted: readonly string[]) =>
    wanted.flatMap((name) => {
      const found = files.find(({ path }) => nameOf(path) === name)
      return found ? [{ source: name, bytes: found.bytes }] : []
    })
  const [train, test] = [sources(layout.trainFiles), sources([layout.testFile])]
  if (train.length === 0 || test.length === 0)
    throw new DataError(
      `${layout.title}: ${train.length === 0 ? layout.trainFiles[0] : layout.testFile} was not opened; open files to train on (${layout.trainFiles[0]}) and ${layout.testFile} together`,
    )
  const sized = (pictures: Pictures<Uint8Array>) => resizedTo(pictures, options.size)
  return {
    name: layout.name,
    classes: layout.classes,
    train: sized(parseCifar(layout, train)),
    test: sized(parseCifar(layout, test, options.testLimit)),
    normalisation: layout.normalisation,
  }
}

function resizedTo(pictures: Pictures<Uint8Array>, size: number): Pictures<Uint8Array> {
  const { count, channels, height, width } = pictures
  if (height === size && width === size) return pictures
  const area = channels * size * size
  const pixels = new Uint8Array(count * area)
  const values = new Float32Array(area)
  const whole = { top: 0, left: 0, height, width, mirrored: false }
  for (let i = 0; i < count; i++) {
    resize(pictureBytes(pictures, i), { channels, height, width }, whole, { height: size, width: size }, values, 0)
    for (let j = 0; j < area; j++) pixels[i * area + j] = Math.round(values[j]!) // weights add up to 1: from 0 to 255
  }
  return { ...pictures, height: size, width: size, pixels }
}

async function folderData(
  decode: DecodeBytes,
  files: readonly OpenedFile[],
  options: OpenedDataOptions,
): Promise<Dataset<Uint8Array>> {
  const {
    classes,
    train,
    test,
    notes: passedOver,
  } = await openedFolder(
    files.map(({ path }) => path),
    (file) => files[file]!.bytes,
  )
  const total = train.length + (test?.length ?? 0)
  const unreadable: Unreadable[] = []
  let done = 0
  const decoded = async (pictures: readonly OpenedPicture[]): Promise<Pictures<Uint8Array>> => {
    const read: { bytes: Uint8Array; label: number; path: string }[] = []
    for (const { file, label } of pictures) {
      options.signal?.throwIfAborted()
      const opened = files[file]!
      const { path } = opened
      try {
        read.push({ bytes: squareBytes(await decode(opened), options.size, path), label, path })
      } catch (error) {
        unreadable.push({ file: path, reason: reasonFor(opened, error) })
      }
      options.onPicture?.(++done, total)
    }
    return together(read, options.size)
  }
  const learned = await decoded(train)
  const tested = test && (await decoded(test))
  classes.forEach((name, label) => {
    if (!learned.labels.includes(label))
      throw new DataError(
        `${name}: none of its pictures can be read (${unreadable[0]?.reason}); take it out, or replace them`,
      )
  })
  const copies = copiesAmong(files, [...train, ...(test ?? [])])
  const { notes, ...parts } = tested
    ? {
        train: learned,
        test: limited(tested, options.testLimit),
        notes: copiesOfLearned(learned, { test: tested }, copies),
      }
    : heldOut(classes, learned, copies, options.testLimit)
  return {
    name: 'folder',
    classes,
    ...parts,
    normalisation: imageNetNormalisation,
    unreadable,
    notes: [...passedOver, ...notes],
  }
}

/** Paths of files with the same content, in groups. */
function copiesAmong(files: readonly OpenedFile[], pictures: readonly OpenedPicture[]): string[][] {
  const groups = (list: readonly OpenedFile[], keyOf: (file: OpenedFile) => string) => {
    const found = new Map<string, OpenedFile[]>()
    for (const file of list) found.set(keyOf(file), [...(found.get(keyOf(file)) ?? []), file])
    return [...found.values()].filter(({ length }) => length > 1)
  }
  const opened = pictures.map(({ file }) => files[file]!)
  return groups(opened, ({ bytes }) => String(bytes.length))
    .flatMap((alike) => groups(alike, ({ bytes }) => sha256(bytes)))
    .map((same) => same.map(({ path }) => path))
}

/** In one line, without the file's own name. A browser says no more than that it failed: the first bytes tell why. */
function reasonFor({ path, bytes }: OpenedFile, error: unknown): string {
  if (!(error instanceof ResnetError)) return refusalOf(bytes) ?? 'is no picture that can be read: it is damaged'
  return error.message.replace(`${path}: `, '')
}

function together(
  read: readonly { readonly bytes: Uint8Array; readonly label: number; readonly path: string }[],
  size: number,
): Pictures<Uint8Array> {
  const area = 3 * size * size
  const pixels = new Uint8Array(read.length * area)
  read.forEach(({ bytes }, i) => {
    pixels.set(bytes, i * area)
  })
  const labels = Uint8Array.from(read, ({ label }) => label)
  return {
    count: read.length,
    channels: 3,
    height: size,
    width: size,
    pixels,
    labels,
    files: read.map(({ path }) => path),
  }
}

const SHARE = 0.2

function heldOut(
  classes: readonly string[],
  pictures: Pictures<Uint8Array>,
  copies: readonly (readonly string[])[],
  limit = Number.POSITIVE_INFINITY,
) {
  const places = new Map(pictures.files?.map((path, place) => [path, place]))
  const groups = copies
    .map((group) => group.flatMap((path) => places.get(path) ?? []))
    .filter(({ length }) => length > 1)
  const sizes = distinct(pictures, groups)
  if (sizes.every((size) => size < 2))
    throw new DataError(
      `the folder that was opened: ${classes.slice(0, 3).join(', ')}${classes.length > 3 ? ' …' : ''} have one picture each, so none is left to test on; two of a class are needed`,
    )
  const all = sizes.reduce((sum, size) => sum + size, 0)
  const { train, test } = holdOut(pictures, Math.max(1, Math.min(limit, Math.round(SHARE * all))), 0, groups)
  const spare = groups.reduce((sum, { length }) => sum + length - 1, 0)
  const notes =
    spare > 0 ? [`${spare} of ${pictures.count} pictures are copies of others; no picture is on both sides`] : []
  return { train: inMemory(train), test: inMemory(test), notes }
}

function limited(pictures: Pictures<Uint8Array>, limit = Number.POSITIVE_INFINITY): Pictures<Uint8Array> {
  return pictures.count > limit ? inMemory(holdOut(pictures, limit, 0).test) : pictures
}

function inMemory(pictures: Pictures): Pictures<Uint8Array> {
  const area = pictures.channels * pictures.height * pictures.width
  const pixels = new Uint8Array(pictures.count * area)
  for (let i = 0; i < pictures.count; i++) pixels.set(pictureBytes(pictures, i), i * area)
  return { ...pictures, pixels }
}
