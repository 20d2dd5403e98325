// Surgery on trained networks: grown ones give the same logits to the bit, and weights keep to their blocks.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngine } from '../../../src/api/compute.node.js'
import { deepened, withoutBlock, withSwappedBlocks } from '../../../src/api/network/surgery.js'
import { differentiate } from '../../../src/autodiff/differentiate.js'
import type { ChosenEngine } from '../../../src/engine/engine.js'
import type { Tensor, TrainedNetwork } from '../../../src/formats/trained-network.js'
import type { Graph } from '../../../src/graph/graph.js'
import { compileGraph } from '../../../src/inference/compile.js'
import { forwardGraph } from '../../../src/model/forward.js'
import { initialise } from '../../../src/model/initialise.js'
import { parametersOf } from '../../../src/model/parameters.js'
import { cifarBasic, cifarBottleneck } from '../../../src/spec/families.js'
import { fullyConnected } from '../../../src/spec/other-families.js'
import type { NetworkSpec } from '../../../src/spec/spec.js'
import { ConfigError } from '../../../src/util/errors.js'
import { Random } from '../../../src/util/random.js'
import { elements } from '../../../src/util/shape.js'

const input = { channels: 3, height: 16, width: 16 }
const small = { depth: 14, widths: [8, 20, 32], input } as const

/** A network whose norms have seen something: all numbers random, variances positive. */
function network(spec: NetworkSpec): TrainedNetwork {
  const random = new Random(3)
  const fresh = initialise(spec, { seed: 1 })
  const weights = new Map(
    parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference' })).map(({ path, shape }): [string, Tensor] => [
      path,
      { shape, data: fresh.get(path)!.map((value) => value + 0.1 * random.uniform()) },
    ]),
  )
  const preprocessing = { normalisation: { mean: [0, 0, 0], std: [1, 1, 1] }, input: spec.input, classes: [] }
  return { spec, preprocessing, weights }
}

const engines = new Map<string, ChosenEngine>()
beforeAll(async () => {
  for (const engine of ['auto', 'reference'] as const) engines.set(engine, await openEngine({ engine }))
})
afterAll(async () => {
  for (const engine of engines.values()) await engine.dispose()
})

const logits = (engine: ChosenEngine, { spec, weights }: TrainedNetwork) =>
  outputOf(engine, forwardGraph(spec, { batch: 3, mode: 'inference' }), weights, 'logits')

async function outputOf(engine: ChosenEngine, graph: Graph, weights: TrainedNetwork['weights'], name: string) {
  const random = new Random(9)
  const executable = await compileGraph(engine, graph)
  for (const { name, value, role } of graph.inputs)
    if (role !== 'data') executable.write(name, weights.get(name)!.data)
    else if (value.type.dtype === 'i32') executable.write(name, new Int32Array(elements(value.type.shape)))
    else
      executable.write(
        name,
        Float32Array.from({ length: elements(value.type.shape) }, () => random.normal()),
      )
  await executable.run()
  const found = await executable.read(name)
  await executable.dispose()
  return found
}

describe('deepen', () => {
  const nets: readonly [string, NetworkSpec][] = [
    ['post-activation', cifarBasic(small)],
    ['pre-activation', cifarBasic({ ...small, order: 'pre' })],
    ['ReLU-only pre-activation', cifarBasic({ ...small, order: 'relu-pre' })],
    ['nothing after the addition', cifarBasic({ ...small, order: 'bare-add' })],
    ['bottlenecks', cifarBottleneck({ depth: 11, widths: [8, 8, 12], input })],
    ['pre-activation bottlenecks', cifarBottleneck({ depth: 11, widths: [8, 8, 12], input, order: 'pre' })],
    ['no norms', cifarBasic({ ...small, norm: false })],
    ['fully connected', fullyConnected({ depth: 6, inputs: input, widths: [24, 32], classes: 5, shortcut: 'pad' })],
  ]
  test.each(nets)('%s: the same logits to the bit', async (_, spec) => {
    const given = network(spec)
    const grown = deepened(deepened(given, { stage: 1, blocks: 2 }), { stage: 2, blocks: 1, seed: 5 })
    expect(grown.spec.stages[0]!.blocks.length).toBe(spec.stages[0]!.blocks.length + 2)
    for (const engine of engines.values()) expect(await logits(engine, grown)).toEqual(await logits(engine, given))
  })

  test.each(['post', 'pre'] as const)('what was added learns (%s)', async (order) => {
    const { spec, weights } = deepened(network(cifarBasic({ ...small, order })), { stage: 3, blocks: 1 })
    const last = order === 'post' ? 'stage3.block3.norm2.scale' : 'stage3.block3.conv2.weight'
    expect(new Set(weights.get(last)!.data)).toEqual(new Set([0]))
    const forward = forwardGraph(spec, { batch: 4, mode: 'training' })
    const wanted = forward.inputs.find(({ name }) => name === last)!.value
    const { graph, gradients } = differentiate(forward, 'loss', [wanted])
    const gradient = { name: 'gradient', value: gradients.get(wanted)! }
    const found = await outputOf(engines.get('auto')!, { ...graph, outputs: [gradient] }, weights, 'gradient')
    expect(found.some((value) => value !== 0)).toBe(true)
  })

  test.each<[Partial<Parameters<typeof cifarBasic>[0]>, string]>([
    [{ shortcut: 'none' }, 'they have no shortcut'],
    [{ shortcut: 'noise' }, 'they have no shortcut'],
    [{ shortcut: 'project-always' }, 'their shortcuts project'],
    [{ shortcutScale: 0.5 }, 'their shortcuts are scaled or gated'],
    [{ gate: { kind: 'exclusive', bias: -6 } }, 'their shortcuts are scaled or gated'],
    [{ order: 'norm-after-add' }, 'they normalise after the addition'],
    [{ order: 'relu-before-add' }, 'their branches end in a ReLU, before which zeros would never learn'],
  ])('%j is refused', (options, reason) => {
    const spec = cifarBasic({ ...small, ...options })
    expect(() => deepened({ ...network(spec) }, { stage: 2, blocks: 1 })).toThrow(
      new ConfigError(`stage2: its blocks cannot be identities: ${reason}`),
    )
  })
})

test('a lesioned network has the weights of the blocks that are left', async () => {
  const given = network(cifarBasic(small))
  const { spec, weights } = withoutBlock(given, 'stage2.block2')
  expect(spec.stages[1]!.blocks).toHaveLength(1)
  expect(weights.get('stage3.block1.conv1.weight')).toBe(given.weights.get('stage3.block1.conv1.weight'))
  expect(weights.has('stage2.block2.conv1.weight')).toBe(false)
  expect(await logits(engines.get('reference')!, { ...given, spec, weights })).toHaveLength(30)
})

test('swapped blocks take their weights along', async () => {
  const given = network(cifarBasic({ ...small, depth: 20 }))
  const swapped = withSwappedBlocks(given, 'stage2.block2', 'stage2.block3')
  expect(swapped.weights.get('stage2.block3.conv1.weight')).toBe(given.weights.get('stage2.block2.conv1.weight'))
  const reference = engines.get('reference')!
  expect(await logits(reference, swapped)).not.toEqual(await logits(reference, given))
  expect(await logits(reference, withSwappedBlocks(swapped, 'stage2.block2', 'stage2.block3'))).toEqual(
    await logits(reference, given),
  )
})
