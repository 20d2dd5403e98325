/**
 * Layers of your own in residual branches, as plain data. Those that there are travel with the row of a head: whoever walks
 * over a spec has that row, so that no function takes a second table. Pages without such layers do without their code.
 */
import { ConfigError } from '../util/errors.js'
import type { Fields } from './fields.js'
import type { OwnLayer } from './spec.js'

/** One kind of layer of your own: all that is asked of it as plain data. */
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
