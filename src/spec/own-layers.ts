/**
 * Layers of your own in residual branches, as plain data. They travel in the row of a head: every function that walks
 * over a spec has that row, so no function takes a second table. Pages without such layers do not load this code.
 */
import { ConfigError } from '../util/errors.js'
import type { Fields } from './fields.js'
import type { OwnLayer } from './spec.js'

/** One kind of layer of your own: all that is asked of it as plain data. */
export interface SpecLayer<L extends OwnLayer = OwnLayer> {
  /**
   * Checks all fields of a layer from outside.
   * @param path the path of the layer, the start of an error's message
   * @throws ConfigError for the first field that is missing, unknown or invalid
   */
  check(layer: Fields, path: string): void
  /** How many of its weighted layers lie on the main path: they count in the depth of the network. */
  depth(layer: L): number
  /** Whether it gives zeros for zeros. Only then a branch that ends in it can start as zero, and its block as an identity. */
  readonly keepsZero: boolean
}

/** The layers of your own that there are, as plain data. */
export interface SpecLayers {
  /** @throws ConfigError for an unknown kind, or a field without meaning */
  check(layer: unknown, path: string): void
  /** Weighted layers on the main path. */
  depth(layer: OwnLayer): number
}

/** @throws ConfigError where there are none */
export function givenLayers<T extends SpecLayers>(layers: T | undefined, path: string): T {
  if (layers) return layers
  throw new ConfigError(`${path}: no layers of your own are known here; hand in tasks that have them, see withLayers`)
}
