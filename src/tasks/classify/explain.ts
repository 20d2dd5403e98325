/**
 * Explains which part of a picture an answer comes from. The class activation map weighs the last maps with the
 * classifier's weights of one class [Zhou 2016]. It is exact: the logit is the mean of that map plus the bias. Grad-CAM
 * weighs the maps of any layer with the mean gradients of the logit [Selvaraju 2017]. At the last maps both are the
 * same up to a factor.
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

/** The explanation of an answer: the evidence for a class at each place of a picture. */
export interface Explanation {
  /** The name of the class that is explained. */
  readonly label: string
  /** In [0, 1]. */
  readonly probability: number
  /** `class-activation-map` is exact and reads the last maps; `grad-cam` reads any layer. */
  readonly method: 'class-activation-map' | 'grad-cam'
  /** The layer whose maps are weighed. */
  readonly layer: LayerPath
  /**
   * The evidence for the class at each place of the layer's maps. Negative values speak against the class. The mean of
   * a class activation map is the logit less the bias.
   */
  readonly evidence: ValueMap
  /** The evidence scaled to [0, 1]: 1 for the strongest, 0 for none or negative evidence. */
  readonly map: ValueMap
  /**
   * `map` at the size of the picture, interpolated between its places. It is 0 outside the part that the network read.
   */
  readonly pictureMap: ValueMap
  /** The part of the picture that the network read. The ends of a side that is too long are cut off. */
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
 * The forward graph of one picture with the gradient of logits at a layer. The input `seed` [1, classes] weighs the
 * logits. The outputs are `logits`, the layer's output under its path, and `gradient`.
 * @throws ConfigError for a layer that the network does not have, or whose outputs are not maps
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

/** The number of a class. @throws ConfigError for an unknown name or number */
export function classNumber(given: string | number, classes: readonly string[], who: string): number {
  const number = typeof given === 'number' ? given : classes.indexOf(given)
  if (Number.isSafeInteger(number) && number >= 0 && number < classes.length) return number
  const some = classes.slice(0, 4).join(', ')
  throw new ConfigError(
    `explain: ${who} has no class ${JSON.stringify(given)}; expected a number from 0 to ${classes.length - 1}, or a name such as ${some}`,
  )
}
