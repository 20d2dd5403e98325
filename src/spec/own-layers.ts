/**
 * Layers of one's own in residual branches, as plain data. The table of them travels with the row of a head: whoever walks
 * over a spec has that row, so that no function takes a second table.
 */
import { ConfigError } from '../util/errors.js'
import { type Fields, got, object } from './fields.js'
import type { OwnLayer } from './spec.js'

/** One kind of layer of one's own: all that is asked of it as plain data. */
export interface SpecLayer<L extends OwnLayer = OwnLayer> {
  /**
   * Looks at the fields of a layer that came from outside, all of them.
   * @param path where it stands, the start of an error's message
   * @throws ConfigError for the first one that is missing, unknown or without meaning
   */
  check(layer: Fields, path: string): void
  /** How many of its weighted layers lie on the main path: they count in the depth of the network. */
  depth(layer: L): number
  /** Whether it gives zeros for zeros. Only then a branch that ends in it can start as zero, and its block as an identity. */
  readonly keepsZero: boolean
}

/** A table of layers of one's own, by kind. */
export type SpecLayers = Readonly<Record<string, SpecLayer>>

/**
 * The row of a layer.
 * @param path where the layer stands
 * @throws ConfigError for a kind that the table does not have
 */
export function specLayerOf(layer: OwnLayer, layers: SpecLayers | undefined, path: string): SpecLayer {
  const { kind } = layer
  if (layers && Object.hasOwn(layers, kind)) return layers[kind]!
  const known = Object.keys(layers ?? {}).join(', ')
  throw new ConfigError(
    `${path}: there is no layer of the kind ${got(kind)} here; ${known ? `the kinds are ${known}` : 'none of its own was handed in'}, ` +
      'hand in tasks that have it: withLayers(tasks, { ... })',
  )
}

/** Checks the layer behind a convolution of a branch. */
export function checkOwnLayer(value: unknown, layers: SpecLayers | undefined, path: string): void {
  const layer = object(value, path) as Fields & OwnLayer
  specLayerOf(layer, layers, path).check(layer, path)
}
