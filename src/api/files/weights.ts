/** Weights in whatever file they come: what it is shows in its first bytes, not in its name. */
import { normalisationText } from '../../data/dataset.js'
import { choose } from '../../formats/names/choose.js'
import { expectOrder } from '../../formats/names/match-order.js'
import type { IdentifiedNetwork, RecogniseOptions } from '../../formats/names/recognise.js'
import { decodePortable, isPortable } from '../../formats/portable.js'
import { readSafetensors, type SafetensorsFile } from '../../formats/safetensors.js'
import type { StateDict, StoredTensor } from '../../formats/stored-tensor.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { headsOf, type Tasks } from '../../tasks/index.js'
import { type Checkpoint, checkpointIn } from '../../train/checkpoint/checkpoint.js'
import { isGzip, unpackGzip } from '../../util/archive/gzip.js'
import { Budget } from '../../util/budget.js'
import { ConfigError, DataError } from '../../util/errors.js'
import { expectBytes, expectKind, expectOptions, listOf, object, oneOf, signal, text } from '../../util/expect.js'

/** Height of the smallest pictures of nets whose thousand classes are those of ImageNet. */
const LEAST_IMAGENET = 64

/** A network, and how its file was understood. */
export interface DecodedNetwork extends TrainedNetwork {
  /** For example `safetensors, names of torchvision`. */
  readonly origin: string
  /** With all that belongs to its training, where the file is a checkpoint. */
  readonly checkpoint?: Checkpoint<string>
  /**
   * In a sentence: what was assumed of how pictures are normalised, where nothing tells, as of networks that read grey
   * pictures or four channels. Say otherwise by the option `pictures.normalisation`.
   */
  readonly assumed?: string | undefined
  /** Sentences about the file: the entry that was chosen, tensors that were left out, calls that were not run. */
  readonly notes?: readonly string[] | undefined
  /** Names in the file, each with that of its layer, if they were matched by order. */
  readonly mapping?: readonly (readonly [inFile: string, name: string])[] | undefined
}

/** How weights are understood. */
export interface DecodeOptions extends RecogniseOptions {
  readonly signal?: AbortSignal | undefined
  /**
   * The entry of the file to read, by the keys that lead to it, such as `model/state_dict` or `state_dict_ema`; default:
   * the one that is a network.
   */
  readonly entry?: string | undefined
  /** The tasks that there are, such as `{ ...tasks, mine }`; default: those of this package. */
  readonly tasks?: Tasks | undefined
}

/** Facts about weights that a person knows better than their file; whether they fit is looked at when the weights are read. */
export const weightFields = {
  tasks: object,
  arch: text,
  classes: listOf(text, 'a list of names'),
  pictures: object,
  entry: text,
  match: oneOf(['names', 'order']),
  signal,
}

/**
 * Reads the network in a file. The file is a checkpoint or an export of this package, safetensors, or a file of PyTorch
 * (its zip form or the older one); gzip may pack it. The names of its tensors tell the parts of a residual network:
 * docs/weights.md lists them. All dictionaries of tensors are tried, and whole modules too. Nothing in a file is ever
 * run. A file that asks for far more memory or work than honest files of its size is refused.
 * @param file the bytes of the file
 * @param name the file's name, at the start of every error
 * @throws DataError when the file is damaged, holds no weights, asks for too much, or its tensors belong to no known
 * network or to several
 * @throws ConfigError for options that do not fit the network, or contradict the file's own statements
 * @throws the reason of `signal` when it is aborted
 */
