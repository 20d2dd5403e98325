/** What studies measure, against cases worked out by hand. */
import { afterAll, describe, expect, test } from 'vitest'
import { withSilentBranches } from '../../src/api/network/arrange.js'
import { withoutBlock } from '../../src/api/network/surgery.js'
import { complexity } from '../../src/model/complexity.js'
import { placedBlocks } from '../../src/spec/blocks.js'
import { identityKernel } from '../../src/studies/construction.js'
import { bare } from '../../src/studies/decay.js'
import { jumping } from '../../src/studies/jump.js'
import { activationsOf, deviationOf, largestError, lengthOf, testBatch } from '../../src/studies/look.js'
import { cifarNet, recipeFor } from '../../src/studies/nets.js'
import { carrying, gradientShares, shareOfPaths } from '../../src/studies/paths.js'
import { scaled } from '../../src/studies/propagation.js'
import { correlation, kendallTau, swapped } from '../../src/studies/reorder.js'
import { layersOf } from '../../src/studies/responses.js'
import { likeness, meanMap } from '../../src/studies/signal.js'
import { keepingSize, reordered, someOf } from '../../src/studies/surgeon.js'
import { vggNet } from '../../src/studies/taken-apart.js'
import { deviationFor } from '../../src/studies/vanishing.js'
import { quality } from '../../src/tasks/upscale/quality.js'
import { Random } from '../../src/util/random.js'
import { engine, testBench } from './bench.js'

afterAll(() => engine.dispose())

describe('order', () => {
  test('Kendall’s tau', () => {
    expect(kendallTau([0, 1, 2, 3])).toBe(1)
    expect(kendallTau([3, 2, 1, 0])).toBe(-1)
    expect(kendallTau([1, 0, 2, 3])).toBeCloseTo(4 / 6, 12) // one pair of six the wrong way round
    expect(kendallTau([2, 0, 1])).toBeCloseTo(-1 / 3, 12)
  })

  test('swaps stay in their stage', () => {
    const paths = ['stage1.block1', 'stage1.block2', 'stage2.block2', 'stage3.block2', 'stage3.block3'] as const
    for (let i = 0; i < 20; i++) {
      const order = swapped(paths, 3, new Random(i))
      expect(order[2]).toBe(2)
      expect(order.slice(0, 2).sort()).toEqual([0, 1])
      expect(order.slice(3).sort()).toEqual([3, 4])
    }
    expect(swapped(['stage1.block1'], 3, new Random(1))).toEqual([0])
  })

  test('correlation', () => {
    expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12)
    expect(correlation([1, 2, 3], [1, 0, 1])).toBeCloseTo(0, 12)
  })
})

describe('paths', () => {
  test('lengths are binomial', () => {
    expect(shareOfPaths(3, 1, 1)).toBeCloseTo(3 / 8, 12)
    expect(shareOfPaths(3, 0, 3)).toBeCloseTo(1, 12)
    expect(100 * shareOfPaths(54, 19, 35)).toBeCloseTo(98.02, 2)
    expect(100 * shareOfPaths(54, 5, 17)).toBeCloseTo(0.4537, 4)
  })

  test('what lengths carry together', () => {
    const logs = [0, Math.log(1 / 3), Math.log(1 / 9)] // 1·1, 2·1/3, 1·1/9
    const sum = 1 + 2 / 3 + 1 / 9
    expect(gradientShares(logs)[1]).toBeCloseTo(2 / 3 / sum, 12)
    expect(carrying(logs, 0.5)).toEqual([0, 0])
    expect(carrying(logs, 0.6)).toEqual([0, 1])
  })
})

test('lengths, deviations and likeness', () => {
  expect(lengthOf(Float32Array.of(3, 4))).toBe(5)
  expect(deviationOf(Float32Array.of(1, 3))).toBe(1)
  expect(largestError(Float32Array.of(1, -4), Float32Array.of(2, -4))).toBe(0.25)
  expect([...meanMap(Float32Array.of(1, 2, 3, 6), 2)]).toEqual([2, 4])
  // Two maps of one picture: the same upside down, and one that is all zero.
  expect(likeness(Float32Array.of(-1, -2, -4, 0, 0, 0), Float32Array.of(1, 2, 4), 3)).toBeCloseTo(0.5, 6)
})

