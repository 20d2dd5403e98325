/**
 * Turns a dictionary of tensors from any program into a network: its spec, its weights by our paths, its preprocessing.
 */
import { type Normalisation, normalisationFor, normalisationText, type PictureSize } from '../data/dataset.js'
import type { Interpolation } from '../data/picture/resize.js'
import { classifierOf } from '../spec/heads/index.js'
import { type PresetName, preset } from '../spec/presets.js'
import type { NetworkSpec } from '../spec/spec.js'
import { ConfigError, DataError, ResnetError } from '../util/errors.js'
import { printable } from '../util/printable.js'
import { inferSpec, keyMapOf, presetAs } from './architecture.js'
import { weightsOf } from './fit.js'
import { classNames, type KeyMap, type KeyMapName, keyMapNames } from './key-maps.js'
import { type StateDict, withoutPrefixes } from './stored-tensor.js'
import { expectEnough, type Preprocessing, type TrainedNetwork } from './trained-network.js'

/** Facts about weights that the user may know better than the file. */
export interface RecogniseOptions {
  /** The network; by default inferred from the shapes. */
  readonly arch?: PresetName | undefined
  /** Names of the classes in order; by default those of the data set that the weights are known to come from. */
  readonly classes?: readonly string[] | undefined
  /** How pictures are prepared, if it differs from the habit of the names' authors. */
  readonly pictures?: PictureOptions | undefined
}

/** How pictures are prepared. */
export interface PictureOptions {
  readonly normalisation?: Normalisation
  /** The size in pixels that the network reads. */
  readonly input?: PictureSize
  /** The size of pictures before the centre is cropped. */
  readonly resize?: PictureSize
  readonly interpolation?: Interpolation
}

type KnownPictures = PictureOptions & { readonly normalisation: Normalisation }

/** A network and how it was recognised. */
export interface RecognisedNetwork extends TrainedNetwork {
  /** The program whose names its tensors have. */
  readonly keys: KeyMapName
  /** A sentence that says which normalisation is assumed, if neither the file nor the user gives one. */
  readonly assumed?: string | undefined
}

/** Counters that programs store beside the weights. Inference does not need them. */
const counters = /(^|\.)num_batches_tracked$/

/**
 * Recognises a network.
 * @param who the file's name, at the start of every error
 * @param known settings from beside the file; options override them, and their normalisation may be for colours
 * @throws DataError if the tensors belong to no known network or do not fit it, with a table of missing, unexpected and
 * misshapen tensors
 */
export function recognise(
  tensors: StateDict,
  who: string,
  options: RecogniseOptions = {},
  known: RecogniseOptions = {},
): RecognisedNetwork {
  const dict = new Map([...withoutPrefixes(tensors)].filter(([name]) => !counters.test(name)))
  const shapes = new Map([...dict].map(([name, { shape }]) => [name, shape]))
  const map = keyMapOf(shapes)
  const inferred = map && inferSpec(shapes, map)
  if (!map || !inferred) throw unknown(who, dict)
  const { arch, classes = known.classes } = options
  const pictures = { ...known.pictures, ...options.pictures }
  const spec = withInput(specOf(inferred, map, who, { arch, classes }), pictures.input)
  const weights = naming(who, () => {
    if (arch === undefined) expectEnough(spec, dict.size)
    return weightsOf(dict, spec, map, who, { inferred })
  })
  const { channels } = spec.input
  const given = options.pictures?.normalisation
  if (given) expectNormalisation(given, channels, who)
  const usual = known.pictures?.normalisation ?? map.normalisation
  const normalisation = given ?? normalisationFor(usual, channels)
  return {
    spec,
    weights,
    preprocessing: preprocessingOf(spec, map, { classes, pictures: { ...pictures, normalisation } }),
    keys: map.name,
    ...(given || usual.mean.length === channels ? {} : { assumed: assumption(normalisation, channels) }),
  }
}

/** @throws ConfigError unless there are a mean and a deviation above 0 for each channel */
function expectNormalisation({ mean, std }: Normalisation, channels: number, who: string): void {
  const got = normalisationText({ mean, std })
  if (mean.length !== channels || std.length !== channels)
    throw new ConfigError(
      `${who}: its network reads ${channelsText(channels)}, so mean and deviation are ${channels} ${channels === 1 ? 'number' : 'numbers'} each, got ${got}`,
    )
  if (!mean.every(Number.isFinite) || !std.every((value) => Number.isFinite(value) && value > 0))
    throw new ConfigError(`${who}: mean and deviation must be finite numbers, deviations above 0, got ${got}`)
}

function assumption(normalisation: Normalisation, channels: number): string {
  return (
    `how its pictures of ${channelsText(channels)} were normalised is not known; assumed are ` +
    `${normalisationText(normalisation)}, ${channels > 3 ? 'those of red, green and blue and their mean' : 'the mean of those of red, green and blue'}`
  )
}

function channelsText(channels: number): string {
  return channels === 1 ? '1 channel' : `${channels} channels`
}

/** Turns an error about a spec into one that names the file. */
function naming<T>(who: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof ResnetError) || error.message.startsWith(`${who}: `)) throw error
    throw new DataError(`${who}: ${error.message}`, { cause: error })
  }
}

function specOf(inferred: NetworkSpec, map: KeyMap, who: string, { arch, classes }: RecogniseOptions): NetworkSpec {
  const told = classifierOf(inferred).classes
  const spec =
    arch === undefined ? inferred : presetAs(preset(arch).name as PresetName, map, told, inferred.input.channels)
  if (classes !== undefined && classes.length !== told)
    throw new ConfigError(`${who}: it tells ${told} classes apart, got ${classes.length} names of classes`)
  return spec
}

function withInput(spec: NetworkSpec, size: PictureSize | undefined): NetworkSpec {
  return size ? { ...spec, input: { ...spec.input, height: size.height, width: size.width } } : spec
}

function preprocessingOf(
  spec: NetworkSpec,
  map: KeyMap,
  { classes, pictures }: Pick<RecogniseOptions, 'classes'> & { readonly pictures: KnownPictures },
): Preprocessing {
  const { normalisation, resize = map.resize, interpolation } = pictures
  return {
    normalisation,
    input: spec.input,
    ...(resize ? { resize } : {}),
    ...(interpolation ? { interpolation } : {}),
    ...(classes ? { classes } : guessedNames(classifierOf(spec).classes, map)),
  }
}

/** Names of the classes if their number identifies the data set; else numbers. */
function guessedNames(count: number, map: KeyMap): Pick<Preprocessing, 'classes' | 'classesAssumed'> {
  const classes = classNames(count, map)
  return classes[0] === 'class 0' ? { classes } : { classes, classesAssumed: true }
}

function unknown(who: string, dict: StateDict): DataError {
  const names = [...dict.keys()]
  return new DataError(
    `${who}: its tensors belong to no known network: expected the names of ${keyMapNames.join(', ')}, got ` +
      `${names.length} tensors such as ${
        names
          .slice(0, 4)
          .map((name) => printable(name, 60))
          .join(', ') || 'none'
      }; rename them as torchvision's ResNets have them`,
  )
}
