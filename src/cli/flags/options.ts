/** Options that several commands share, and how their values are read. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { InvalidArgumentError, Option } from 'commander'
import {
  type DatasetName,
  datasetNames,
  type EngineName,
  engineNames,
  guess,
  mostThreads,
  type PresetName,
  presetNames,
  recomputeLevels,
} from '../../internal.node.js'
import { command } from '../terminal/invocation.js'
import { bytesText, say } from '../terminal/output.js'

/** Up to this number of legal values a message lists all of them, otherwise the nearest ones. */
const FEW = 12

/**
 * A parser for values of a list. A wrong value is answered with the nearest legal values, or with the whole list if it
 * is short.
 * @param whole the place that shows all values of a long list
 */
export function oneOf<T extends string>(legal: readonly T[], whole?: string): (value: string) => T {
  return (value) => {
    const found = legal.find((other) => other === value)
    if (found !== undefined) return found
    const meant = guess(value, legal, legal.length > FEW ? 3 : 1).replace('did', 'Did')
    const all = legal.length > FEW && whole !== undefined ? whole : `Legal values: ${legal.join(', ')}.`
    throw new InvalidArgumentError(meant ? `${meant} ${all}` : all)
  }
}

/** A parser for `datasetNames`. If the value is the path of a folder or a file, the error says how to give it. */
export function datasetName(value: string): DatasetName {
  if (!datasetNames.some((name) => name === value) && existsSync(value))
    throw new InvalidArgumentError(`It is a folder or a file: write --dataset folder --data ${value}.`)
  return oneOf(datasetNames)(value)
}

export function number(value: string): number {
  const parsed = value.trim() === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(parsed)) throw new InvalidArgumentError('Expected a number.')
  return parsed
}

/** A parser for whole numbers from `least`. */
export function whole(least: number): (value: string) => number {
  return (value) => {
    const parsed = number(value)
    if (!Number.isSafeInteger(parsed) || parsed < least)
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`)
    return parsed
  }
}

/** A parser for threads of an engine. It prints a note if fewer threads than requested are started. */
export function threadCount(value: string): number {
  const asked = whole(1)(value)
  const processors = availableParallelism()
  const threads = Math.min(asked, mostThreads(processors))
  if (threads < asked) {
    const those = processors === 1 ? 'its one processor' : `its ${processors} processors`
    say(`note: --threads ${asked}: ${threads} are started, as many as ${those} can use`)
  }
  return threads
}

/** The largest accepted number of GiB; more than this is a typing error. */
const MOST_GIB = 2 ** 20

/** A size in GiB, in bytes. */
export function gibibytes(value: string): number {
  const parsed = number(value)
  if (parsed < 0 || parsed > MOST_GIB) throw new InvalidArgumentError(`Expected GiB from 0 to ${MOST_GIB}.`)
  return Math.round(parsed * 2 ** 30)
}

/** Numbers separated by commas. */
export function numbers(value: string): number[] {
  return value.split(',').map(number)
}

/** The flag as it is typed, from the name of its value. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

export interface EngineFlags {
  readonly engine: EngineName
  readonly threads?: number
}

export function engineOption(): Option {
  return new Option('--engine <name>', engineNames.join(', ')).default('auto').argParser(oneOf(engineNames))
}

export function engineOptions(): Option[] {
  return [
    engineOption(),
    new Option('--threads <n>', 'threads of the engine (default: one per processor)').argParser(threadCount),
  ]
}

/** From this number of bytes on, a command prints the memory that it is about to take. */
const LARGE = 2 ** 30

/**
 * Opens the engine that flags ask for. Prints the memory of large plans before it is taken, and again only for larger
 * plans.
 */
export function computeFrom({ engine, threads }: EngineFlags, signal: AbortSignal) {
  let said = 0
  const onMemory = (bytes: number) => {
    if (bytes >= LARGE && bytes > said) say(`memory: ${bytesText(bytes)} for the next computation`)
    said = Math.max(said, bytes)
  }
  return { engine, threads, onMemory, signal }
}

export interface DataFlags {
  readonly dataset?: DatasetName
  readonly data?: string
  /** The column of classes of a table. */
  readonly label?: string
  readonly limitTrain?: number
  readonly limitTest?: number
  readonly cache?: string
  /** In bytes. */
  readonly cacheLimit?: number
  /** In bytes. */
  readonly dataMemory?: number
}

export function dataOptions(): Option[] {
  return [
    new Option('--dataset <name>', `${datasetNames.join(', ')} (default: builtin)`).argParser(datasetName),
    new Option('--data <dir>', 'folder, archive or file of the data set; builtin needs none'),
    new Option('--label <column>', 'of a table: the column of classes (default: the last)'),
    new Option('--limit-test <n>', 'use the first n test pictures only').argParser(whole(1)),
    ...folderOptions(),
  ]
}

/** The size to load a data set in, for a network that reads `side` pixels. Undefined for sets with a fixed size. */
export function sizeFor(dataset: DatasetName, side: number): number | undefined {
  return dataset === 'folder' || (dataset === 'builtin' && side === 16) ? side : undefined
}

/** The options of `--dataset folder` for keeping decoded pictures. */
export function folderOptions(): Option[] {
  return [
    new Option('--cache <dir>', 'for a folder: where decoded pictures are kept (default: .resnet-cache in it)'),
    new Option('--cache-limit <gib>', 'GiB of decoded pictures on the disk (default: 64)').argParser(gibibytes),
    new Option(
      '--data-memory <gib>',
      'GiB of decoded pictures in memory; more stay on the disk (default: 2)',
    ).argParser(gibibytes),
  ]
}

/** The place that lists all presets. */
export const allNetworks = (count: number) => `All ${count} networks that have a name: ${command('list')}`

const presetParser: (value: string) => PresetName = oneOf(presetNames, allNetworks(presetNames.length))

/** The text of the help about names of networks. */
export const presetsText = `such as resnet20, plain56, preresnet164 or resnet50; "${command('list')}" prints all`

/** The option of commands that read foreign weights: the network of the weights, if the shapes do not determine it. */
export const archOption = () =>
  new Option('-a, --arch <name>', 'network of the weights (default: found by their shapes)').argParser(presetParser)

export const jsonOption = (what: string) =>
  new Option('--json', `end with one line of JSON on standard output: ${what}`)

/** The option of a training that saves memory. Without a value it asks for the least memory. */
export const recomputeOption = () =>
  new Option('--recompute [what]', `less memory for more time: ${recomputeLevels.join(', ')} (without a value: blocks)`)
    .preset('blocks')
    .argParser(oneOf(recomputeLevels))
