/**
 * Where on a picture a network saw what it answers. The class activation map weighs the last maps with the classifier's
 * weights of one class [Zhou 2016]: exact, as the logit is the mean of that map plus the bias. Grad-CAM weighs the maps
 * of any layer with the mean gradients of the logit [Selvaraju 2017]; at the last maps both are the same up to a factor.
 */
import { pullBack } from '../../autodiff/differentiate.js'
import type { Tensor } from '../../formats/trained-network.js'
import { GraphBuilder } from '../../graph/builder.js'
import type { Graph } from '../../graph/graph.js'
import type { Rectangle } from '../../inference/picture.js'
import { forwardGraph } from '../../model/forward.js'
import { classifierOf } from '../../spec/heads/index.js'
import { type LayerPath, stagePath } from '../../spec/paths.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { ConfigError } from '../../util/errors.js'

/** A number at each place, row by row from the top left. */
export interface ValueMap {
  readonly width: number
  readonly height: number
  /** [height][width] */
  readonly data: Float32Array
}

/** Why a network answers what it does: an answer, and where on the picture it comes from. */
export interface Explanation {
  /** The name of the class that is explained. */
  readonly label: string
  /** In [0, 1]. */
  readonly probability: number
  /** The class activation map, exact; or Grad-CAM, of any layer. */
  readonly method: 'class-activation-map' | 'grad-cam'
  /** The layer whose maps are weighed. */
  readonly layer: LayerPath
  /**
   * The evidence for the class at each place of the layer's maps, negative where it speaks against it. For the class
   * activation map its mean is the logit less the bias.
   */
  readonly evidence: ValueMap
  /** The same from 0 (speaks against the class, or for nothing) to 1 (speaks for it most). */
  readonly map: ValueMap
  /** `map` at the size of the picture, smooth between its places; 0 beside what the network read. */
  readonly pictureMap: ValueMap
  /** The part of the picture that the network read: what is too wide or too high is cut off. */
  readonly read: Rectangle
}

/** The layer that global average pooling reads. */
export function lastMaps(spec: NetworkSpec): LayerPath {
  const { norm, relu = norm } = classifierOf(spec)
  if (relu) return 'head.relu'
  if (norm) return 'head.norm'
  return spec.stages.length > 0 ? stagePath(spec.stages.length) : 'stem'
}

/**
 * The forward graph of one picture with the gradient of logits at a layer: input `seed` [1, classes] says how much of
 * each logit; outputs are `logits`, the layer's by its path, and `gradient`.
 * @throws ConfigError for a layer that the network does not have, or whose results are no maps
 */
export function gradientGraph(spec: NetworkSpec, layer: LayerPath): Graph {
  const forward = forwardGraph(spec, { batch: 1, mode: 'inference', taps: [layer] })
  const outputOf = (name: string) => forward.outputs.find((output) => output.name === name)!.value
  const [logits, maps] = [outputOf('logits'), outputOf(layer)]
  if (maps.type.shape.length !== 4)
    throw new ConfigError(
      `explain: ${layer} of ${spec.name} gives no maps; take a block or a stage, such as stage2.block1`,
    )
  const builder = new GraphBuilder(forward)
  const seed = builder.input('seed', 'data', logits.type)
  const { graph, gradients } = pullBack(builder.build(), new Map([[logits, seed]]), [maps])
  const output = new GraphBuilder(graph)
  output.output('gradient', gradients.get(maps)!)
  return output.build()
}

/** Maps [1, channels, height, width] added up, each times its weight. */
export function weighedMaps({ shape, data }: Tensor, weights: ArrayLike<number>): ValueMap {
  const [, channels, height, width] = shape as [number, number, number, number]
  const area = height * width
  const sums = new Float64Array(area)
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < area; i++) sums[i]! += weights[channel]! * data[channel * area + i]!
  return { width, height, data: Float32Array.from(sums) }
}

/** The mean of each map of [1, channels, height, width]. */
export function meansOfMaps({ shape, data }: Tensor): Float64Array {
  const [, channels, height, width] = shape as [number, number, number, number]
  const means = new Float64Array(channels)
  for (let i = 0; i < data.length; i++) means[Math.floor(i / (height * width))]! += data[i]! / (height * width)
  return means
}

/** The number of a class. @throws ConfigError for a name or number that no class has */
export function classNumber(given: string | number, classes: readonly string[], who: string): number {
  const number = typeof given === 'number' ? given : classes.indexOf(given)
  if (Number.isSafeInteger(number) && number >= 0 && number < classes.length) return number
  const some = classes.slice(0, 4).join(', ')
  throw new ConfigError(
    `explain: ${who} has no class ${JSON.stringify(given)}; expected a number from 0 to ${classes.length - 1}, or a name such as ${some}`,
  )
}

/** From 0 to 1: the largest value is 1, negative ones are 0, as all are where none is positive. */
export function asShares({ width, height, data }: ValueMap): ValueMap {
  const most = data.reduce((a, b) => Math.max(a, b), 0)
  return { width, height, data: data.map((value) => (most > 0 ? Math.max(0, value) / most : 0)) }
}

/**
 * A map laid over a part of a picture: bilinear between the middles of its places, 0 beside the part.
 * @param size of the whole picture, in whole pixels
 */
export function mapOnPicture(
  map: ValueMap,
  size: { readonly width: number; readonly height: number },
  part: Rectangle,
): ValueMap {
  const across = placesOn(size.width, part.left, part.width, map.width)
  const down = placesOn(size.height, part.top, part.height, map.height)
  const data = new Float32Array(size.width * size.height)
  for (let y = down.first; y < down.last; y++) {
    const [above, below, dy] = [down.low[y]! * map.width, down.high[y]! * map.width, down.share[y]!]
    for (let x = across.first; x < across.last; x++) {
      const [left, right, dx] = [across.low[x]!, across.high[x]!, across.share[x]!]
      const upper = map.data[above + left]! * (1 - dx) + map.data[above + right]! * dx
      const lower = map.data[below + left]! * (1 - dx) + map.data[below + right]! * dx
      data[y * size.width + x] = upper * (1 - dy) + lower * dy
    }
  }
  return { width: size.width, height: size.height, data }
}

/** For each pixel of an axis whose middle lies on the part: the places of the map on both sides, and the share of the second. */
function placesOn(pixels: number, start: number, length: number, places: number) {
  const low = new Int32Array(pixels)
  const high = new Int32Array(pixels)
  const share = new Float64Array(pixels)
  for (let i = 0; i < pixels; i++) {
    const place = Math.min(places - 1, Math.max(0, ((i + 0.5 - start) / length) * places - 0.5))
    low[i] = Math.floor(place)
    high[i] = Math.min(places - 1, low[i]! + 1)
    share[i] = place - low[i]!
  }
  const first = Math.max(0, Math.ceil(start - 0.5))
  const last = Math.min(pixels, Math.ceil(start + length - 0.5))
  return { low, high, share, first, last }
}
