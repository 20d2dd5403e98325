/** Layers of your own as part of a graph: how they are built and initialised, beside what `SpecLayer` asks for. */
import type { Value } from '../graph/graph.js'
import { type PlacedBlock, placedBlocks } from '../spec/blocks.js'
import { type Fields, got, object } from '../spec/fields.js'
import type { SpecLayer, SpecLayers } from '../spec/own-layers.js'
import type { NetworkSpec, OwnLayer } from '../spec/spec.js'
import { ConfigError, ShapeError } from '../util/errors.js'
import { type Shape, sameShape, shapeText } from '../util/shape.js'
import type { LayerBuilder } from './layers.js'

/** One kind of layer of your own: all that is asked of it. */
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

/** A table of layers of your own, by kind. */
export type LayerTable = Readonly<Record<string, ModelLayer>>

/** The layers of your own that there are. */
export interface ModelLayers extends SpecLayers {
  readonly table: LayerTable
  /**
   * Adds the layer behind a convolution of a block, counted from 1.
   * @throws ShapeError when it changes the shape of the maps
   */
  add(layers: LayerBuilder, block: string, layer: OwnLayer, number: number, x: Value): Value
  /** The deviation that a layer of the network asks for a weight; undefined for weights that are of none. */
  deviation(spec: NetworkSpec, path: string, shape: Shape): number | undefined
  /** @throws ConfigError where a branch ends in a layer that gives no zeros for zeros */
  expectZeros(block: PlacedBlock): void
}

/** A table at work. */
export function layersOf(table: LayerTable): ModelLayers {
  const rowOf = ({ kind }: OwnLayer): ModelLayer => table[kind]! // of layers that were checked
  const pathOf = (block: string, { kind }: OwnLayer, number: number) => `${block}.${kind}${number}`
  return {
    table,
    check: (value, path) => {
      const layer = object(value, path) as Fields & OwnLayer
      if (!Object.hasOwn(table, layer.kind))
        throw new ConfigError(
          `${path}: there is no layer of the kind ${got(layer.kind)}; those handed in are ${Object.keys(table).join(', ')}`,
        )
      rowOf(layer).check(layer, path)
    },
    depth: (layer) => rowOf(layer).depth(layer),
    add: (layers, block, layer, number, x) => {
      const path = pathOf(block, layer, number)
      const y = rowOf(layer).build(layers, path, layer, x)
      if (!sameShape(y.type.shape, x.type.shape))
        throw new ShapeError(
          `${path}: a layer of your own must give maps of the shape that it reads, ${shapeText(x.type.shape)}, got ${shapeText(y.type.shape)}`,
        )
      layers.results.set(path, y)
      return y
    },
    deviation: (spec, path, shape) => {
      const [, owner, block, kind, number, name] =
        /^((stage\d+\.block\d+)\.([a-z-](?:[a-z0-9-]*[a-z-])?)(\d+))\.(.+)$/.exec(path) ?? []
      if (owner === undefined || !Object.hasOwn(table, kind!)) return undefined
      const placed = placedBlocks(spec).find((other) => other.path === block)
      const layer = placed?.spec.branch[Number(number) - 1]?.after
      return layer && rowOf(layer).deviation(layer, name!, shape)
    },
    expectZeros: ({ path, spec: { branch } }) => {
      const own = branch.at(-1)!.after
      if (own && !rowOf(own).keepsZero)
        throw new ConfigError(
          `${pathOf(path, own, branch.length)}: the branch cannot start as zero, for this layer gives no zeros for zeros; ` +
            'train without zeroInitResidual',
        )
    },
  }
}
