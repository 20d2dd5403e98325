/** Where on a picture a network sees a class: by hand on a net of two maps, and alike on every engine. */
import { describe, expect, test } from 'vitest'
import type { ChosenEngine } from '../../../src/engine/engine.js'
import { partRead } from '../../../src/inference/picture.js'
import { cifarBasic, load, type NetworkSpec, type Tensor, type TrainedNetwork } from '../../../src/internal.node.js'
import { forwardGraph } from '../../../src/model/forward.js'
import { parametersOf } from '../../../src/model/parameters.js'
import { lastMaps } from '../../../src/tasks/classify/explain.js'
import { asShares, mapOnPicture } from '../../../src/tasks/classify/maps.js'
import { Random } from '../../../src/util/random.js'
import { describeEngines } from '../../engine/engines.js'

/** Pixels x become maps max(x, 0) and max(−x, 0); the block adds nothing. */
const spec: NetworkSpec = {
  format: 1,
  name: 'byhand',
  input: { channels: 1, height: 2, width: 2 },
  stem: [{ kind: 'conv', width: 2, kernel: 1 }, { kind: 'relu' }],
  stages: [
    {
      blocks: [
        {
          branch: [{ kind: 'conv', width: 2, kernel: 1 }],
          stride: 1,
          strideIn: 0,
          order: 'post',
          shortcut: 'pad',
        },
      ],
    },
  ],
  head: { kind: 'classifier', norm: false, classes: 2 },
}
const floats = (shape: number[], ...data: number[]): Tensor => ({ shape, data: Float32Array.from(data) })
const byHand: TrainedNetwork = {
  spec,
  preprocessing: {
    input: spec.input,
    normalisation: { mean: [100 / 255], std: [1 / 255] },
    classes: ['bright', 'dark'],
  },
  weights: new Map([
    ['stem.conv.weight', floats([2, 1, 1, 1], 1, -1)],
    ['stage1.block1.conv1.weight', floats([2, 2, 1, 1], 0, 0, 0, 0)],
    ['stage1.block1.norm1.scale', floats([2], 1, 1)],
    ['stage1.block1.norm1.shift', floats([2], 0, 0)],
    ['stage1.block1.norm1.mean', floats([2], 0, 0)],
    ['stage1.block1.norm1.variance', floats([2], 1, 1)],
    ['head.classifier.weight', floats([2, 2], 2, 1, -1, 3)],
    ['head.classifier.bias', floats([2], 0.5, -1)],
  ]),
}
/** Read as 10, −20, 30 and 0. */
const picture = { width: 2, height: 2, data: Uint8Array.of(110, 80, 130, 100) }

const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 3))

describe('by hand', () => {
  test('the class activation map weighs the last maps; its mean is the logit less the bias', async () => {
    await using net = await load(byHand, { engine: 'reference' })
    const bright = await net.explain(picture)
    expect(bright).toMatchObject({ label: 'bright', method: 'class-activation-map', layer: 'stage1' })
    expect(Array.from(bright.evidence.data)).toEqual(close(20, 20, 60, 0))
    expect(Array.from(bright.map.data)).toEqual(close(1 / 3, 1 / 3, 1, 0))
    expect(bright.read).toEqual({ left: 0, top: 0, width: 2, height: 2 })
    const dark = await net.explain(picture, { class: 'dark' })
    expect(Array.from(dark.evidence.data)).toEqual(close(-10, 60, -30, 0))
    expect(Array.from(dark.map.data)).toEqual(close(0, 1, 0, 0))
    const logits = await net.logits(net.prepare([picture]))
    expect(Array.from(logits)).toEqual(close(25 + 0.5, 5 - 1))
    expect(bright.probability + dark.probability).toBeCloseTo(1, 9)
  })

  test('Grad-CAM at the last maps is the same, divided by the number of places', async () => {
    await using net = await load(byHand, { engine: 'reference' })
    const found = await net.explain(picture, { block: 'stage1.block1', class: 0 })
    expect(found).toMatchObject({ label: 'bright', method: 'grad-cam', layer: 'stage1.block1' })
    expect(Array.from(found.evidence.data)).toEqual(close(5, 5, 15, 0))
    expect(Array.from(found.map.data)).toEqual(close(1 / 3, 1 / 3, 1, 0))
  })

  test('Grad-CAM before the block: the ReLU passes gradients where it passes values', async () => {
    await using net = await load(byHand, { engine: 'reference' })
    const { evidence } = await net.explain(picture, { block: 'stem' })
    expect(Array.from(evidence.data)).toEqual(close(2.5, 1.25, 7.5, 0))
  })

  test('features are the means of the last maps', async () => {
    await using net = await load(byHand, { engine: 'reference' })
    expect(Array.from(await net.embed(picture))).toEqual(close(10, 5))
    expect(Array.from(await net.embed([picture, { ...picture, data: Uint8Array.of(100, 96, 100, 104) }]))).toEqual(
      close(10, 5, 1, 1),
    )
  })

  test.each([
    [
      { class: 'grey' },
      'explain: byhand has no class "grey"; expected a number from 0 to 1, or a name such as bright, dark',
    ],
    [{ class: 2 }, 'explain: byhand has no class 2; expected a number from 0 to 1'],
    [{ block: 'stage2.block1' }, 'tap stage2.block1: byhand has no such layer'],
    [
      { block: 'head.pool' },
      'explain: head.pool of byhand gives no maps; take a block or a stage, such as stage2.block1',
    ],
  ] as const)('%j is refused', async (options, message) => {
    await using net = await load(byHand, { engine: 'reference' })
    await expect(net.explain(picture, options)).rejects.toThrow(message)
  })
})

