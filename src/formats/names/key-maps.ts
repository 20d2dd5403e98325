/**
 * The names that other programs give to the parameters of their networks, and facts that shapes do not show: how their
 * nets are built and how they prepare pictures. Each map is a rule from our paths to their names. Applied to all paths
 * of a spec it is a one-to-one table, so it works both ways. Only this file uses their words.
 */
import { cifar10Layout, cifar100Layout } from '../../data/cifar/cifar.js'
import { imageNetNormalisation, type Normalisation, type PictureSize } from '../../data/dataset.js'
import { forwardGraph } from '../../model/forward.js'
import { classifierLayers } from '../../model/heads/classifier.js'
import { type Heads, heads as ownHeads } from '../../model/heads/index.js'
import { type ParameterInfo, parametersOf } from '../../model/parameters.js'
import type { BufferName, ParameterName } from '../../spec/paths.js'
import type { InputSpec, NetworkSpec, Shortcut } from '../../spec/spec.js'
import { invariant } from '../../util/errors.js'

/** The programs whose names are known. */
export const keyMapNames = ['torchvision', 'timm', 'akamaster', 'bearpaw', 'kuangliu'] as const
/** One of `keyMapNames`. */
export type KeyMapName = (typeof keyMapNames)[number]

export interface KeyMap {
  readonly name: KeyMapName
  readonly classifier: 'fc' | 'linear'
  readonly shortcut: 'downsample' | 'shortcut'
  /** The shortcut of blocks that change sizes, if a file has no projections at all. */
  readonly withoutProjections: Shortcut
  /** The form of the stem, which tells the maps apart. */
  readonly stem: '7x7' | '3x3' | 'deep'
  readonly stages: number
  readonly input: InputSpec
  readonly normalisation: Normalisation
  readonly resize?: PictureSize
}

const imageNet = {
  classifier: 'fc',
  shortcut: 'downsample',
  withoutProjections: 'project-on-change',
  stages: 4,
  input: { channels: 3, height: 224, width: 224 },
  normalisation: imageNetNormalisation,
  resize: { height: 256, width: 256 },
} as const
const cifar = { stem: '3x3', stages: 3, input: { channels: 3, height: 32, width: 32 } } as const

// Its deviations are means over single pictures, which are smaller than the deviation over all pixels.
const cifarNormalisation = { mean: cifar10Layout.normalisation.mean, std: [0.2023, 0.1994, 0.201] }

export const keyMaps: Readonly<Record<KeyMapName, KeyMap>> = {
  torchvision: { name: 'torchvision', stem: '7x7', ...imageNet },
  // Its plain ResNets have torchvision's names; nets with a deep stem have some of their own.
  timm: { name: 'timm', stem: 'deep', ...imageNet },
  akamaster: {
    ...cifar,
    name: 'akamaster',
    classifier: 'linear',
    shortcut: 'shortcut',
    withoutProjections: 'pad',
    normalisation: imageNetNormalisation,
  },
  bearpaw: {
    ...cifar,
    name: 'bearpaw',
    classifier: 'fc',
    shortcut: 'downsample',
    withoutProjections: 'pad',
    normalisation: cifarNormalisation,
  },
  // Four stages as for ImageNet, after a 3x3 stem without pooling.
  kuangliu: {
    ...cifar,
    name: 'kuangliu',
    stages: 4,
    classifier: 'linear',
    shortcut: 'shortcut',
    withoutProjections: 'pad',
    normalisation: cifarNormalisation,
  },
}

/** Their words for the last word of a path. */
const lastWords: Readonly<Record<ParameterName | BufferName, string>> = {
  weight: 'weight',
  bias: 'bias',
  scale: 'weight',
  shift: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
}

/** A parameter or running statistic with its name elsewhere. */
export interface NamedParameter extends ParameterInfo {
  readonly name: string
}

/**
 * All parameters and running statistics of a network with their names in a map, each unique. Layers that the map's nets
 * do not have (gates, further norms of a stem, heads that give pictures) get names of the same form.
 */
export function namedParameters(spec: NetworkSpec, map: KeyMap, heads: Heads = ownHeads): NamedParameter[] {
  const parameters = parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference', heads }))
  const stemConvs = spec.stem.filter(({ kind }) => kind === 'conv').length
  const named = parameters.map((info) => ({ ...info, name: nameOf(info.path, map, stemConvs) }))
  invariant(new Set(named.map(({ name }) => name)).size === named.length, `${map.name} names two parameters alike`)
  return named
}

/**
 * The name of a parameter, given its path.
 * @param stemConvs number of convolutions of the stem
 */
function nameOf(path: string, map: KeyMap, stemConvs: number): string {
  const dot = path.lastIndexOf('.')
  const word = path.slice(dot + 1) as ParameterName | BufferName
  return `${layerName(path.slice(0, dot), map, stemConvs)}.${lastWords[word]}`
}

/** Layers that the map's nets do not have keep the words of our paths. */
function layerName(path: string, map: KeyMap, stemConvs: number): string {
  if (path === classifierLayers.classifier) return map.classifier
  if (path === classifierLayers.norm) return 'bn'
  const stem = /^stem\.(conv|norm)(\d*)$/.exec(path)
  if (stem) return stemName(stem[1] as 'conv' | 'norm', Number(stem[2] || 1), stemConvs)
  const [, stage, block, rest] = /^stage(\d+)\.block(\d+)\.(.+)$/.exec(path) ?? []
  if (rest === undefined) return path
  const where = `layer${stage}.${Number(block) - 1}`
  if (/^conv\d+$/.test(rest)) return `${where}.${rest}`
  if (/^norm\d+$/.test(rest)) return `${where}.${rest.replace('norm', 'bn')}`
  if (rest === 'shortcut.conv') return `${where}.${map.shortcut}.0`
  return rest === 'shortcut.norm' ? `${where}.${map.shortcut}.1` : `${where}.${rest}`
}

/**
 * A stem of one convolution calls it `conv1` and its norms `bn1`, `bn2` and so on. A stem of several is a list of conv,
 * norm, ReLU, and so on up to the last convolution; the norm after that stands apart.
 */
function stemName(kind: 'conv' | 'norm', number: number, convs: number): string {
  if (convs === 1) return kind === 'conv' ? 'conv1' : `bn${number}`
  if (kind === 'norm' && number === convs) return 'bn1'
  return `conv1.${3 * (number - 1) + (kind === 'conv' ? 0 : 1)}`
}

/** Names of classes if their number identifies the data set; else `class 0` and so on. */
export function classNames(count: number, map: KeyMap): readonly string[] {
  if (map.input.height === cifar.input.height)
    for (const { classes } of [cifar10Layout, cifar100Layout]) if (classes.length === count) return classes
  return Array.from({ length: count }, (_, i) => `class ${i}`)
}
