/** Adds layers of your own to the networks of all tasks of a table. Returns a new table. */
import type { Heads } from '../model/heads/index.js'
import { type LayerTable, layersOf } from '../model/own-layers.js'
import { ConfigError } from '../util/errors.js'
import { callback, expectKind, type Fields, flag, object } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { expectTable, type Tasks } from './index.js'

/** Names of the parts of a block. A layer of your own needs another name. */
const taken = ['add', 'branch', 'conv', 'drop', 'gate', 'norm', 'relu', 'shortcut']
const fields: Fields = { check: callback, depth: callback, keepsZero: flag, build: callback, deviation: callback }

/**
 * The same tasks, whose networks may also contain these layers. Pass the result wherever `tasks` are accepted.
 *
 * ```ts
 * const mine = withLayers(tasks, { 'squeeze-excitation': squeezeExcitation })
 * ```
 * @param layers the layers by kind. A kind is a word of small letters, digits and hyphens that does not end in a digit,
 * because paths append a number: `stage1.block2.squeeze-excitation2`
 * @throws ConfigError for a kind that is no such word or names a part of every block, or for an incomplete layer
 */
export function withLayers<T extends Tasks>(tasks: T, layers: LayerTable): T {
  expectTable(tasks, 'withLayers: tasks')
  expectKind(layers, 'withLayers: layers', object)
  for (const [kind, layer] of Object.entries(layers)) {
    if (!/^[a-z](?:[a-z0-9-]{0,40}[a-z-])?$/.test(kind) || taken.includes(kind))
      throw new ConfigError(
        `withLayers: a kind must be a word of small letters, digits and hyphens that ends in no digit, and none of ${taken.join(', ')}, got ${printable(kind)}`,
      )
    expectKind(layer, `withLayers: layers.${kind}`, object)
    for (const [field, wanted] of Object.entries(fields))
      expectKind((layer as unknown as Record<string, unknown>)[field], `withLayers: layers.${kind}.${field}`, wanted)
  }
  const withThese = (heads: Heads): Heads =>
    Object.fromEntries(
      Object.entries(heads).map(([kind, head]) => [
        kind,
        { ...head, layers: layersOf({ ...head.layers?.table, ...layers }) },
      ]),
    )
  const entries = Object.entries(tasks).map(([name, task]) => [name, { ...task, heads: withThese(task.heads) }])
  return Object.fromEntries(entries) as T
}