test.each([
  [{ norm: false }, 'stage1'],
  [{ norm: true }, 'head.relu'],
  [{ norm: false, relu: true }, 'head.relu'],
  [{ norm: true, relu: false }, 'head.norm'],
])('the last maps of a head %j are those of %s', (head, path) => {
  expect(lastMaps({ ...spec, head: { kind: 'classifier', ...head, classes: 2 } })).toBe(path)
})

describe('maps', () => {
  test('from 0 to 1; all 0 where nothing speaks for the class', () => {
    expect(Array.from(asShares({ width: 3, height: 1, data: Float32Array.of(-1, 2, 4) }).data)).toEqual([0, 0.5, 1])
    expect(Array.from(asShares({ width: 2, height: 1, data: Float32Array.of(-3, -1) }).data)).toEqual([0, 0])
  })

  test('the part of a picture that is read: the middle of the middle', () => {
    const preprocessing = {
      input: { channels: 3, height: 224, width: 224 },
      resize: { height: 256, width: 256 },
      normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
      classes: [],
    }
    expect(partRead({ width: 768, height: 512 }, preprocessing)).toEqual({
      left: 160,
      top: 32,
      width: 448,
      height: 448,
    })
  })

  test('laid over a picture: smooth between the middles of places, flat beyond the outer ones, 0 beside the part', () => {
    const map = { width: 2, height: 1, data: Float32Array.of(0.25, 1) }
    const { data } = mapOnPicture(map, { width: 6, height: 2 }, { left: 1, top: 0, width: 4, height: 1 })
    expect(Array.from(data)).toEqual([0, 0.25, 0.4375, 0.8125, 1, 0, 0, 0, 0, 0, 0, 0])
  })
})

/** Random weights of a net in which all that a backward pass meets is found: strides, norms, both shortcuts. */
function randomNet(order: 'post' | 'pre', shortcut: 'pad' | 'project-on-change'): TrainedNetwork {
  const net = cifarBasic({
    name: `${order} ${shortcut}`,
    depth: 8,
    widths: [8, 16, 24],
    classes: 3,
    order,
    shortcut,
    input: { channels: 3, height: 16, width: 16 },
  })
  const random = new Random(5)
  const parameters = parametersOf(forwardGraph(net, { batch: 1, mode: 'inference' }))
  const weights = new Map(
    parameters.map(({ path, shape }): [string, Tensor] => {
      const count = shape.reduce((a, b) => a * b, 1)
      const value = /scale|variance/.test(path) ? () => 0.5 + random.uniform() : () => 0.3 * random.normal()
      return [path, { shape, data: Float32Array.from({ length: count }, value) }]
    }),
  )
  const normalisation = { mean: [0.4, 0.4, 0.4], std: [0.25, 0.25, 0.25] }
  return { spec: net, weights, preprocessing: { input: net.input, normalisation, classes: ['a', 'b', 'c'] } }
}

const nets = [randomNet('post', 'pad'), randomNet('post', 'project-on-change'), randomNet('pre', 'pad')]
const noise = new Random(6)
const noisy = { width: 20, height: 16, data: Uint8Array.from({ length: 3 * 320 }, () => noise.below(256)) }
const layers = ['stem', 'stage2', 'stage3.block1.norm2'] as const

/** What the reference says, by net and layer. */
const wanted = await Promise.all(
  nets.map(async (net) => {
    await using reference = await load(net, { engine: 'reference' })
    const evidence = [await reference.explain(noisy, { class: 1 })]
    for (const block of layers) evidence.push(await reference.explain(noisy, { class: 1, block }))
    return { evidence, features: await reference.embed([noisy, noisy]) }
  }),
)

await describeEngines(
  (engine) => {
    test.each(nets.map((net, i) => [net.spec.name, net, wanted[i]!] as const))('%s', async (_, net, expected) => {
      const network = await load(net, { engine: engine() as ChosenEngine })
      const found = [await network.explain(noisy, { class: 1 })]
      for (const block of layers) found.push(await network.explain(noisy, { class: 1, block }))
      found.forEach(({ evidence, layer, pictureMap }, i) => {
        const other = expected.evidence[i]!
        const most = other.evidence.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
        expect(most, layer).toBeGreaterThan(0)
        expect(evidence.data.length).toBe(other.evidence.data.length)
        for (const [at, value] of evidence.data.entries())
          expect(Math.abs(value - other.evidence.data[at]!), `${layer} at ${at}`).toBeLessThan(1e-4 * most)
        expect([pictureMap.width, pictureMap.height]).toEqual([20, 16])
      })
      const features = await network.embed([noisy, noisy])
      expect(features.length).toBe(2 * 24)
      const most = expected.features.reduce((a, b) => Math.max(a, b), 0)
      for (const [at, value] of features.entries())
        expect(Math.abs(value - expected.features[at]!)).toBeLessThan(1e-5 * most)
      await network.dispose()
    })
  },
  ['reference'],
)
