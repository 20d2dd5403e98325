/** Blocks of trained networks in another order, or gone. */
import { expect, test } from 'vitest'
import {
  arrangeBlocks,
  type BlockPath,
  cifarBasic,
  plainTwin,
  probe,
  type TrainedNetwork,
  untrained,
} from '../../../src/internal.node.js'

const residual = cifarBasic({ depth: 20, widths: [4, 4, 8], input: { channels: 3, height: 8, width: 8 } })
const net = untrained(residual, { seed: 3 })
const plain = untrained(plainTwin(residual), { seed: 3 })
const all = [1, 2, 3].flatMap((s) => [1, 2, 3].map((b): BlockPath => `stage${s}.block${b}`))
const without = (...gone: BlockPath[]) => all.filter((path) => !gone.includes(path))
const pictures = Float32Array.from({ length: 2 * 3 * 64 }, (_, i) => ((i * 37) % 101) / 100)
const engine = 'reference' as const
const last = async (network: TrainedNetwork, path: BlockPath = 'stage3.block3') =>
  (await probe(network, pictures, { engine, activations: [path] })).activations.get(path)!.data

test('all blocks in their places are the same network', async () => {
  const same = arrangeBlocks(net, all)
  expect(same.spec).toEqual(net.spec)
  expect(new Map([...same.weights].sort())).toEqual(new Map([...net.weights].sort()))
})

test('without a block, its input is what its output was', async () => {
  const lesioned = arrangeBlocks(net, without('stage1.block2'))
  expect(lesioned.spec.stages.map(({ blocks }) => blocks.length)).toEqual([2, 3, 3])
  expect(await last(lesioned, 'stage1.block1')).toEqual(await last(net, 'stage1.block1'))
  expect(lesioned.weights.get('stage1.block2.conv1.weight')).toBe(net.weights.get('stage1.block3.conv1.weight'))
  expect(lesioned.weights.has('stage1.block3.conv1.weight')).toBe(false)
})

test('without a block that changes sizes, its shortcut stays', async () => {
  const lesioned = arrangeBlocks(net, without('stage3.block1'))
  expect(lesioned.spec).toEqual(net.spec)
  const before = await last(net, 'stage2.block3')
  const after = await last(lesioned, 'stage3.block1')
  // Option A: every second pixel, two channels of zeros before the four and two after.
  const at = (data: Float32Array, width: number, side: number, c: number, y: number, x: number) =>
    data[(c * side + y) * side + x + 0 * width]!
  for (let y = 0; y < 2; y++)
    for (let x = 0; x < 2; x++) {
      expect(at(after, 8, 2, 2, y, x)).toBe(at(before, 4, 4, 0, 2 * y, 2 * x))
      expect(at(after, 8, 2, 0, y, x)).toBe(0)
    }
})

test('a norm after the addition is no part of the branch that falls silent', async () => {
  const stages = residual.stages.map(({ blocks }) => ({
    blocks: blocks.map((block) => ({ ...block, order: 'norm-after-add' as const })),
  }))
  const whole = untrained({ ...residual, stages }, { seed: 3 })
  const lesioned = arrangeBlocks(whole, without('stage3.block1'))
  const path = 'stage3.block1.norm2.scale'
  expect(lesioned.weights.get(path)).toBe(whole.weights.get(path))
  expect((await last(lesioned, 'stage3.block1')).some((value) => value > 0)).toBe(true)
})

test('blocks change places with their weights', () => {
  const order = all.map((path) =>
    path === 'stage2.block2' ? 'stage2.block3' : path === 'stage2.block3' ? 'stage2.block2' : path,
  )
  const shuffled = arrangeBlocks(net, order)
  expect(shuffled.spec).toEqual(net.spec)
  expect(shuffled.weights.get('stage2.block2.conv1.weight')).toBe(net.weights.get('stage2.block3.conv1.weight'))
  expect(shuffled.weights.get('stage2.block3.norm2.scale')).toBe(net.weights.get('stage2.block2.norm2.scale'))
})

test('plain nets lose blocks that keep sizes, and no others', () => {
  expect(arrangeBlocks(plain, without('stage3.block3')).spec.stages[2]!.blocks).toHaveLength(2)
  expect(() => arrangeBlocks(plain, without('stage2.block1', 'stage1.block1'))).not.toThrow('stage1')
  expect(() => arrangeBlocks(plain, without('stage3.block1'))).toThrow(
    'stage3.block1: it changes the width from 4 to 8 and has no shortcut that would remain; keep this block',
  )
})

test('what cannot be is refused', () => {
  expect(() => arrangeBlocks(net, ['stage4.block1'])).toThrow('stage4.block1: resnet20 has no such block')
  expect(() => arrangeBlocks(net, [...all, 'stage1.block2'])).toThrow(
    'stage1.block2: this block stands in the order twice',
  )
  expect(() => arrangeBlocks(net, without('stage1.block1', 'stage1.block2', 'stage1.block3'))).toThrow(
    'stage1: it would have no block left, and a stage needs at least one',
  )
})
