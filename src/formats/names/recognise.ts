/**
 * Turns a dictionary of tensors from any program into a network: its spec, its weights by our paths, its preprocessing.
 */
import { type Normalisation, normalisationFor, normalisationText, type PictureSize } from '../../data/dataset.js'
import type { Interpolation } from '../../data/picture/resize.js'
import { classifierLayers } from '../../model/heads/classifier.js'
import { classifierOf } from '../../spec/heads/index.js'
import { type PresetName, preset } from '../../spec/presets.js'
import type { ClassifierHead, NetworkSpec } from '../../spec/spec.js'
import { ConfigError, DataError, ResnetError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import type { StateDict } from '../stored-tensor.js'
import { expectEnough, type Preprocessing, type Tensor, type TrainedNetwork } from '../trained-network.js'
import { habitsOf, inferSpec, presetAs, type Shapes } from './architecture.js'
import { type Canonical, canonical, type Style } from './canonical.js'
import { fitted } from './fit.js'
import { classNames, type KeyMap, keyMaps } from './key-maps.js'
import { matchOrder } from './match-order.js'
import { peel } from './peel.js'
import { unpruned } from './pruned.js'
import { identifyUpscaler } from './upscaler.js'

/** Facts about weights that the user may know better than the file. */
export interface RecogniseOptions {
  /** The network; by default inferred from the shapes. */
  readonly arch?: PresetName | undefined
  /** Names of the classes in order; by default those of the data set that the weights are known to come from. */
  readonly classes?: readonly string[] | undefined
  /**
   * How tensors are matched with layers, by default by their names. `order`: by the order in which they were saved, which
   * only files of `torch.save` keep, and only if exactly one known network fits.
   */
  readonly match?: 'names' | 'order' | undefined
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
  /** Whose names its tensors have, in a word or a few. */
  readonly keys: string
  /** A sentence that says which normalisation is assumed, if neither the file nor the user gives one. */
  readonly assumed?: string | undefined
  /** Sentences about tensors of the file that are not used. */
  readonly notes?: readonly string[] | undefined
  /** Names in the file, each with that of its layer, if they were matched by order. */
  readonly mapping?: readonly (readonly [inFile: string, name: string])[] | undefined
}

/** A network whose numbers are not read yet. */
export interface IdentifiedNetwork extends Omit<RecognisedNetwork, 'weights'> {
  /** Reads the numbers. */
  decode(): Map<string, Tensor>
}

/** The names that are written and compared. */
const names = keyMaps.torchvision

/**
 * Recognises a network by the names and shapes of its tensors.
 * @param who the file's name, at the start of every error
 * @param known settings from beside the file; options override them, and their normalisation may be for colours
 * @throws DataError if the tensors belong to no known network or do not fit it, with a table of missing, unexpected and
 * misshapen tensors
 */
export function identify(
  tensors: StateDict,
  who: string,
  options: RecogniseOptions = {},
  known: RecogniseOptions = {},
): IdentifiedNetwork {
  if (options.match === 'order') {
    const { tensors: named, mapping } = matchOrder(tensors, who, options.arch)
    const network = identify(named, who, { ...options, match: 'names' }, known)
    const { preprocessing } = network
    return {
      ...network,
      mapping,
      keys: 'nobody, in the order of its tensors',
      preprocessing: { ...preprocessing, unproven: true },
    }
  }
  const peeled = peel(unpruned(tensors, who), who)
  const upscaler = identifyUpscaler(peeled, who, options.arch)
  if (upscaler) return upscaler
  const parts = canonical(peeled)
  const shapes = new Map([...parts.tensors].map(([name, { shape }]) => [name, shape]))
  const habits = habitsOf(shapes, parts.style)
  const inferred = habits && inferSpec(shapes, habits.map, parts.style)
  if (!habits || !inferred) throw unknown(who, tensors, shapes)
  const { map, sure } = habits
  const { arch } = options
  const { gives } = inferred.head
  const classes = gives === 'features' ? undefined : (options.classes ?? known.classes)
  const pictures = { ...known.pictures, ...options.pictures }
  const sigmoid = gives === 'value' && classes?.length === 2
  const facts = { arch, classes: sigmoid || gives === 'features' ? undefined : classes }
  const own = withInput(specOf(inferred, map, who, facts), pictures.input)
  const shown = (name: string) => parts.names.get(name) ?? inWordsOf(parts.style, name)
  const decode = naming(who, () => {
    if (arch === undefined) expectEnough(own, parts.tensors.size)
    return fitted(parts.tensors, own, names, who, { inferred, shown, reason: reasonOf(parts, shapes) })
  })
  const spec = sigmoid ? { ...own, head: twoClasses(inferred.head) } : own
  const { channels } = spec.input
  const given = options.pictures?.normalisation
  if (given) expectNormalisation(given, channels, who)
  const usual = known.pictures?.normalisation ?? map.normalisation
  const normalisation = given ?? normalisationFor(usual, channels)
  const told = given ?? known.pictures?.normalisation
  const assumed =
    !given && usual.mean.length !== channels
      ? assumption(normalisation, channels)
      : told || sure
        ? undefined
        : mixedAssumption(normalisation, map)
  const left = [...peeled.left, ...parts.left]
  const notes = [...(left.length > 0 ? [leftText(left)] : []), ...(!sure && map === keyMaps.kuangliu ? [NO_POOL] : [])]
  return {
    spec,
    decode: sigmoid ? () => asTwoClasses(decode()) : decode,
    preprocessing: preprocessingOf(spec, map, { classes, pictures: { ...pictures, normalisation } }),
    keys: parts.style.transformers ? 'transformers' : parts.style.usual && sure ? map.name : wordsOf(parts.style),
    ...(assumed === undefined ? {} : { assumed }),
    ...(notes.length > 0 ? { notes } : {}),
  }
}

/** A max-pooling has no tensors. Some programs keep it after a 3x3 stem, and no name tells. */
const NO_POOL =
  'its stem is one 3x3 convolution and no tensor tells whether a max-pooling follows; assumed is none; see that eval on labelled data is far from chance'

/** The words of the file for its parts, for the line that says where a network comes from. */
function wordsOf({ head, shortcut }: Style): string {
  const words = [shortcut, head].flatMap((word) => (word === undefined ? [] : [printable(word, 40)]))
  return words.length === 0 ? 'its own' : `its own, such as ${words.join(' and ')}`
}

/** A name that the file lacks, in the words that it uses for other parts. */
function inWordsOf({ head, shortcut, usual }: Style, name: string): string {
  if (!usual) return name
  const own = name.replace(/^fc\./, `${head ?? 'fc'}.`)
  return shortcut === undefined ? own : own.replace('.downsample.', `.${shortcut}.`)
}

/** The part that does not fit, if it is of a kind that can be told. */
function reasonOf({ hidden }: Canonical, shapes: Shapes): string | undefined {
  if (hidden.length > 0) {
    const layers = hidden.slice(0, 2).map((name) => printable(name, 40))
    return `its head has layers before the last one (${layers.join(', ')}), and known are heads of one linear layer, or of two with a ReLU between`
  }
  const norm = [...shapes.keys()].find((name) => /(^|\.)bn\d*\.weight$/.test(name))
  if (norm !== undefined && !shapes.has(norm.replace(/weight$/, 'running_mean')))
    return 'its norms keep no running mean, as group norms and layer norms do, and known are batch norms'
  if ([...shapes.keys()].some((name) => /\.downsample\.0\.bias$/.test(name)))
    return 'its shortcuts have convolutions with a bias, and known are those without'
  return undefined
}

function leftText(left: readonly string[]): string {
  const few = left.slice(0, 3).map((name) => printable(name, 60))
  const more = left.length > few.length ? ` and ${left.length - few.length} more` : ''
  const subject = left.length === 1 ? 'one tensor is' : `${left.length} tensors are`
  return `${subject} no part of the network and left out: ${few.join(', ')}${more}`
}

function twoClasses({ gives: _, ...head }: ClassifierHead): ClassifierHead {
  return { ...head, classes: 2 }
}

/** The same answers by softmax as by a sigmoid of one output: the logit of the first class is always 0. */
function asTwoClasses(weights: Map<string, Tensor>): Map<string, Tensor> {
  for (const [path, { shape, data }] of weights) {
    if (!path.startsWith(`${classifierLayers.classifier}.`)) continue
    const both = new Float32Array(2 * data.length)
    both.set(data, data.length)
    weights.set(path, { shape: [2, ...shape.slice(1)], data: both })
  }
  return weights
}

function mixedAssumption(normalisation: Normalisation, { name, input }: KeyMap): string {
  return (
    `its names do not tell whose network it is; assumed are pictures of ${input.height}x${input.width}, ` +
    `${normalisationText(normalisation)}, as of nets by ${name}`
  )
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
    ...(classes ? { classes } : guessedNames(classifierOf(spec), map)),
  }
}

/** Names of the classes if their number identifies the data set; else numbers. */
function guessedNames(
  { classes: count, gives }: ClassifierHead,
  map: KeyMap,
): Pick<Preprocessing, 'classes' | 'classesAssumed'> {
  if (gives === 'value') return { classes: ['value'] }
  const classes = classNames(count, map)
  return classes[0] === 'class 0' ? { classes } : { classes, classesAssumed: true }
}

/** The error of names that say no network, with the part that is missing. */
function unknown(who: string, dict: StateDict, shapes: Shapes): DataError {
  const names = [...dict.keys()].slice(0, 4).map((name) => printable(name, 60))
  const hasStages = [...shapes.keys()].some((name) => /^layer\d+\.\d+\./.test(name))
  const hasStem = shapes.has('conv1.weight') || shapes.has('conv1.0.weight')
  const missing = !hasStages
    ? 'they name no stages of blocks, such as layer1.0.conv1'
    : hasStem
      ? 'a stage lacks blocks, or blocks lack convolutions'
      : 'they name no stem, such as conv1'
  return new DataError(
    `${who}: its tensors belong to no known network: ${missing}; got ${dict.size} tensors such as ` +
      `${names.join(', ') || 'none'}; rename them as torchvision's ResNets have them`,
  )
}
