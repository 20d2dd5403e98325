/**
 * Cuts a network in two for fine-tuning: a frozen front, and a rest that learns from the front's features. The rest is
 * a network of its own, whose input is a map of features instead of a picture.
 */

import { type LayerPath, type StagePath, stagePath } from '../spec/paths.js'
import type { InputSpec, NetworkSpec } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'
import { expectFields, list } from '../util/expect.js'
import { valueHere } from '../util/other-names.js'
import { printable, shown } from '../util/printable.js'
import { type Heads, headOf, heads as ownHeads } from './heads/index.js'

/**
 * How much of a network stays as it is: `none` of it; the `stem`; all up to a stage, that one included, as `stage3`; or
 * `all` but the last layers, such as a classifier.
 */
export type Freeze = 'none' | 'stem' | StagePath | 'all'

/** A network in two parts. */
export interface NetworkSplit {
  /** The last layer of the front, whose results the rest reads; left out if nothing is frozen. */
  readonly at?: LayerPath
  /** Returns the rest for features of this size; the network itself if nothing is frozen. */
  rest(features: InputSpec): NetworkSpec
  /** Converts a path in the rest to a path in the whole network. */
  toWhole(path: string): string
  /** Converts a path in the whole network to a path in the rest; undefined for frozen layers. */
  toRest(path: string): string | undefined
}

/** The levels of freezing that a network offers, from nothing to everything. */
export function freezeLevels(spec: NetworkSpec): Freeze[] {
  expectFields(spec, 'freezeLevels: spec', 'a spec, such as preset("resnet20") gives', { stages: list })
  const { stages } = spec
  return ['none', 'stem', ...stages.map((_, index) => stagePath(index + 1)), 'all']
}

/**
 * @param heads the kinds of heads that there are
 * @throws ConfigError for what this network does not have, with what it has; for `all` where its last layers cannot learn
 * without what is before them
 */
export function splitNetwork(spec: NetworkSpec, freeze: Freeze, heads: Heads = ownHeads): NetworkSplit {
  const levels = freezeLevels(spec)
  if (!levels.includes(freeze))
    throw new ConfigError(
      `freeze: ${spec.name} has no ${typeof freeze === 'string' ? printable(freeze) : shown(freeze)}; expected one of ${printable(levels.join(', '), 400)}${valueHere(freeze, levels) ? `; all but the classifier is all` : ''}`,
    )
  if (freeze === 'none') return { rest: () => spec, toWhole: (path) => path, toRest: (path) => path }
  const lone = loneOf(spec, heads)
  if (freeze === 'all') {
    if (lone) return lone.split
    throw new ConfigError(
      `freeze: the last layers of ${spec.name} cannot learn without what is before them; freeze less than all`,
    )
  }
  if (lone?.isAll && freeze === stagePath(spec.stages.length)) return lone.split
  const gone = freeze === 'stem' ? 0 : levels.indexOf(freeze) - 1 // stages in front of the split
  const renumbered = (path: string, by: number) =>
    path.replace(/^(?:([a-z]+\/))?stage(\d+)/, (_, state = '', stage) => `${state}${stagePath(Number(stage) + by)}`)
  return {
    at: freeze,
    rest: (features) => ({
      ...spec,
      name: `${spec.name} after ${freeze}`,
      input: features,
      stem: [],
      stages: spec.stages.slice(gone),
    }),
    toWhole: (path) => renumbered(path, gone),
    toRest: (path) => {
      const name = path.slice(path.indexOf('/') + 1)
      const stage = Number(/^stage(\d+)/.exec(name)?.[1] ?? gone + 1)
      return name.startsWith('stem') || stage <= gone ? undefined : renumbered(path, -gone)
    },
  }
}

/** The last layers alone, over the features that they read, which are as few as can be; and whether they are all. */
function loneOf(
  spec: NetworkSpec,
  heads: Heads,
): { readonly split: NetworkSplit; readonly isAll: boolean } | undefined {
  const own = headOf(spec.head, heads)
  const lone = own.lone(spec.head)
  if (!lone) return undefined
  const ends = own.lastLayers(spec.head)
  const split: NetworkSplit = {
    at: lone.at,
    rest: (features) => ({
      ...spec,
      name: `${spec.name}, ${lone.name}`,
      input: features,
      stem: [],
      stages: [],
      head: lone.head as NetworkSpec['head'],
    }),
    toWhole: (path) => path,
    toRest: (path) => {
      const name = path.slice(path.indexOf('/') + 1)
      return ends.some((layer) => name.startsWith(`${layer}.`)) ? path : undefined
    },
  }
  return { split, isAll: lone.isAll }
}