export async function decodeNetwork(
  file: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<DecodedNetwork> {
  const bytes = expectBytes(file, 'decodeNetwork: file', 'load() takes an address, a Blob or a path, too')
  expectKind(name, 'decodeNetwork: name', text)
  expectOptions(options, 'decodeNetwork: options', weightFields)
  return decodeKnowing(bytes, name, options, {})
}

/** Decodes a network. @param known settings from beside the file: see `identify`. A file with settings of its own ignores them. */
export async function decodeKnowing(
  given: Uint8Array,
  name: string,
  options: DecodeOptions,
  known: RecogniseOptions,
): Promise<DecodedNetwork> {
  const bytes = isGzip(given) ? await unpackGzip(given, new Budget(name, given.length), options.signal) : given
  if (bytes[8] === 0x7b) return fromSafetensors(bytes, name, options, known) // the brace that opens its header
  // Fetched where it is needed: pages that open safetensors do without.
  const { openSaved } = await import('./saved.js')
  const saved = await openSaved(bytes, name, options.signal)
  if (saved && saved.entries.length === 0) {
    const [note] = saved.notes
    throw new DataError(
      `${name}: no weights found: expected a dictionary of tensors (a state_dict) or a module, got ${saved.value}${note === undefined ? '' : `; ${note}`}`,
    )
  }
  if (saved) {
    const { entry, network, notes } = choose(saved.entries, name, options, known)
    await saved.fill(entry, options.signal)
    const all = [...notes, ...saved.notes]
    return finished(network, all, options.classes ?? known.classes, saved.form)
  }
  const { strangeFile } = await import('../../util/file-kind.js')
  const strange = strangeFile(bytes)
  const got = strange?.what ?? (bytes.length === 0 ? 'an empty file' : `${bytes.length} bytes of something else`)
  throw new DataError(
    `${name}: no file of weights: expected safetensors or a file of torch.save, got ${got}${strange ? `; ${strange.remedy}` : ''}`,
  )
}

async function fromSafetensors(
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions,
  known: RecogniseOptions,
): Promise<DecodedNetwork> {
  const file = readSafetensors(bytes, name)
  if (file.metadata.format === '1') {
    const checkpoint = checkpointIn(file, name, options.tasks)
    const { spec, preprocessing, weights } = checkpoint
    expectNothingElse({ spec, preprocessing }, name, options)
    return { spec, preprocessing, weights, checkpoint, origin: 'checkpoint of resnet.ts' }
  }
  const tensors = stateDictOf(file, name)
  if (!isPortable(file)) {
    if (options.match === 'order') expectOrder('safetensors', name)
    const { network, notes } = choose([{ path: '', tensors }], name, options, known)
    return finished(network, notes, options.classes ?? known.classes, 'safetensors')
  }
  const network = decodePortable(tensors, file, name, headsOf(options.tasks))
  expectNothingElse(network, name, options)
  return { ...network, origin: 'export of resnet.ts' }
}

/** @throws ConfigError where somebody says otherwise than a file that tells which network it holds, and how pictures are prepared */
function expectNothingElse(
  { spec, preprocessing }: Pick<TrainedNetwork, 'spec' | 'preprocessing'>,
  name: string,
  { arch, pictures, classes, entry }: DecodeOptions,
): void {
  if (arch !== undefined && arch !== spec.name)
    throw new ConfigError(`${name}: the file itself says that its network is ${spec.name}, not ${arch}; name no other`)
  const other = [
    ...(classes === undefined ? [] : ['names of classes']),
    ...(entry === undefined ? [] : ['an entry']),
    ...(pictures === undefined || Object.keys(pictures).every((name) => name === 'normalisation')
      ? []
      : ['sizes of pictures or an interpolation']),
  ]
  if (other.length > 0)
    throw new ConfigError(`${name}: the file itself says all about its network; leave ${other.join(' and ')} out`)
  if (pictures?.normalisation)
    throw new ConfigError(
      `${name}: the file itself says how its pictures are normalised, with ${normalisationText(preprocessing.normalisation)}; leave mean and deviation out`,
    )
}

/** Reads the numbers, and names the classes of ImageNet. */
async function finished(
  { decode, notes: _, ...network }: IdentifiedNetwork,
  notes: readonly string[],
  classes: readonly string[] | undefined,
  form: string,
): Promise<DecodedNetwork> {
  const { preprocessing, keys } = network
  const decoded = {
    ...network,
    weights: decode(),
    origin: `${form}, names of ${keys}`,
    ...(notes.length > 0 ? { notes } : {}),
  }
  if (preprocessing.classes.length !== 1000 || preprocessing.input.height < LEAST_IMAGENET || classes !== undefined)
    return decoded
  // Twelve kilobytes that other networks have no use for.
  const { imageNetNames } = await import('../../data/imagenet-names.js')
  return { ...decoded, preprocessing: { ...preprocessing, classes: imageNetNames, classesAssumed: true } }
}

function stateDictOf({ tensors }: SafetensorsFile, who: string): StateDict {
  return new Map(
    [...tensors].map(([name, { shape, data }]): [string, StoredTensor] => {
      const floats = () => {
        if (data instanceof Float32Array) return data
        throw new DataError(`${who}: tensor ${name} holds integers, expected floats`)
      }
      return [name, { shape, type: data instanceof Float32Array ? 'f32' : 'i32', floats }]
    }),
  )
}
