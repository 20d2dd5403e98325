/** Layers of your own for tests: a gate by channel, a shift that gives no zeros for zeros, one that breaks the rule of shapes. */

import { f32 } from '../../src/graph/graph.js'
import type { ModelLayer } from '../../src/model/own-layers.js'
import { ops } from '../../src/ops/index.js'
import { fields, whole } from '../../src/spec/fields.js'
import type { NetworkSpec, OwnLayer } from '../../src/spec/spec.js'
import { tasks } from '../../src/tasks/index.js'
import { withLayers } from '../../src/tasks/layers.js'

/** x times the logistic function of its means over each map, as many channels as there are. */
const squeeze: ModelLayer = {
  check: (layer, path) => {
    fields(layer, path, ['kind', 'narrow'])
    whole(layer, path, 'narrow', 1)
  },
  depth: () => 0,
  keepsZero: true,
  deviation: (_, name) => (name === 'widen.weight' ? 0.5 : undefined),
  build: (layers, path, { narrow }, x) => {
    const [, width, h, w] = x.type.shape as [number, number, number, number]
    const size = [h, w] as const
    const dense = (width: number) => ({ kind: 'conv', width, kernel: 1, bias: true }) as const
    const window = { kernel: size, stride: size, padding: [0, 0] } as const
    const means = layers.apply(`${path}.means`, ops.averagePool, window, x)
    const few = layers.conv(`${path}.narrow`, means, dense(narrow as number), 1)
    const gate = layers.sigmoid(`${path}.gate`, layers.conv(`${path}.widen`, few, dense(width), 1))
    const spread = layers.apply(`${path}.spread`, ops.resize, { size, filter: 'bilinear', antialias: false }, gate)
    return layers.multiply(`${path}.gated`, x, spread)
  },
}

/** One weighted layer on the main path, with a bias that each channel has. */
const shift: ModelLayer = {
  ...squeeze,
  check: (layer, path) => void fields(layer, path, ['kind']),
  depth: () => 1,
  keepsZero: false,
  deviation: () => undefined,
  build: (layers, path, _, x) =>
    layers.apply(path, ops.addBias, {}, x, layers.parameter(path, 'bias', f32(x.type.shape[1]!))),
}

/** Gives maps of half the size. */
const halve: ModelLayer = {
  ...shift,
  build: (layers, path, _, x) => layers.pool(path, x, { kind: 'maxPool', kernel: 2, stride: 2, padding: 0 }),
}

export const ownTasks = withLayers(tasks, { squeeze, shift, halve })
export const ownHeads = ownTasks.classify.heads

/** The network with a layer behind one convolution of each branch, by default behind the last. */
export function withOwn<S extends NetworkSpec>(spec: S, after: OwnLayer, behind?: number): S {
  const stages = spec.stages.map(({ blocks }) => ({
    blocks: blocks.map((block) => ({
      ...block,
      branch: block.branch.map((layer, i) => (i === (behind ?? block.branch.length - 1) ? { ...layer, after } : layer)),
    })),
  }))
  return { ...spec, stages }
}
