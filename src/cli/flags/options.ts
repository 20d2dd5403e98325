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

/** So many legal values are told in full; of more the nearest are. */
const FEW = 12

/**
 * A parser for values out of a list; wrong ones are answered with the nearest of it, and with the list where it is short.
 * @param whole where all of a long list is told
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

/** One of `datasetNames`; a folder of pictures is not one, and people name theirs here. */
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

/** Of an engine: more than this machine can use are not started, which is said. */
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

/** GiB; more than any computer has is a slip. */
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

/** A flag as it is typed, by the name that its value has. */
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
    new Option('--threads <n>', 'threads of the engine (default: one a processor)').argParser(threadCount),
  ]
}

/** From so many bytes on, a command says what it is about to take. */
const LARGE = 2 ** 30

/** The engine, from flags. Plans that take much memory are said before it is taken; of several, those that take more. */
export function computeFrom({ engine, threads }: EngineFlags, signal: AbortSignal) {
  let said = 0
  const onMemory = (bytes: number) => {
    if (bytes >= LARGE && bytes > said) say(`memory: ${bytesText(bytes)} for what is computed now`)
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

/** The size to load a data set in, for a network that reads `side` pixels; undefined for sets of one size. */
export function sizeFor(dataset: DatasetName, side: number): number | undefined {
  return dataset === 'folder' || (dataset === 'builtin' && side === 16) ? side : undefined
}

/** Of `--dataset folder`: how decoded pictures are kept. */
export function folderOptions(): Option[] {
  return [
    new Option('--cache <dir>', 'of a folder: where decoded pictures are kept (default: .resnet-cache in it)'),
    new Option('--cache-limit <gib>', 'GiB that these may take (default: 64)').argParser(gibibytes),
    new Option('--data-memory <gib>', 'decoded pictures beyond it stay on the disk (default: 2)').argParser(gibibytes),
  ]
}

/** Where networks that have a name are told in full. */
export const allNetworks = (count: number) => `All ${count} networks that have a name: ${command('list')}`

const presetParser: (value: string) => PresetName = oneOf(presetNames, allNetworks(presetNames.length))

/** The words of the help about the names of networks. */
export const presetsText = `such as resnet20, plain56, preresnet164 or resnet50; "${command('list')}" prints all`

/** Of commands that read weights of others: which network they are of, where the shapes do not tell. */
export const archOption = () =>
  new Option('-a, --arch <name>', 'which network the weights are of (default: found out from them)').argParser(
    presetParser,
  )

export const jsonOption = (what: string) =>
  new Option('--json', `end with one line of JSON on standard output: ${what}`)

/** Of a training: the word alone asks for the least memory. */
export const recomputeOption = () =>
  new Option('--recompute [what]', `less memory for more time: ${recomputeLevels.join(', ')} (alone: blocks)`)
    .preset('blocks')
    .argParser(oneOf(recomputeLevels))
