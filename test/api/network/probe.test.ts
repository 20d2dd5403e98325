/** Looks into networks: activations, gradients, and gradients along single paths. */
import { describe, expect, test } from 'vitest'
import { type BlockPath, cifarBasic, plainTwin, probe, untrained } from '../../../src/internal.node.js'

const spec = cifarBasic({ depth: 8, widths: [4, 8, 16], input: { channels: 3, height: 8, width: 8 } })
const net = untrained(spec, { seed: 1 })
const pictures = Float32Array.from({ length: 2 * 3 * 64 }, (_, i) => ((i * 37) % 101) / 100)
const engine = 'reference' as const
const labels = Int32Array.of(3, 7)
const blocks: BlockPath[] = ['stage1.block1', 'stage2.block1', 'stage3.block1']
const subsets = Array.from({ length: 8 }, (_, bits) => blocks.filter((_, i) => (bits >> i) & 1))

const norm = (data: Float32Array) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0))

test('the gradient at the pictures is the slope of the loss', async () => {
  const { gradients } = await probe(net, pictures, { engine, labels, gradients: ['pictures'] })
  const slope = gradients.get('pictures')!
  expect(slope.shape).toEqual([2, 3, 8, 8])
  // Along the gradient, by so little that few ReLUs change sides, and so much that float32 can tell.
  const by = 0.05
  const lossAt = async (length: number) => {
    const moved = pictures.map((value, i) => value + (length * slope.data[i]!) / norm(slope.data))
    return (await probe(net, moved, { engine, labels })).loss
  }
  const ratio = ((await lossAt(by)) - (await lossAt(-by))) / (2 * by * norm(slope.data))
  expect(Math.abs(ratio - 1)).toBeLessThan(0.05)
})

describe.each(['inference', 'training'] as const)('in %s', (mode) => {
  test('the gradients along all paths add up to the whole', async () => {
    const { gradients, along } = await probe(net, pictures, {
      engine,
      labels,
      mode,
      gradients: ['pictures'],
      along: subsets,
    })
    expect(along).toHaveLength(8)
    const whole = gradients.get('pictures')!.data
    const sum = along.reduce(
      (total, { data }) => total.map((value, i) => value + data[i]!),
      new Float32Array(whole.length),
    )
    expect(norm(sum.map((value, i) => value - whole[i]!))).toBeLessThan(1e-5 * norm(whole))
    // Paths differ: no two give the same.
    expect(new Set(along.map(({ data }) => norm(data))).size).toBe(8)
  })
})

test('activations and gradients of layers, blocks and stages', async () => {
  const { activations, gradients } = await probe(net, pictures, {
    engine,
    labels,
    activations: ['stage1.block1.relu', 'stage2'],
    gradients: ['stage1.block1.conv2', 'stage2'],
  })
  expect([...activations.keys()]).toEqual(['stage1.block1.relu', 'stage2'])
  expect(activations.get('stage2')!.shape).toEqual([2, 8, 4, 4])
  expect(gradients.get('stage1.block1.conv2')!.shape).toEqual([2, 4, 8, 8])
  expect(norm(gradients.get('stage2')!.data)).toBeGreaterThan(0)
})

test('a plain net has a single path: nothing is blocked in it', async () => {
  const plain = untrained(plainTwin(spec), { seed: 1 })
  const { gradients, along } = await probe(plain, pictures, { engine, labels, gradients: ['pictures'], along: [[]] })
  expect(along[0]!.data).toEqual(gradients.get('pictures')!.data)
})

test('what makes no sense is refused', async () => {
  await expect(probe(net, new Float32Array(5), { engine })).rejects.toThrow(
    'resnet8: expected pictures of 3x8x8, got 5 floats',
  )
  await expect(probe(net, pictures, { engine, activations: ['stage9'] })).rejects.toThrow('stage9')
})

test('a network without training is that of a training that has not begun', () => {
  expect(untrained(spec, { seed: 1 }).weights).toEqual(net.weights)
  expect(untrained(spec, { seed: 2 }).weights).not.toEqual(net.weights)
  const silent = untrained(spec, { zeroInitResidual: true }).weights.get('stage1.block1.norm2.scale')!
  expect(silent.data).toEqual(new Float32Array(4))
})
