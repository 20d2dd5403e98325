/**
 * Reads CIFAR-10 and CIFAR-100 from disk, in the official binary version or the Python version: a folder with the files,
 * a folder that holds the official folder or archive, or the archive itself (.tar.gz, .tar or .zip). Smaller sets in the
 * same layout are read as well.
 */

import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { isGzip } from '../../util/archive/gzip.js'
import { readTar } from '../../util/archive/tar.js'
import { isZip, readZip } from '../../util/archive/zip.js'
import { Budget } from '../../util/budget.js'
import { ConfigError, DataError } from '../../util/errors.js'
import { described, expectKind, expectOptions, name, options as optionsKind } from '../../util/expect.js'
import { strangeFile } from '../../util/file-kind.js'
import { printable } from '../../util/printable.js'
import type { Dataset } from '../dataset.js'
import {
  type CifarLayout,
  cifar10Layout,
  cifar100Layout,
  type NamedBytes,
  parseCifar,
  parseClassNames,
} from './cifar.js'
import { parseCifarPython } from './python.js'

/** Limits of the pictures that are read. */
export interface CifarOptions {
  /** Reads only the first pictures of each part, up to these numbers. */
  readonly limit?: { readonly train?: number | undefined; readonly test?: number | undefined } | undefined
}

/** Bytes that a file of class names may have, many times the usual size. */
const MOST_NAMES = 1 << 16

/** The official archives unpack to 176 MiB. Anything that unpacks to more than this is not CIFAR. */
const UNPACKED_LIMIT = 1 << 28

const HOME = 'https://www.cs.toronto.edu/~kriz/cifar.html'

/**
 * Reads CIFAR-10 (10 classes, 32x32 RGB) from a folder, or from an archive of either version.
 * @throws DataError naming the file if something is missing or damaged; ConfigError for a limit out of range
 */
export function cifar10(path: string, options: CifarOptions = {}): Promise<Dataset<Uint8Array>> {
  return readCifar(cifar10Layout, path, options)
}

/** Reads CIFAR-100 with its 100 fine classes; otherwise like `cifar10`. */
export function cifar100(path: string, options: CifarOptions = {}): Promise<Dataset<Uint8Array>> {
  return readCifar(cifar100Layout, path, options)
}

async function readCifar(layout: CifarLayout, path: string, options: CifarOptions): Promise<Dataset<Uint8Array>> {
  expectKind(path, `${layout.name}: path`, name)
  expectOptions(options, `${layout.name}: options`, { limit: optionsKind })
  const { limit = {} } = options
  for (const [part, count] of [['train', limit.train] as const, ['test', limit.test] as const])
    if (count !== undefined && !(Number.isInteger(count) && count >= 1))
      throw new ConfigError(
        `${layout.name}: limit.${part} is ${described(count)}, expected a whole number of pictures from 1`,
      )
  const files = await openFiles(layout, path)
  const version = versionOf(layout, files.names)
  const own = { ...layout, ...version }
  const train = await files.readAll(trainFiles(own, files))
  const test = await files.readAll([own.testFile])
  const names = files.names.includes(layout.namesFile) ? (await files.readAll([layout.namesFile]))[0] : undefined
  const parse = version.isPython ? parseCifarPython : parseCifar
  return {
    name: layout.name,
    classes: names ? classNames(layout, names) : layout.classes,
    train: parse(layout, train, limit.train),
    test: parse(layout, test, limit.test),
    normalisation: layout.normalisation,
  }
}

interface Version extends Pick<CifarLayout, 'trainFiles' | 'testFile' | 'folder'> {
  readonly isPython: boolean
}

/** The Python version has the same files without an ending, and another folder. */
function pythonVersion({ name, trainFiles, testFile }: CifarLayout): Version {
  const bare = (file: string) => file.replace(/\.bin$/, '')
  const folder = name === 'cifar10' ? 'cifar-10-batches-py' : 'cifar-100-python'
  return { isPython: true, trainFiles: trainFiles.map(bare), testFile: bare(testFile), folder }
}

/** The version that some files are of; the binary one if they are of neither. */
function versionOf(layout: CifarLayout, names: readonly string[]): Version {
  const { trainFiles, testFile, folder } = layout
  const binary = { isPython: false, trainFiles, testFile, folder }
  const python = pythonVersion(layout)
  const has = (version: Version) => names.includes(version.testFile) || names.includes(version.trainFiles[0]!)
  return !has(binary) && has(python) ? python : binary
}

const isOneOf = (layout: CifarLayout, name: string) =>
  [layout, pythonVersion(layout)].some(({ testFile, trainFiles }) => name === testFile || trainFiles.includes(name))

function classNames(layout: CifarLayout, { source, bytes }: NamedBytes): string[] {
  if (bytes.length > MOST_NAMES)
    throw new DataError(
      `${source}: has ${bytes.length} bytes, expected the names of ${layout.classes.length} classes, one a line; restore the file, or delete it to use the official names`,
    )
  return parseClassNames(layout, source, new TextDecoder().decode(bytes))
}

/** The files of a folder or of an archive. */
interface Files {
  /** The name that the user gave, for errors. */
  readonly source: string
  readonly names: readonly string[]
  readAll(names: readonly string[]): Promise<NamedBytes[]>
}

/** The training files that exist. A smaller set may stop early, but no file may be missing in between. */
function trainFiles(layout: CifarLayout, files: Files): string[] {
  const present = layout.trainFiles.filter((name) => files.names.includes(name))
  const wanted = layout.trainFiles.slice(0, Math.max(1, layout.trainFiles.indexOf(present.at(-1) ?? '') + 1))
  for (const name of [...wanted, layout.testFile])
    if (!files.names.includes(name))
      throw new DataError(
        `${files.source}: ${name} is missing; expected ${expectedFiles(layout)}: unpack ${layout.archive} again`,
      )
  return present
}

