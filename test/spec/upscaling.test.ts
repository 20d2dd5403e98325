/** Nets that upscale pictures: what they are made of, how far they look, and what is refused. */
import { describe, expect, test } from 'vitest'
import { complexity } from '../../src/model/complexity.js'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { summary } from '../../src/model/summary.js'
import { depthOf } from '../../src/spec/blocks.js'
import { classifierOf, pictureHeadOf, taskOf } from '../../src/spec/heads/index.js'
import { preset, presetsFor } from '../../src/spec/presets.js'
import { reachOf } from '../../src/spec/reach.js'
import type { NetworkSpec, PictureHead } from '../../src/spec/spec.js'
import { removeBlock } from '../../src/spec/surgery.js'
import { edsr, vdsr } from '../../src/spec/upscaling.js'
import { validateSpec } from '../../src/spec/validate.js'
import { ConfigError, ShapeError } from '../../src/util/errors.js'

const opsOf = (spec: NetworkSpec, part: string) =>
  forwardGraph(spec, { batch: 1, mode: 'inference' })
    .nodes.filter(({ path }) => path.startsWith(`${part}.`))
    .map(({ op, path }) => `${path.slice(part.length + 1)} ${op}`)

test('20 layers as in the paper: 664,704 numbers without biases, 665,921 with them', () => {
  expect(complexity(preset('vdsr20')).params).toBe(665_921)
  expect(complexity(vdsr({ bias: false })).params).toBe(664_704)
  expect(depthOf(preset('vdsr20'))).toBe(20)
  const graph = forwardGraph(preset('vdsr20'), { batch: 1, mode: 'inference' })
  expect(graph.nodes.filter(({ op }) => op === 'relu')).toHaveLength(19)
  expect(opsOf(preset('vdsr20'), 'head')).toEqual(['conv conv2d', 'conv addBias', 'add add'])
})

test('the direct twin lacks the last addition only', () => {
  const [net, twin] = [preset('vdsr20'), preset('plain-vdsr20')]
  expect(complexity(twin).params).toBe(665_921)
  expect(opsOf(twin, 'head')).toEqual(['conv conv2d', 'conv addBias'])
  const count = (spec: NetworkSpec) => forwardGraph(spec, { batch: 1, mode: 'inference' }).nodes.length
  expect(count(net)).toBe(count(twin) + 1)
})

test.each([
  [2, 1_367_553, ['merge', 'enlarge1', 'conv']],
  [3, 1_552_193, ['merge', 'enlarge1', 'conv']],
  [4, 1_515_265, ['merge', 'enlarge1', 'enlarge2', 'conv']],
])('residual blocks and pixel shuffles, %i times as large', (scale, params, convolutions) => {
  const spec = preset('edsr_baseline', { scale })
  expect(complexity(spec).params).toBe(params)
  expect(opsOf(spec, 'head').filter((op) => op.endsWith('conv2d'))).toEqual(
    convolutions.map((path) => `${path} conv2d`),
  )
  expect(opsOf(spec, 'stage1.block16').filter((op) => !op.endsWith('addBias'))).toEqual([
    'conv1 conv2d',
    'relu1 relu',
    'conv2 conv2d',
    'branch.scale scale',
    'add add',
  ])
  const { shape } = forwardGraph(spec, { batch: 3, mode: 'inference' }).outputs[0]!.value.type
  expect(shape).toEqual([3, 1, 48 * scale, 48 * scale])
  expect(forwardGraph(spec, { batch: 1, mode: 'training' }).outputs.map(({ name }) => name)).toEqual([
    'squares',
    'loss',
  ])
})

test('how far they look', () => {
  expect(reachOf(preset('vdsr20'))).toBe(20) // a field of 41 pixels [Kim 2016]
  expect(reachOf(vdsr({ depth: 7 }))).toBe(7)
  // stem, 32 convolutions, merge, enlarge1 on small pixels; the last convolution on half as large ones
  expect(reachOf(preset('edsr_baseline'))).toBe(36)
  expect(reachOf(edsr({ blocks: 1, scale: 4 }))).toBe(6) // 1 + 2 + 1 + 1 + 1/2 + 1/4
})

test('tasks', () => {
  expect(taskOf(preset('vdsr20'))).toBe('upscale')
  expect(taskOf(preset('resnet20'))).toBe('classify')
  expect(presetsFor('upscale')).toEqual(['vdsr20', 'plain-vdsr20', 'edsr_baseline'])
  expect(presetsFor('classify')).toContain('resnet50')
})

