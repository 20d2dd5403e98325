/**
 * The public functions for families of networks and the plain twin: they check their arguments first. `preset` and the
 * rest of the package call the unchecked functions, so that a page which imports only `preset` stays small.
 */
import {
  expectFields,
  expectOptions,
  type Fields,
  flag,
  isRecord,
  kind,
  number,
  object,
  oneOf,
  text,
  whole,
} from '../util/expect.js'
import { expectSpec } from './expect-spec.js'
import * as families from './families.js'
import { type SpecHeads, specHeads } from './heads/index.js'
import * as others from './other-families.js'
import * as twin from './plain-twin.js'
import {
  type AnyHead,
  type ClassifierHead,
  type InputSpec,
  type NetworkSpec,
  orders,
  type PictureHead,
  shortcuts,
} from './spec.js'
import * as upscaling from './upscaling.js'

/** The papers' deepest net has 1202 layers. The limit keeps a typing error from filling the memory. */
const MOST_LAYERS = 100_000
const layers = kind(
  `a number of layers, at most ${MOST_LAYERS}`,
  (value) => number.fits(value) && !(value > MOST_LAYERS),
)
/** Fields of checked families. The spec itself is checked field by field when it is used. */
const familyFields: Fields = {
  name: text,
  depth: layers,
  classes: number,
  input: object,
  order: oneOf(orders),
  shortcut: oneOf(shortcuts),
  norm: flag,
  gate: object,
}
const threeWidths = kind('three widths, whole numbers above 0', (value) => {
  return Array.isArray(value) && value.length === 3 && value.every(whole(1).fits)
})
const cifarFields: Fields = { ...familyFields, widths: threeWidths, branchLayers: layers }
const groupFields: Fields = { ...familyFields, groups: whole(1), widthPerGroup: whole(1) }
const inputsKind = kind('a whole number of at least 1, or { channels, height, width }', (value) => {
  return whole(1).fits(value) || (isRecord(value) && whole(1).fits(value.height) && whole(1).fits(value.width))
})
const widthsKind = kind('a list of at least one whole number above 0', (value) => {
  return Array.isArray(value) && value.length > 0 && value.every(whole(1).fits)
})
const denseFields = { ...familyFields, inputs: inputsKind, widths: widthsKind, branchLayers: whole(1) }
const denseRequired = { depth: whole(1), inputs: inputsKind, classes: whole(2) }
const pictureFields = { name: text, input: object, width: whole(1), bias: flag }
const blocks = kind(`a number of blocks, at most ${MOST_LAYERS}`, layers.fits)

/** CIFAR net of basic blocks. Shortcuts are option A by default, as in the paper on CIFAR. */
export function cifarBasic(options: families.CifarOptions): NetworkSpec<ClassifierHead> {
  expectOptions(options, 'cifarBasic: options', cifarFields)
  return families.cifarBasic(options)
}

/** CIFAR net of bottlenecks, four times as wide outside. Projections where sizes change, stride in the first 1x1. */
export function cifarBottleneck(options: families.CifarOptions): NetworkSpec<ClassifierHead> {
  expectOptions(options, 'cifarBottleneck: options', cifarFields)
  return families.cifarBottleneck(options)
}

/** ImageNet net of basic blocks, depth 18 or 34. Option B shortcuts by default. */
export function imagenetBasic(options: families.ImagenetOptions): NetworkSpec<ClassifierHead> {
  expectOptions(options, 'imagenetBasic: options', groupFields)
  return families.imagenetBasic(options)
}

/** ImageNet net of bottlenecks, depth 50, 101, 152 or 200. Option B shortcuts by default. */
export function imagenetBottleneck(options: families.ImagenetOptions): NetworkSpec<ClassifierHead> {
  expectOptions(options, 'imagenetBottleneck: options', groupFields)
  return families.imagenetBottleneck(options)
}

/**
 * A fully connected net, residual or plain. A dense layer is a 1x1 convolution of a map of one pixel. A row of numbers
 * is a picture of one pixel with as many channels. So a dense net is a spec like any other. On pictures, the first
 * layer's kernel is as large as the picture.
 * @throws ConfigError for a depth that whole blocks cannot reach, or pictures that are not square
 */
export function fullyConnected(options: others.FullyConnectedOptions): NetworkSpec<ClassifierHead> {
  expectOptions(options, 'fullyConnected: options', denseFields)
  expectFields(options, 'fullyConnected: options', '{ depth, inputs, classes }', denseRequired)
  return others.fullyConnected(options)
}

/**
 * A VGG-like net of 15 layers with 128 channels each, so that any one can be removed: two 3x3 convolutions with a
 * pooling after each, twelve blocks of one 3x3 layer without a shortcut, and the classifier. It follows the plain net
 * of Veit 2016, which is not published in full: the places of the poolings are a guess.
 */
export function vggLike(
  options: { readonly classes?: number; readonly input?: InputSpec } = {},
): NetworkSpec<ClassifierHead> {
  expectOptions(options, 'vggLike: options', familyFields)
  return others.vggLike(options)
}

/**
 * `depth` 3x3 convolutions with ReLUs between them. They predict the difference between their input, a bicubic
 * enlargement, and the true picture. By default as in the paper: 20 layers, 64 channels, and patches of 41x41, the
 * receptive field. Without the shortcut of its head (see `plainTwin`) the net predicts the picture itself.
 */
export function vdsr(options: upscaling.VdsrOptions = {}): NetworkSpec<PictureHead> {
  expectOptions(options, 'vdsr: options', { ...pictureFields, depth: layers })
  return upscaling.vdsr(options)
}

/**
 * Residual blocks of two convolutions without norms, with branches scaled by 0.1, on the small picture; a shortcut over
 * all of them; then pixel shuffles. By default the form known as EDSR-baseline, on luminance.
 */
export function edsr(options: upscaling.EdsrOptions = {}): NetworkSpec<PictureHead> {
  expectOptions(options, 'edsr: options', { ...pictureFields, blocks, scale: number })
  return upscaling.edsr(options)
}

/**
 * The same network without shortcuts: equal depth and widths, and with option A equal parameters. A net that gives
 * pictures also loses the shortcut of its head.
 */
export function plainTwin<H extends AnyHead>(spec: NetworkSpec<H>, heads: SpecHeads = specHeads): NetworkSpec<H> {
  expectSpec(spec, 'plainTwin: spec', heads)
  return twin.plainTwin(spec, heads)
}
