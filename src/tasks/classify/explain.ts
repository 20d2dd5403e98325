/**
 * Where on a picture a network saw what it answers. The class activation map weighs the last maps with the classifier's
 * weights of one class [Zhou 2016]: exact, as the logit is the mean of that map plus the bias. Grad-CAM weighs the maps
 * of any layer with the mean gradients of the logit [Selvaraju 2017]; at the last maps both are the same up to a factor.
 */
import { pullBack } from '../../autodiff/differentiate.js'
import { GraphBuilder } from '../../graph/builder.js'
import type { Graph } from '../../graph/graph.js'
import type { Rectangle } from '../../inference/picture.js'
import { forwardGraph } from '../../model/forward.js'
import { classifierLayers } from '../../model/heads/classifier.js'
import { classifierOf } from '../../spec/heads/index.js'
import { type LayerPath, stagePath } from '../../spec/paths.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { ConfigError } from '../../util/errors.js'
import type { ValueMap } from './maps.js'

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
  if (relu) return classifierLayers.relu
  if (norm) return classifierLayers.norm
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

/** The number of a class. @throws ConfigError for a name or number that no class has */
export function classNumber(given: string | number, classes: readonly string[], who: string): number {
  const number = typeof given === 'number' ? given : classes.indexOf(given)
  if (Number.isSafeInteger(number) && number >= 0 && number < classes.length) return number
  const some = classes.slice(0, 4).join(', ')
  throw new ConfigError(
    `explain: ${who} has no class ${JSON.stringify(given)}; expected a number from 0 to ${classes.length - 1}, or a name such as ${some}`,
  )
}