test('the summary says what comes out', () => {
  expect(summary(preset('vdsr20')).split('\n')[0]).toBe(
    'vdsr20: 20 weighted layers, 1x41x41 pictures, output of that size',
  )
  expect(summary(preset('edsr_baseline', { scale: 3 })).split('\n')[0]).toContain('output 3 times as large')
})

test('a net that starts as zero starts as its shortcut', () => {
  const zero = (spec: NetworkSpec) =>
    [...initialise(spec, { seed: 0, zeroInitResidual: true })]
      .filter(([path, values]) => path.endsWith('.weight') && values.every((value) => value === 0))
      .map(([path]) => path)
  expect(zero(vdsr({ depth: 4 }))).toEqual(['head.conv.weight'])
  expect(zero(edsr({ blocks: 1, scale: 3 }))).toEqual(['stage1.block1.conv2.weight', 'head.merge.weight'])
  expect(zero(preset('plain-vdsr20'))).toEqual([])
})

test('surgery works on them', () => {
  expect(depthOf(removeBlock(preset('vdsr20'), 'stage1.block7'))).toBe(19)
  expect(reachOf(removeBlock(preset('edsr_baseline'), 'stage1.block7'))).toBe(34)
})

describe('what is refused', () => {
  const head: PictureHead = { kind: 'picture', enlarge: 1, shortcut: 'input', bias: true }
  const withHead = (change: object) => ({ ...preset('vdsr20'), head: { ...head, ...change } })

  test.each([
    [{ kind: 'sound' }, 'head: kind must be one of classifier, picture, got "sound"'],
    [{ enlarge: 0 }, 'head: enlarge must be a whole number of at least 1, got 0'],
    [{ enlarge: 5, shortcut: 'none' }, 'head: enlarge must be a whole number from 1 to 4, got 5'],
    [{ shortcut: 'pad' }, 'head: shortcut must be one of none, input, stem, got "pad"'],
    [{ bias: 1 }, 'head: bias must be true or false, got 1'],
    [{ classes: 10 }, 'head: there is no field "classes"; the fields are kind, enlarge, shortcut, bias'],
    [
      { enlarge: 2 },
      'head: its input cannot be added to a picture 2 times as large; set enlarge to 1, or shortcut to "stem"',
    ],
  ])('%j', (change, message) => {
    expect(() => validateSpec(withHead(change))).toThrow(new ConfigError(message))
  })

  test('nets that shrink pictures on the way', () => {
    const spec = { ...preset('resnet8', { input: { channels: 1, height: 16, width: 16 } }), head }
    expect(() => forwardGraph(spec, { batch: 1, mode: 'inference' })).toThrow(
      new ShapeError(
        'head: a net that upscales pictures must keep their size until its head, got maps of 4x4 for pictures of 16x16; ' +
          'leave out strides and pools',
      ),
    )
  })

  test('options that have no meaning', () => {
    expect(() => vdsr({ depth: 2 })).toThrow(new ConfigError('depth: expected a whole number of at least 3, got 2'))
    expect(() => edsr({ blocks: 0 })).toThrow(new ConfigError('blocks: expected a whole number of at least 1, got 0'))
    expect(() => edsr({ scale: 5 })).toThrow(new ConfigError('scale: expected 2, 3 or 4, got 5'))
    expect(() => preset('vdsr20', { classes: 10 })).toThrow(
      new ConfigError('preset: vdsr20 has no classes; leave it out'),
    )
    expect(() => preset('resnet20', { scale: 2 })).toThrow(
      new ConfigError('preset: resnet20 has no scale; leave it out'),
    )
    expect(() => preset('vdsr20', { scale: 2 })).toThrow(new ConfigError('preset: vdsr20 has no scale; leave it out'))
  })

  test('one task for the other', () => {
    expect(() => classifierOf(preset('vdsr20'))).toThrow(
      new ConfigError('vdsr20: this network upscales pictures and is not a classifier; call its upscale()'),
    )
    expect(() => pictureHeadOf(preset('resnet20'))).toThrow(
      new ConfigError(
        'resnet20: this network classifies into 10 classes and is not an upscaling network; for upscaling take a net such as vdsr20 or edsr_baseline',
      ),
    )
  })
})
