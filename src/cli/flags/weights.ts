/** Loads the weights that a command works with: from a file, or from the hub with the progress of the download. */
import { readFileSync, statSync } from 'node:fs'
import { Option } from 'commander'
import {
  ConfigError,
  type DecodedNetwork,
  type DecodeOptions,
  type HubOptions,
  type Interpolation,
  interpolations,
  type NetworkSpec,
  type Normalisation,
  type PresetName,
  type RecogniseOptions,
  readNetwork,
  type Tasks,
} from '../../internal.node.js'
import { oneLine, say } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'
import { archOption, numbers, oneOf, whole } from './options.js'

/** Flags with facts about weights that may be missing in their file. */
export interface KnownFlags {
  readonly arch?: PresetName | undefined
  /** Mean of each channel, for pictures in [0, 1]. */
  readonly mean?: readonly number[] | undefined
  readonly std?: readonly number[] | undefined
  /** Height and width that pictures are resized to. */
  readonly size?: number | undefined
  /** Height and width of their middle, which is read. */
  readonly crop?: number | undefined
  readonly interpolation?: Interpolation | undefined
  /** Names of classes, or a file of them. */
  readonly classes?: string | undefined
  /** The entry of the file that is read. */
  readonly entry?: string | undefined
  /** How tensors are matched with layers. */
  readonly match?: 'names' | 'order' | undefined
}

export interface WeightFlags extends KnownFlags {
  readonly weights: string
  readonly cache?: string | undefined
}

export const weightsText = 'a checkpoint, safetensors, a file of PyTorch, or a network of the hub: hub:OWNER/NAME'

export function cacheOption(): Option {
  return new Option('--cache <dir>', 'where networks of the hub are kept (default: resnet.ts in ~/.cache)')
}

/** The options of `KnownFlags`. */
export function knownOptions(): Option[] {
  return [
    archOption(),
    new Option(
      '--mean <list>',
      'normalisation: mean of each channel, such as 0.485,0.456,0.406, or 0.449 for grey nets (default: the usual one for the names in the file)',
    ).argParser(numbers),
    new Option('--std <list>', 'normalisation: standard deviation of each channel').argParser(numbers),
    new Option('--size <n>', 'height and width that pictures are resized to (default: as is usual)').argParser(
      whole(1),
    ),
    new Option('--crop <n>', 'height and width of the middle of them, which is read (default: all of it)').argParser(
      whole(1),
    ),
    new Option('--interpolation <kind>', `how pictures are resized: ${interpolations.join(', ')}`).argParser(
      oneOf(interpolations),
    ),
    new Option('--classes <names>', 'names of the classes: NO,YES, or a text file with one a line'),
    new Option('--entry <name>', 'the entry of the file that is read, where it holds several networks'),
    new Option('--match <how>', 'names, or order: by the order of the tensors, if their names say nothing').argParser(
      oneOf(['names', 'order']),
    ),
  ]
}

/** The flags about a file of weights, out of all flags of a command. */
export function knownFlags(flags: KnownFlags): KnownFlags {
  const { arch, mean, std, size, crop, interpolation, classes, entry, match } = flags
  return { arch, mean, std, size, crop, interpolation, classes, entry, match }
}

/** Names from a flag: of a file the lines that are not empty, else the parts between commas. */
export function classNamesFrom(value: string): string[] {
  if (/^\d+$/.test(value) && !isFile(value))
    throw new ConfigError(
      `--classes ${value}: a number is for networks by name; files of weights have their own number and take names, such as NO,YES`,
    )
  const names = isFile(value) ? readFileSync(value, 'utf8').split(/\r?\n/) : value.split(',')
  const found = names.map((name) => name.trim()).filter((name) => name !== '')
  if (found.length > 0) return found
  throw new ConfigError(`--classes ${oneLine(value)}: holds no names; give a file with one a line, or NO,YES`)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function recogniseOptions(flags: KnownFlags): RecogniseOptions & Pick<DecodeOptions, 'entry'> {
  const { arch, classes, entry, match, interpolation, size, crop } = flags
  const normalisation = normalisationFrom(flags)
  const square = (side: number | undefined) => (side === undefined ? undefined : { height: side, width: side })
  const input = square(crop ?? size)
  const resize = square(size)
  const pictures = {
    ...(normalisation ? { normalisation } : {}),
    ...(input ? { input } : {}),
    ...(resize ? { resize } : {}),
    ...(interpolation ? { interpolation } : {}),
  }
  if (crop !== undefined && size !== undefined && crop > size)
    throw new ConfigError(`--crop ${crop}: is larger than the ${size} of --size; the middle of a picture is no larger`)
  return {
    arch,
    entry,
    match,
    ...(Object.keys(pictures).length > 0 ? { pictures } : {}),
    ...(classes === undefined ? {} : { classes: classNamesFrom(classes) }),
  }
}

function normalisationFrom({ mean, std }: KnownFlags): Normalisation | undefined {
  if (mean === undefined && std === undefined) return undefined
  if (mean === undefined || std === undefined)
    throw new ConfigError(
      `--${mean ? 'mean' : 'std'}: --${mean ? 'std' : 'mean'} is missing; give both, a number for each channel, such as --mean 0.449 --std 0.226`,
    )
  return { mean, std }
}

/** A note about the channels of a network's input; undefined for RGB. */
export function readsText({ name, input }: NetworkSpec): string | undefined {
  if (input.channels === 1) return `note: ${name} reads grey pictures: the luminance of those in colour`
  return input.channels === 4 ? `note: ${name} reads four channels: red, green, blue and opacity` : undefined
}

/** A line about the loaded network. */
export function originText(weights: string, { spec, preprocessing, origin }: DecodedNetwork): string {
  const { length } = preprocessing.classes
  return `${oneLine(weights)}: ${oneLine(spec.name)}${length > 0 ? ` with ${length} classes` : ''} (${origin})`
}

/** Prints notes: an assumed normalisation, and parts of the file that are not used. */
export async function openWeights(
  { weights, cache, ...known }: WeightFlags,
  options: Pick<HubOptions, 'signal'> & { readonly tasks?: Tasks | undefined } = {},
): Promise<DecodedNetwork> {
  const recognise = recogniseOptions(knownFlags(known))
  const network = await fetched(weights, { ...recognise, cache, ...options })
  if (network.assumed !== undefined) say(`note: ${weights}: ${network.assumed}; change it with --mean and --std`)
  for (const [inFile, name] of network.mapping ?? []) say(`${inFile} is read as ${name}`)
  if (network.preprocessing.unproven)
    say(
      `note: ${oneLine(weights)}: its layers were matched by order alone and may be wrong; see that eval on labelled data is far from chance`,
    )
  for (const note of network.notes ?? []) say(`note: ${oneLine(weights)}: ${note}`)
  return network
}

async function fetched(weights: string, options: DecodeOptions & HubOptions): Promise<DecodedNetwork> {
  const progress = new Progress('fetching', (bytes) => `${(bytes / 1e6).toFixed(1)} MB`)
  try {
    return await readNetwork(weights, {
      ...options,
      onProgress: (bytes, total) => progress.update(bytes, total),
      onRetry: (reason, seconds) => {
        progress.stop()
        say(`${reason}; trying again in ${seconds} s`)
      },
    })
  } finally {
    progress.stop()
  }
}
