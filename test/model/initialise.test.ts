// Fresh weights: their statistics, their bits, and zero-init residual.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { parametersOf } from '../../src/model/parameters.js'
import { cifarBasic, cifarBottleneck } from '../../src/spec/families.js'
import { preset } from '../../src/spec/presets.js'
import type { Order } from '../../src/spec/spec.js'
import { ConfigError } from '../../src/util/errors.js'
import { elements } from '../../src/util/shape.js'

function moments(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
  return { mean, deviation: Math.sqrt(variance) }
}

/** A hash of the bits of each array, by path. */
function bitsOf(values: ReadonlyMap<string, Float32Array>): [string, string][] {
  return [...values].map(([path, { buffer }]) => [
    path,
    createHash('sha256').update(new Uint8Array(buffer)).digest('hex'),
  ])
}

test('every parameter and buffer has its values, of its size', () => {
  const spec = preset('resnet20')
  const values = initialise(spec, { seed: 1 })
  const expected = parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference' }))
  expect([...values].map(([path, { length }]) => [path, length])).toEqual(
    expected.map(({ path, shape }) => [path, elements(shape)]),
  )
})

test('convolutions are normal with variance 2 / fan-out', () => {
  const spec = cifarBasic({ depth: 8, widths: [64, 128, 256], shortcut: 'project-on-change' })
  const values = initialise(spec, { seed: 3 })
  for (const [path, fanOut] of [
    ['stem.conv', 64 * 9],
    ['stage2.block1.conv2', 128 * 9],
    ['stage3.block1.conv1', 256 * 9],
    ['stage3.block1.shortcut.conv', 256],
  ] as const) {
    const weight = values.get(`${path}.weight`)!
    const { mean, deviation } = moments(weight)
    const wanted = Math.sqrt(2 / fanOut)
    // Five standard errors of the mean and of the deviation of so many normal numbers.
    expect(Math.abs(mean)).toBeLessThan((5 * wanted) / Math.sqrt(weight.length))
    expect(Math.abs(deviation / wanted - 1)).toBeLessThan(5 / Math.sqrt(2 * weight.length))
    const beyondTwo = weight.filter((x) => Math.abs(x) > 2 * wanted).length / weight.length
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(5 * Math.sqrt((0.0455 * 0.9545) / weight.length))
  }
  const { deviation } = moments(values.get('head.classifier.weight')!)
  expect(Math.abs(deviation / 0.01 - 1)).toBeLessThan(5 / Math.sqrt(2 * 2560))
})

test('norms start as identities, biases and means at 0', () => {
  const start = { scale: 1, shift: 0, mean: 0, variance: 1, bias: 0 }
  for (const [path, values] of initialise(preset('resnet8'), { seed: 0 })) {
    const name = path.slice(path.lastIndexOf('.') + 1)
    if (name !== 'weight') expect(new Set(values)).toEqual(new Set([start[name as keyof typeof start]]))
  }
})

test('a seed gives the same bits, another seed and another path others', () => {
  const spec = preset('resnet8')
  const [first, again, other] = [1, 1, 2].map((seed) => initialise(spec, { seed }))
  expect(bitsOf(again!)).toEqual(bitsOf(first!))
  const weights = [...bitsOf(first!), ...bitsOf(other!)].filter(([path]) => path.endsWith('.weight'))
  expect(new Set(weights.map(([, bits]) => bits)).size).toBe(weights.length)
  // The very bits: they must never change, or no run could be repeated.
  const bits = new Uint32Array(first!.get('stem.conv.weight')!.buffer)
  expect([...bits.slice(0, 4)].map((word) => word.toString(16))).toMatchInlineSnapshot(`
    [
      "be0932ce",
      "bdb80d22",
      "be919a5d",
      "3de622d8",
    ]
  `)
})

test('a net and its plain twin start with the same weights', () => {
  expect(bitsOf(initialise(preset('plain20'), { seed: 7 }))).toEqual(
    bitsOf(initialise(preset('resnet20'), { seed: 7 })),
  )
})

test('zero-init residual: the last norm of a branch, or the last convolution in pre-activation blocks', () => {
  const zeros = (spec: Parameters<typeof initialise>[0]) => {
    const usual = new Map(bitsOf(initialise(spec, { seed: 5 })))
    const values = initialise(spec, { seed: 5, zeroInitResidual: true })
    const changed = bitsOf(values).flatMap(([path, bits]) => (bits === usual.get(path) ? [] : [path]))
    for (const path of changed) expect(new Set(values.get(path))).toEqual(new Set([0]))
    return changed
  }
  expect(zeros(preset('resnet8'))).toEqual([1, 2, 3].map((stage) => `stage${stage}.block1.norm2.scale`))
  expect(zeros(cifarBottleneck({ depth: 11 }))).toEqual([1, 2, 3].map((stage) => `stage${stage}.block1.norm3.scale`))
  expect(zeros(cifarBasic({ depth: 8, order: 'pre' }))).toEqual(
    [1, 2, 3].map((stage) => `stage${stage}.block1.conv2.weight`),
  )
  expect(zeros(preset('plain8'))).toEqual([])
  const inOrder = (order: Order, norm = true) => {
    const spec = cifarBasic({ depth: 8, order })
    const stages = spec.stages.map(({ blocks }) => ({ blocks: blocks.map((block) => ({ ...block, norm })) }))
    return zeros({ ...spec, stages })[0]
  }
  expect(inOrder('relu-pre')).toBe('stage1.block1.norm2.scale')
  expect(inOrder('bare-add')).toBe('stage1.block1.norm2.scale')
  expect(inOrder('norm-after-add')).toBe('stage1.block1.conv2.weight')
  expect(inOrder('post', false)).toBe('stage1.block1.conv2.weight')
  expect(inOrder('relu-before-add')).toBeUndefined()
})

test.each([-1, 0.5, Number.NaN])('the seed %d is refused', (seed) => {
  expect(() => initialise(preset('resnet8'), { seed })).toThrow(
    new ConfigError(`seed: expected a whole number from 0, got ${seed}`),
  )
})
