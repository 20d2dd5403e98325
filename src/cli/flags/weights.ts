/** Loads the weights that a command works with: from a file, or from the hub with the progress of the download. */
import { Option } from 'commander'
import {
  ConfigError,
  type DecodedNetwork,
  type DecodeOptions,
  type HubOptions,
  type NetworkSpec,
  type PresetName,
  type RecogniseOptions,
  readNetwork,
  type Tasks,
} from '../../internal.node.js'
import { oneLine, say } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'
import { archOption, numbers } from './options.js'

/** Flags with facts about weights that may be missing in their file. */
export interface KnownFlags {
  readonly arch?: PresetName | undefined
  /** Mean of each channel, for pictures in [0, 1]. */
  readonly mean?: readonly number[] | undefined
  readonly std?: readonly number[] | undefined
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
  ]
}

function recogniseOptions({ arch, mean, std }: KnownFlags): RecogniseOptions {
  if (mean === undefined && std === undefined) return { arch }
  if (mean === undefined || std === undefined)
    throw new ConfigError(
      `--${mean ? 'mean' : 'std'}: --${mean ? 'std' : 'mean'} is missing; give both, a number for each channel, such as --mean 0.449 --std 0.226`,
    )
  return { arch, pictures: { normalisation: { mean, std } } }
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

/** Prints a note if the normalisation was assumed. */
export async function openWeights(
  { weights, cache, ...known }: WeightFlags,
  options: Pick<HubOptions, 'signal'> & { readonly tasks?: Tasks | undefined } = {},
): Promise<DecodedNetwork> {
  const recognise = recogniseOptions(known)
  const network = await fetched(weights, { ...recognise, cache, ...options })
  if (network.assumed !== undefined) say(`note: ${weights}: ${network.assumed}; change it with --mean and --std`)
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
