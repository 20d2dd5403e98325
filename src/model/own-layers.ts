/** Layers of one's own as part of a graph: how they are built and initialised, beside what `SpecLayer` asks for. */
import type { Value } from '../graph/graph.js'
import { type SpecLayer, specLayerOf } from '../spec/own-layers.js'
import type { OwnLayer } from '../spec/spec.js'
import { ShapeError } from '../util/errors.js'
import { type Shape, sameShape, shapeText } from '../util/shape.js'
import type { LayerBuilder } from './layers.js'

/** One kind of layer of one's own: all that is asked of it. */
export interface ModelLayer<L extends OwnLayer = OwnLayer> extends SpecLayer<L> {
  /**
   * Adds its operations and parameters; returns maps of the shape of `x`. Its paths begin with `path`, a dot and a name:
   * `stage1.block2.squeeze-excitation2.reduce`.
   * @param x maps [batch, channels, height, width]
   */
  build(layers: LayerBuilder, path: string, layer: L, x: Value): Value
  /**
   * The standard deviation of a fresh weight, for example of `reduce.weight`; undefined for He initialisation. Parameters
   * named `scale` start as 1, `bias` and `shift` as 0.
   * @param name its path behind that of the layer
   */
  deviation(layer: L, name: string, shape: Shape): number | undefined
}

/** A table of layers of one's own, by kind. */
export type ModelLayers = Readonly<Record<string, ModelLayer>>

/** The path of the layer behind a convolution, whose number in the branch counts from 1. */
export function ownPath(block: string, { kind }: OwnLayer, number: number): string {
  return `${block}.${kind}${number}`
}

/**
 * Adds the layer behind a convolution.
 * @throws ConfigError for a kind that the table does not have, ShapeError when it changes the shape of the maps
 */
export function addOwnLayer(
  layers: LayerBuilder,
  table: ModelLayers | undefined,
  path: string,
  layer: OwnLayer,
  x: Value,
): Value {
  const y = modelLayerOf(layer, table, path).build(layers, path, layer, x)
  if (!sameShape(y.type.shape, x.type.shape))
    throw new ShapeError(
      `${path}: a layer of one's own must give maps of the shape that it reads, ${shapeText(x.type.shape)}, got ${shapeText(y.type.shape)}`,
    )
  layers.results.set(path, y)
  return y
}

/** @throws ConfigError for a kind that the table does not have */
export function modelLayerOf(layer: OwnLayer, table: ModelLayers | undefined, path: string): ModelLayer {
  return specLayerOf(layer, table, path) as ModelLayer // a row of `table`, which has whole rows
}