async function openFiles(layout: CifarLayout, path: string): Promise<Files> {
  const found = await orExplain(path, stat(path), 'ENOENT', `no such file or folder; ${remedy(layout)}`)
  if (!found.isDirectory()) return archiveFiles(layout, path)
  const names = await orExplain(path, readdir(path))
  const inner = [layout.folder, pythonVersion(layout).folder].find((name) => names.includes(name))
  const archives = [/-binary\.(tar\.gz|tgz|tar|zip)$/, /(-python)?\.(tar\.gz|tgz|tar|zip)$/]
  const packed = archives
    .map((ending) =>
      names.find((name) => ending.test(name) && name.startsWith(layout.archive.replace('-binary.tar.gz', ''))),
    )
    .find((name) => name !== undefined)
  if (names.some((name) => isOneOf(layout, name))) return folderFiles(path, names)
  const next = inner ?? packed
  if (next !== undefined) return openFiles(layout, join(path, next))
  throw new DataError(`${path}: ${whatIsThere(names)}; ${remedy(layout)}`)
}

function folderFiles(folder: string, names: readonly string[]): Files {
  const readOne = async (name: string) => {
    const source = join(folder, name)
    return { source, bytes: await readWhole(source) }
  }
  return { source: folder, names, readAll: (wanted) => Promise.all(wanted.map(readOne)) }
}

async function archiveFiles(layout: CifarLayout, path: string): Promise<Files> {
  const packed = await readWhole(path)
  const isPacked = isGzip(packed)
  const bytes = isPacked ? await unpack(layout, path, packed) : packed
  const isTar = new TextDecoder('latin1').decode(bytes.subarray(257, 262)) === 'ustar'
  if (!isPacked && !isZip(bytes) && !isTar)
    throw new DataError(
      `${path}: expected a gzip, tar or zip archive, got ${strangeFile(bytes)?.what ?? 'something else'}; ${remedy(layout)}`,
    )
  const entries = new Map<string, () => Uint8Array | Promise<Uint8Array>>()
  if (isZip(bytes))
    for (const entry of readZip(bytes, path).values()) entries.set(basename(entry.name), () => entry.read())
  else for (const { name, bytes: own } of readTar(bytes, path)) entries.set(basename(name), () => own)
  const names = [...entries.keys()]
  if (!names.some((name) => isOneOf(layout, name)))
    throw new DataError(`${path}: ${whatIsThere(names)}; ${remedy(layout)}`)
  const readOne = async (name: string) => ({ source: `${path}: ${name}`, bytes: await entries.get(name)!() })
  return { source: path, names, readAll: (wanted) => Promise.all(wanted.map(readOne)) }
}

/** Reads a file, unless it is far larger than any file of CIFAR. */
async function readWhole(path: string): Promise<Uint8Array> {
  const { size } = await orExplain(path, stat(path))
  if (size > UNPACKED_LIMIT)
    throw new DataError(
      `${path}: has ${size} bytes, expected at most ${UNPACKED_LIMIT}: no file of CIFAR is that large; name the right one`,
    )
  return orExplain(path, readFile(path))
}

async function unpack(layout: CifarLayout, path: string, packed: Uint8Array): Promise<Uint8Array> {
  const most = Math.min(UNPACKED_LIMIT, new Budget(path, packed.length).mostBytes)
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: most })
  } catch (error) {
    const what = {
      ERR_BUFFER_TOO_LARGE: `unpacks to more than ${most} bytes, too many for a CIFAR archive`,
      Z_BUF_ERROR: 'the gzip archive ends too early; the file is truncated',
    }[codeOf(error)]
    throw new DataError(`${path}: ${what ?? 'the gzip archive is damaged'}: download ${layout.archive} again`, {
      cause: error,
    })
  }
}

/** Says what was found instead of the files, and recognises the usual mix-ups. */
function whatIsThere(names: readonly string[]): string {
  const known: readonly (readonly [string, string])[] = [
    ['data_batch_1', 'holds CIFAR-10 (data_batch_1)'],
    ['cifar-10-batches-py', 'holds CIFAR-10 (cifar-10-batches-py)'],
    ['cifar-100-python', 'holds CIFAR-100 (cifar-100-python)'],
    ['train.bin', 'holds CIFAR-100 (train.bin)'],
    ['data_batch_1.bin', 'holds CIFAR-10 (data_batch_1.bin)'],
  ]
  for (const [name, what] of known) if (names.includes(name)) return what
  if (names.length === 0) return 'is empty'
  return `holds ${names
    .slice(0, 3)
    .map((name) => printable(name, 40))
    .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}, but no files of CIFAR`
}

function expectedFiles({ trainFiles, testFile }: CifarLayout): string {
  const train = trainFiles.length > 1 ? `${trainFiles[0]} to ${trainFiles.at(-1)}` : trainFiles[0]
  return `${train} and ${testFile}`
}

function remedy(layout: CifarLayout): string {
  return `expected ${layout.title}: a folder with ${expectedFiles(layout)}, ${layout.archive}, or the Python version, from ${HOME}`
}

/** Turns an error of the file system into one that names the file. `said` replaces the text for the code `code`. */
async function orExplain<T>(path: string, work: Promise<T>, code?: string, said?: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    const text = said !== undefined && codeOf(error) === code ? said : `cannot be read (${codeOf(error)})`
    throw new DataError(`${path}: ${text}`, { cause: error })
  }
}

/** The code of a Node error; `unknown error` if it has none. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}
