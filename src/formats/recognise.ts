/** From a dictionary of tensors, whoever made it, to a network: its spec, its weights by our paths, its preprocessing. */
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

/** Facts about weights that a person may know better than their file. */
export interface RecogniseOptions {
  /** Which network it is; by default found out from the shapes. */
  readonly arch?: PresetName | undefined
  /** Names of the classes, in their order; by default those of the data set that the weights are known to come from. */
  readonly classes?: readonly string[] | undefined
  /** How pictures are prepared, as far as it is not as the authors of the names have it. */
  readonly pictures?: PictureOptions | undefined
}

/** How pictures are prepared. */
export interface PictureOptions {
  readonly normalisation?: Normalisation
  /** The pixels that the network reads. */
  readonly input?: PictureSize
  /** The size of pictures before the middle is read. */
  readonly resize?: PictureSize
  readonly interpolation?: Interpolation
}

type KnownPictures = PictureOptions & { readonly normalisation: Normalisation }

/** A network with what it was recognised by. */
export interface RecognisedNetwork extends TrainedNetwork {
  /** Whose names its tensors have. */
  readonly keys: KeyMapName
  /** In a sentence: how pictures are said to be normalised, where neither the file nor whoever opened it tells. */
  readonly assumed?: string | undefined
}

/** Counters that programs keep beside the weights, and inference does not need. */
const counters = /(^|\.)num_batches_tracked$/

/**
 * @param who the file's name, at the start of every error
 * @param known what stands beside the file, and gives way to the options: its normalisation may be that of colours
 * @throws DataError when the tensors are of no network that is known, or do not fit it: then with a table of what is
 * missing, unexpected and of another shape
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

/** @throws ConfigError unless there is a mean and a deviation above 0 for each channel */
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

/** Turns the refusal of a spec into an error that names the file. */
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

/** By their number; where that tells nothing they are numbered. */
function guessedNames(count: number, map: KeyMap): Pick<Preprocessing, 'classes' | 'classesAssumed'> {
  const classes = classNames(count, map)
  return classes[0] === 'class 0' ? { classes } : { classes, classesAssumed: true }
}

function unknown(who: string, dict: StateDict): DataError {
  const names = [...dict.keys()]
  return new DataError(
    `${who}: its tensors are of no network that is known: expected the names of ${keyMapNames.join(', ')}, got ` +
      `${names.length} tensors such as ${
        names
          .slice(0, 4)
          .map((name) => printable(name, 60))
          .join(', ') || 'none'
      }; rename them as torchvision's ResNets have them`,
  )
}
