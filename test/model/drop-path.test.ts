// Stochastic depth: which branches are dropped how often, and what a dropped branch leaves.
import { describe, expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import { graphText } from '../../src/graph/text.js'
import { dropsOf } from '../../src/model/drop-path.js'
import { type ForwardOptions, forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import type { DropoutAttributes } from '../../src/ops/dropout.js'
import { verify } from '../../src/ops/index.js'
import { planGraph } from '../../src/plan/planner.js'
import { cifarBasic } from '../../src/spec/families.js'
import { preset } from '../../src/spec/presets.js'
import { Random } from '../../src/util/random.js'

const BATCH = 16
const spec = cifarBasic({ depth: 8, widths: [4, 6, 8], input: { channels: 3, height: 8, width: 8 } })
const dropPath = { rate: 0.6, rule: 'linear', by: 'row', seed: 7 } as const
const graphOf = (options: Partial<ForwardOptions> = {}) =>
  verify(forwardGraph(spec, { batch: BATCH, mode: 'training', ...options }))

test('the rate rises linearly with depth and reaches its end at the last block', () => {
  const rates = (name: 'resnet20' | 'preresnet110') =>
    [...dropsOf(preset(name), dropPath).values()].map(({ rate }) => rate)
  expect(rates('resnet20')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((l) => (0.6 * l) / 9))
  expect(rates('preresnet110')).toHaveLength(54)
  expect(rates('preresnet110').at(-1)).toBe(0.6)
})

test('a uniform rate is that of every branch', () => {
  const rates = [...dropsOf(spec, { ...dropPath, rule: 'uniform' }).values()].map(({ rate }) => rate)
  expect(rates).toEqual([0.6, 0.6, 0.6])
})

test('each branch of each batch of a step has random numbers of its own', () => {
  const layers = [0, 1].flatMap((batch) =>
    [...dropsOf(spec, { ...dropPath, batch }).values()].map(({ layer }) => layer),
  )
  expect(layers).toEqual([0, 1, 2, 3, 4, 5])
})

test.each(['post', 'pre'] as const)('stands between branch and sum in %s-activation blocks', (order) => {
  const graph = verify(forwardGraph(cifarBasic({ depth: 8, order }), { batch: 2, mode: 'training', dropPath }))
  const drops = graph.nodes.filter(({ op }) => op === 'dropout')
  expect(drops.map(({ path }) => path)).toEqual(['stage1', 'stage2', 'stage3'].map((stage) => `${stage}.block1.drop`))
  for (const drop of drops) {
    const sum = graph.nodes.find(({ op, inputs }) => op === 'add' && inputs.includes(drop.outputs[0]!))
    expect(sum!.path).toBe(drop.path.replace('.drop', '.add'))
    expect((drop.attributes as DropoutAttributes).granularity).toBe('row')
  }
})

test('a rate of 0 and inference leave the graph as it is', () => {
  expect(graphText(graphOf({ dropPath: { ...dropPath, rate: 0 } }))).toBe(graphText(graphOf()))
  expect(graphText(graphOf({ mode: 'inference', dropPath }))).toBe(graphText(graphOf({ mode: 'inference' })))
})

test('nets without shortcuts, and rates that make no sense, are refused', () => {
  expect(() => dropsOf(preset('plain8'), dropPath)).toThrow(
    'dropPath: plain8 has no shortcuts that could stand in for a dropped branch; leave it out',
  )
  expect(() => dropsOf(spec, { ...dropPath, rate: 1 })).toThrow('dropPath: expected a rate in [0, 1), got 1')
})

/** What a sum of shortcut and branch holds beside the shortcut: for each picture the factor of the branch. */
async function factors(by: 'row' | 'batch', step: number): Promise<number[]> {
  const taps = ['stage3.block1.norm2', 'stage3.block1.drop'] as const
  const graph = graphOf({ dropPath: { ...dropPath, by }, taps })
  const engine = openReference()
  const executable = await engine.compile(planGraph(graph, engine.target))
  for (const [name, values] of initialise(spec, { seed: 1 })) executable.write(name, values)
  const random = new Random(2)
  executable.write(
    'pictures',
    Float32Array.from({ length: BATCH * 3 * 64 }, () => random.normal()),
  )
  executable.write('step', Int32Array.of(step))
  await executable.run()
  const [before, after] = [await executable.read(taps[0]), await executable.read(taps[1])]
  const length = before.length / BATCH
  return Array.from({ length: BATCH }, (_, n) => {
    const at = n * length
    const factor = after[at]! / before[at]!
    for (let i = at; i < at + length; i++) expect(after[i]).toBeCloseTo(factor * before[i]!, 5)
    return Math.round(1e4 * factor) / 1e4
  })
}

describe('what is dropped', () => {
  test('by row: some pictures lose the branch, for the others it is 1 / (1 - rate) as much', async () => {
    const first = await factors('row', 0)
    expect(new Set(first)).toEqual(new Set([0, 2.5]))
    expect(await factors('row', 0)).toEqual(first)
    expect(await factors('row', 1)).not.toEqual(first)
  })

  test('by batch: all pictures alike, in some steps', async () => {
    const steps = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => factors('batch', step)))
    for (const step of steps) expect(new Set(step).size).toBe(1)
    expect(new Set(steps.map(([factor]) => factor))).toEqual(new Set([0, 2.5]))
  })
})
