/**
 * Cuts a network in two for fine-tuning: a frozen front, and a rest that learns from the front's features. The rest is
 * a network of its own, whose input is a map of features instead of a picture.
 */

import { ConfigError } from '../util/errors.js'
import { expectFields, list } from '../util/expect.js'
import { valueHere } from '../util/other-names.js'
import { printable, shown } from '../util/printable.js'
import { classifierOf } from './heads/index.js'
import { type LayerPath, type StagePath, stagePath } from './paths.js'
import type { InputSpec, NetworkSpec } from './spec.js'

/**
 * The frozen part of a network: `none`; the `stem`; everything up to and including a stage, for example `stage3`; or
 * `all` except the classifier.
 */
export type Freeze = 'none' | 'stem' | StagePath | 'all'

/** A network in two parts. */
export interface Cut {
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

/** @throws ConfigError for a level that this network does not offer, with its levels */
export function cutNetwork(spec: NetworkSpec, freeze: Freeze): Cut {
  const levels = freezeLevels(spec)
  if (!levels.includes(freeze))
    throw new ConfigError(
      `freeze: ${spec.name} has no ${typeof freeze === 'string' ? printable(freeze) : shown(freeze)}; expected one of ${printable(levels.join(', '), 400)}${valueHere(freeze, levels) ? `; all but the classifier is all` : ''}`,
    )
  if (freeze === 'none') return { rest: () => spec, toWhole: (path) => path, toRest: (path) => path }
  if (freeze === 'all' || (freeze === stagePath(spec.stages.length) && !classifierOf(spec).norm))
    return classifierAlone(spec)
  const gone = freeze === 'stem' ? 0 : levels.indexOf(freeze) - 1 // stages in front of the cut
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

/** Features are pooled, so that they are as few as possible: one per channel. */
function classifierAlone(spec: NetworkSpec): Cut {
  return {
    at: 'head.pool',
    rest: (features) => ({
      ...spec,
      name: `${spec.name}, its classifier`,
      input: features,
      stem: [],
      stages: [],
      head: { kind: 'classifier', norm: false, classes: classifierOf(spec).classes },
    }),
    toWhole: (path) => path,
    toRest: (path) => (path.slice(path.indexOf('/') + 1).startsWith('head.classifier') ? path : undefined),
  }
}