test('identity kernels', () => {
  const { shape, data } = identityKernel(2)
  expect(shape).toEqual([2, 2, 3, 3])
  expect([...data.keys()].filter((i) => data[i] !== 0)).toEqual([4, 31]) // the middle of (0, 0) and of (1, 1)
  expect(data[31]).toBe(1)
})

test('PSNR', () => {
  const plane = (values: number[]) => ({ height: 16, width: 16, values: Uint8Array.from(values) })
  const dark = plane(new Array(256).fill(100))
  const one = plane(new Array(256).fill(101)) // mean squared error 1
  expect(quality(one, dark, 0).psnr).toBeCloseTo(20 * Math.log10(255), 9)
})

test('deviations of initial weights', () => {
  expect(deviationFor('He', 16) / deviationFor('Xavier', 16)).toBeCloseTo(Math.SQRT2, 12)
  expect(deviationFor('He', 2)).toBeCloseTo(1 / 3, 12)
})

const bench = testBench()

test('a silenced branch is a removed block', async () => {
  for (const kind of ['residual', 'pre-activation'] as const) {
    const spec = cifarNet(bench, kind, 14, { widths: [4, 6, 8] })
    const trained = await bench.train(spec, { ...recipeFor(bench), batchSize: 16 }, 0)
    const checkpoint = await trained.checkpoint()
    const gone = 'stage1.block2' as const
    const silenced = { ...checkpoint, weights: withSilentBranches(spec, checkpoint.weights, new Set([gone])) }
    const removed = withoutBlock(checkpoint, gone)
    const batch = testBatch(bench, 0, 4)
    const a = await activationsOf(bench, silenced, batch, ['stage3'])
    const b = await activationsOf(bench, removed, batch, ['stage3'])
    expect(largestError(a.stage3, b.stage3)).toBeLessThan(1e-6)
  }
})

test('reordered blocks have each other’s weights', () => {
  const tensor = (value: number) => ({ shape: [1], data: Float32Array.of(value) })
  const weights = new Map([
    ['stem.conv.weight', tensor(0)],
    ['stage1.block1.conv1.weight', tensor(1)],
    ['stage1.block2.conv1.weight', tensor(2)],
  ])
  const moved = reordered(weights, ['stage1.block1', 'stage1.block2'], [1, 0])
  expect([...moved].map(([name, { data }]) => [name, data[0]])).toEqual([
    ['stem.conv.weight', 0],
    ['stage1.block1.conv1.weight', 2],
    ['stage1.block2.conv1.weight', 1],
  ])
})

test('nets of studies are what they are called', () => {
  const counts = [1, 2, 3, 4, 9].map((over) => complexity(jumping(bench, over)))
  expect(new Set(counts.map(({ params }) => params)).size).toBe(1)
  expect(new Set(counts.map(({ macs }) => macs)).size).toBe(1)
  expect(keepingSize(vggNet(bench))).toHaveLength(12)
  const spec = cifarNet(bench, 'pre-activation', 14)
  expect(keepingSize(spec)).toEqual(['stage1.block1', 'stage1.block2', 'stage2.block2', 'stage3.block2'])
  expect(placedBlocks(scaled(spec, 0.5)).map((block) => block.spec.shortcutScale)).toEqual([
    0.5,
    0.5,
    undefined,
    0.5,
    undefined,
    0.5,
  ])
  expect(complexity(bare(cifarNet(bench, 'residual', 8))).layers.some(({ op }) => op.startsWith('batchNorm'))).toBe(
    false,
  )
  expect(layersOf(cifarNet(bench, 'residual', 8))).toEqual([
    'stem.norm',
    ...[1, 2, 3].flatMap((stage) => [`stage${stage}.block1.norm1`, `stage${stage}.block1.norm2`]),
  ])
  expect(someOf([5, 6, 7], 2, new Random(0))).toHaveLength(2)
})
