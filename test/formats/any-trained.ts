/** Networks with weights that nobody has trained, of every kind there is: for tests of what is written and read. */
import fc from 'fast-check'
import { untrainedWeights } from '../../src/api/network/untrained.js'
import type { Tensor, TrainedNetwork } from '../../src/formats/trained-network.js'
import { forwardGraph } from '../../src/model/forward.js'
import { taskOf } from '../../src/spec/heads/index.js'
import { type PresetName, preset } from '../../src/spec/presets.js'
import type { ConvLayer, HeadSpec, NetworkSpec, StageSpec, StemLayer } from '../../src/spec/spec.js'
import { ResnetError } from '../../src/util/errors.js'
import { Random } from '../../src/util/random.js'
import { block, conv } from '../model/any-block.js'

/** Numbers that are easily lost: the smallest, the largest, and the zero below zero. */
const odd = [-0, 1.401298464324817e-45, -3.4028234663852886e38, 1.1754943508222875e-38]

/** With weights, deviations and names of its own. */
export function trained(spec: NetworkSpec, seed = 1): TrainedNetwork {
  const random = new Random(seed)
  const { weights, preprocessing } = untrainedWeights(spec, { seed })
  const each = (of: () => number) => Array.from({ length: spec.input.channels }, of)
  const { height, width } = spec.input
  return {
    spec,
    weights: new Map(
      [...weights].map(([path, { shape, data }]): [string, Tensor] => [
        path,
        { shape, data: data.map((value) => value + 0.1 * random.uniform()) },
      ]),
    ),
    preprocessing: {
      ...preprocessing,
      normalisation: { mean: each(() => random.uniform()), std: each(() => 0.1 + 0.2 * random.uniform()) },
      ...(taskOf(spec) === 'classify' && seed % 2 === 0
        ? { resize: { height: height + 3, width: width + 1 }, interpolation: 'bicubic' }
        : {}),
      classes: preprocessing.classes.map((_, i) => [`a "class"`, 'ünï 🐱', 'x\ny'][i] ?? `${i}`),
    },
  }
}

/** The same with numbers that are easily lost. */
export function withOddNumbers(network: TrainedNetwork): TrainedNetwork {
  const weights = new Map(
    [...network.weights].map(([path, { shape, data }]) => {
      const changed = data.map((value, i) => odd[(i + path.length) % 7] ?? value)
      return [path, { shape, data: changed }] as const
    }),
  )
  return { ...network, weights }
}

/** A preset with a sixteenth of its width, but 4 channels at least, at most two blocks a stage and small pictures. */
export function small(name: PresetName, channels: number): NetworkSpec {
  const input = { channels, height: 33, width: 33 }
  const spec = preset(name, { input })
  const narrow = <L extends ConvLayer>(layer: L): L => ({
    ...layer,
    width: Math.max(4, layer.width >> 4),
    ...(layer.groups === undefined ? {} : { groups: 2 }),
  })
  return {
    ...spec,
    stem: spec.stem.map((layer) => (layer.kind === 'conv' ? narrow(layer) : layer)),
    stages: spec.stages.map(({ blocks }) => ({
      blocks: blocks.slice(0, 2).map((block) => ({ ...block, branch: block.branch.map(narrow) })),
    })),
    head: 'classes' in spec.head ? { ...spec.head, classes: 3 } : spec.head,
  }
}

const pool = fc.record({
  kind: fc.constantFrom('maxPool' as const, 'averagePool' as const),
  kernel: fc.integer({ min: 2, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  padding: fc.integer({ min: 0, max: 1 }),
})
const stemLayer: fc.Arbitrary<StemLayer> = fc.oneof(
  fc.record({ layer: conv, stride: fc.integer({ min: 1, max: 2 }) }).map(({ layer, stride }) => ({ ...layer, stride })),
  fc.constant({ kind: 'norm' } as const),
  fc.constant({ kind: 'relu' } as const),
  pool,
)
const stages: fc.Arbitrary<StageSpec[]> = fc.array(
  fc.record({ blocks: fc.array(block, { minLength: 1, maxLength: 3 }) }),
  {
    maxLength: 2,
  },
)
const classifier: fc.Arbitrary<HeadSpec> = fc.record({
  kind: fc.constant('classifier'),
  norm: fc.boolean(),
  relu: fc.boolean(),
  classes: fc.integer({ min: 2, max: 5 }),
})
const picture: fc.Arbitrary<HeadSpec> = fc
  .record({
    enlarge: fc.integer({ min: 1, max: 4 }),
    shortcut: fc.constantFrom('none' as const, 'input' as const, 'stem' as const),
    bias: fc.boolean(),
  })
  .map((head) => ({ ...head, kind: 'picture', enlarge: head.shortcut === 'input' ? 1 : head.enlarge }))

/** Nets whose sizes fit together, on pictures of one to four channels. */
export const anyNetwork: fc.Arbitrary<NetworkSpec> = fc
  .record({
    stem: fc.array(stemLayer, { maxLength: 6 }),
    stages,
    head: fc.oneof({ arbitrary: classifier, weight: 3 }, picture),
    channels: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ stem, stages, head, channels }): NetworkSpec => {
    const input = { channels, height: 11, width: 9 }
    if ('classes' in head) return { format: 1, name: 'random', input, stem, stages, head }
    // What upscales pictures keeps their size.
    const kept = stem.filter(({ kind }) => kind !== 'maxPool' && kind !== 'averagePool')
    const still = kept.map((layer) => (layer.kind === 'conv' ? { ...layer, stride: 1 } : layer))
    const calm = stages.map(({ blocks }) => ({ blocks: blocks.map((block) => ({ ...block, stride: 1 })) }))
    return { format: 1, name: 'random', input, stem: still, stages: calm, head }
  })
  .filter((spec) => {
    try {
      forwardGraph(spec, { batch: 1, mode: 'inference' })
      return true
    } catch (error) {
      if (error instanceof ResnetError) return false
      throw error
    }
  })
