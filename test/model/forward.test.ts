// Graphs of whole networks: their text, their inputs and outputs, and the errors on the way.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Graph } from '../../src/graph/graph.js'
import { graphText } from '../../src/graph/text.js'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { parametersOf } from '../../src/model/parameters.js'
import { verify } from '../../src/ops/index.js'
import {
  type CifarOptions as CifarNetOptions,
  cifarBasic,
  cifarBottleneck,
  imagenetBottleneck,
} from '../../src/spec/families.js'
import type { LayerPath } from '../../src/spec/paths.js'
import { preset, presetNames } from '../../src/spec/presets.js'
import { type BlockSpec, type NetworkSpec, type Order, orders } from '../../src/spec/spec.js'
import { edsr, vdsr } from '../../src/spec/upscaling.js'
import { ConfigError, ShapeError } from '../../src/util/errors.js'

const smallBottleneck = cifarBottleneck({ depth: 11, order: 'pre', widths: [4, 8, 12] })
const pathsOf = (graph: Graph) => graph.nodes.map(({ path }) => path)
const outputsOf = (graph: Graph) =>
  graph.outputs.map(({ name, value }) => `${name} ${value.type.dtype} ${value.type.shape}`)

describe('graphs in full', () => {
  test.each<[string, NetworkSpec]>([
    ['resnet8', preset('resnet8')],
    ['plain8', preset('plain8')],
    ['preresnet8', cifarBasic({ depth: 8, order: 'pre' })],
    ['preresnet11', smallBottleneck],
    ['vdsr4', vdsr({ depth: 4, width: 8 })],
    ['edsr1', edsr({ blocks: 1, width: 8, scale: 4 })],
  ])('%s', async (name, spec) => {
    for (const mode of ['training', 'inference'] as const)
      await expect(graphText(verify(forwardGraph(spec, { batch: 4, mode })))).toMatchFileSnapshot(
        `graphs/${name}-${mode}.txt`,
      )
  })
})

test.each(presetNames)('the training and inference graphs of %s are valid and stay as they are', (name) => {
  const digest = (mode: 'training' | 'inference') => {
    const text = graphText(verify(forwardGraph(preset(name), { batch: 2, mode })))
    return `${text.split('\n').length - 1} lines, ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  }
  expect(`training ${digest('training')}; inference ${digest('inference')}`).toMatchSnapshot()
})

test('training has labels, a loss and updates of all running statistics', () => {
  const graph = forwardGraph(preset('resnet8'), { batch: 4, mode: 'training', labelSmoothing: 0.1 })
  expect(graph.inputs.slice(0, 2).map(({ name, role, value }) => [name, role, value.type])).toEqual([
    ['pictures', 'data', { dtype: 'f32', shape: [4, 3, 32, 32] }],
    ['labels', 'data', { dtype: 'i32', shape: [4] }],
  ])
  expect(outputsOf(graph)).toEqual(['logits f32 4,10', 'loss f32 '])
  const buffers = graph.inputs.filter(({ role }) => role === 'buffer').map(({ value }) => value)
  expect(graph.updates.map(({ target }) => target)).toEqual(buffers)
  expect(graph.nodes.at(-1)).toMatchObject({ op: 'softmaxCrossEntropy', attributes: { smoothing: 0.1 }, path: 'loss' })
})

test('running variances are corrected by n / (n - 1), n the values a channel', () => {
  const graph = forwardGraph(preset('resnet8'), { batch: 4, mode: 'training' })
  const corrections = graph.nodes
    .filter(({ op, path }) => op === 'runningAverage' && path === 'stage3.block1.norm1')
    .map(({ attributes }) => attributes)
  expect(corrections).toEqual([
    { momentum: 0.1, correction: 1 },
    { momentum: 0.1, correction: 256 / 255 },
  ])
})

test('inference has neither updates nor labels, unless the loss is asked for', () => {
  const graph = forwardGraph(preset('resnet8'), { batch: 4, mode: 'inference' })
  expect(graph.updates).toEqual([])
  expect(outputsOf(graph)).toEqual(['logits f32 4,10'])
  const withLoss = forwardGraph(preset('resnet8'), { batch: 4, mode: 'inference', loss: true })
  expect(outputsOf(withLoss)).toEqual(['logits f32 4,10', 'loss f32 '])
  expect(withLoss.nodes.some(({ op }) => op === 'batchNorm')).toBe(false)
})

test('training and inference hold the same parameters and buffers', () => {
  const [training, inference] = (['training', 'inference'] as const).map((mode) =>
    parametersOf(forwardGraph(preset('resnet50'), { batch: 2, mode })),
  )
  expect(training).toEqual(inference)
  expect(inference!.slice(0, 5)).toEqual([
    { path: 'stem.conv.weight', role: 'parameter', shape: [64, 3, 7, 7] },
    { path: 'stem.norm.scale', role: 'parameter', shape: [64] },
    { path: 'stem.norm.shift', role: 'parameter', shape: [64] },
    { path: 'stem.norm.mean', role: 'buffer', shape: [64] },
    { path: 'stem.norm.variance', role: 'buffer', shape: [64] },
  ])
  expect(inference!.slice(-2)).toEqual([
    { path: 'head.classifier.weight', role: 'parameter', shape: [1000, 2048] },
    { path: 'head.classifier.bias', role: 'parameter', shape: [1000] },
  ])
})

test('the deepest nets can be built', () => {
  for (const name of ['resnet1202', 'preresnet1001'] as const)
    expect(forwardGraph(preset(name), { batch: 128, mode: 'training' }).nodes.length).toBeGreaterThan(3000)
})

describe('shortcuts', () => {
  const opsAt = (spec: NetworkSpec, block: string) =>
    forwardGraph(spec, { batch: 1, mode: 'inference' })
      .nodes.filter(({ path }) => path.startsWith(`${block}.`))
      .map(({ op, path }) => `${path.slice(block.length + 1)} ${op}`)

  test('post-activation, projected: the projection has a norm and starts at the block’s input', () => {
    expect(opsAt(preset('resnet50'), 'stage1.block1')).toEqual([
      'conv1 conv2d',
      'norm1 batchNormInference',
      'relu1 relu',
      'conv2 conv2d',
      'norm2 batchNormInference',
      'relu2 relu',
      'conv3 conv2d',
      'norm3 batchNormInference',
      'shortcut.conv conv2d',
      'shortcut.norm batchNormInference',
      'add add',
      'relu relu',
    ])
  })

  test('pre-activation, projected: no norm after the projection, which starts at the first ReLU', () => {
    const graph = forwardGraph(smallBottleneck, { batch: 1, mode: 'inference' })
    expect(opsAt(smallBottleneck, 'stage2.block1')).not.toContain('shortcut.norm batchNormInference')
    const node = (path: string) => graph.nodes.find((other) => other.path === path)!
    expect(node('stage2.block1.shortcut.conv').inputs[0]).toBe(node('stage2.block1.relu1').outputs[0])
    expect(node('head.norm').inputs[0]).toBe(node('stage3.block1.add').outputs[0])
  })

  test('pre-activation, identity: the shortcut is the block’s input, but the first block’s is activated', () => {
    const graph = forwardGraph(cifarBasic({ depth: 14, order: 'pre' }), { batch: 1, mode: 'inference' })
    const node = (path: string) => graph.nodes.find((other) => other.path === path)!
    expect(node('stage1.block1.add').inputs[1]).toBe(node('stage1.block1.relu1').outputs[0])
    expect(node('stage1.block2.add').inputs[1]).toBe(node('stage1.block1.add').outputs[0])
    expect(node('stage2.block1.shortcut.pad').inputs[0]).toBe(node('stage1.block2.add').outputs[0])
  })

  test('option A adds half of the zero channels on each side', () => {
    const graph = forwardGraph(preset('resnet8'), { batch: 1, mode: 'inference' })
    expect(graph.nodes.find(({ path }) => path === 'stage2.block1.shortcut.pad')?.attributes).toEqual({
      stride: [2, 2],
      channels: 32,
      before: 8,
    })
  })

  test('option C projects every shortcut, plain nets have none', () => {
    const count = (spec: NetworkSpec, op: string, path: RegExp) =>
      forwardGraph(spec, { batch: 1, mode: 'inference' }).nodes.filter((node) => node.op === op && path.test(node.path))
        .length
    expect(count(preset('resnet34', { shortcut: 'project-always' }), 'conv2d', /shortcut/)).toBe(16)
    expect(count(preset('resnet34'), 'conv2d', /shortcut/)).toBe(3)
    expect(count(preset('plain34'), 'add', /./)).toBe(0)
  })

  test('the stride is where the spec puts it', () => {
    const strides = (strideIn: 0 | 1) =>
      forwardGraph(imagenetBottleneck({ depth: 50, strideIn }), { batch: 1, mode: 'inference' })
        .nodes.filter(({ op, path }) => op === 'conv2d' && path.startsWith('stage2.block1.'))
        .map(({ attributes }) => (attributes.stride as readonly number[])[0])
    expect(strides(1)).toEqual([1, 2, 1, 2])
    expect(strides(0)).toEqual([2, 1, 1, 2])
  })
})

describe('orders [He 2016, figure 4]', () => {
  const nodesOf = (order: Order, changes: Partial<BlockSpec> = {}) => {
    const spec = cifarBasic({ depth: 8, order })
    const stages = spec.stages.map(({ blocks }) => ({ blocks: blocks.map((block) => ({ ...block, ...changes })) }))
    const nodes = verify(forwardGraph({ ...spec, stages }, { batch: 1, mode: 'inference' })).nodes
    return nodes.filter(({ path }) => path.startsWith('stage1.block1.')).map(({ path }) => path.slice(14))
  }

  test.each<[Order, string]>([
    ['post', 'conv1 norm1 relu1 conv2 norm2 add relu'],
    ['norm-after-add', 'conv1 norm1 relu1 conv2 add norm2 relu'],
    ['relu-before-add', 'conv1 norm1 relu1 conv2 norm2 relu2 add'],
    ['relu-pre', 'relu1 conv1 norm1 relu2 conv2 norm2 add'],
    ['pre', 'norm1 relu1 conv1 norm2 relu2 conv2 add'],
    ['bare-add', 'conv1 norm1 relu1 conv2 norm2 add'],
  ])('%s: %s', (order, layers) => {
    expect(nodesOf(order).join(' ')).toBe(layers)
    const bare = layers.replaceAll(/norm\d ?/g, '')
    expect(nodesOf(order, { norm: false }).join(' ')).toBe(bare)
  })

  test('a projection has a norm where norms follow convolutions and come before the addition', () => {
    const normed = orders.filter((order) =>
      nodesOf(order, { shortcut: 'project-always' }).some((path) => path === 'shortcut.norm'),
    )
    expect(normed).toEqual(['post', 'relu-before-add', 'relu-pre', 'bare-add'])
    expect(nodesOf('post', { shortcut: 'project-always', norm: false })).not.toContain('shortcut.norm')
  })

  test('branch and shortcut can be multiplied by constants', () => {
    expect(nodesOf('post', { branchScale: 0.5, shortcutScale: 0.25 }).join(' ')).toBe(
      'conv1 norm1 relu1 conv2 norm2 branch.scale shortcut.scale add relu',
    )
  })

  test('a head may have a ReLU alone', () => {
    const spec = cifarBasic({ depth: 8 })
    const nodes = forwardGraph(
      { ...spec, head: { ...spec.head, relu: true } },
      { batch: 1, mode: 'inference' },
    ).nodes.map(({ path }) => path)
    expect(nodes.slice(-3)).toEqual(['head.relu', 'head.pool', 'head.classifier'])
  })
})

describe('shortcuts of He 2016, table 1', () => {
  const chance = { rate: 0, rule: 'linear', by: 'row', seed: 7 } as const
  const nodesOf = (options: Partial<CifarNetOptions>, mode: 'training' | 'inference') =>
    verify(forwardGraph(cifarBasic({ depth: 8, ...options }), { batch: 2, mode, dropPath: chance })).nodes.filter(
      ({ path, op }) => path.startsWith('stage2.block1.') && op !== 'runningAverage',
    )
  const namesOf = (...given: Parameters<typeof nodesOf>) => nodesOf(...given).map(({ path }) => path.slice(14))
  const branch = ['conv1', 'norm1', 'relu1', 'conv2', 'norm2']

  test('an exclusive gate weighs both, a shortcut-only gate the shortcut', () => {
    const gate = ['gate.conv', 'gate.conv', 'gate.negate', 'gate.shortcut', 'shortcut.gated']
    expect(namesOf({ gate: { kind: 'shortcut-only', bias: -6 } }, 'inference')).toEqual([
      ...branch,
      'shortcut.pad',
      ...gate,
      'add',
      'relu',
    ])
    expect(namesOf({ gate: { kind: 'exclusive', bias: -6 } }, 'inference')).toEqual([
      ...branch,
      'shortcut.pad',
      ...gate,
      'gate.branch',
      'branch.gated',
      'add',
      'relu',
    ])
    const values = initialise(cifarBasic({ depth: 8, gate: { kind: 'exclusive', bias: -6 } }), { seed: 1 })
    expect(new Set(values.get('stage2.block1.gate.conv.bias'))).toEqual(new Set([-6]))
  })

  test('dropout of the shortcut is there in training only, with random numbers of its own in each block', () => {
    expect(namesOf({ shortcutDropout: 0.5 }, 'training')).toEqual([
      ...branch,
      'shortcut.pad',
      'shortcut.drop',
      'add',
      'relu',
    ])
    expect(namesOf({ shortcutDropout: 0.5 }, 'inference')).not.toContain('shortcut.drop')
    const graph = forwardGraph(cifarBasic({ depth: 14, shortcutDropout: 0.5 }), {
      batch: 2,
      mode: 'training',
      dropPath: { ...chance, rate: 0.5, batch: 1 },
    })
    const drops = graph.nodes.filter(({ op }) => op === 'dropout').map(({ attributes }) => attributes)
    expect(drops).toHaveLength(12)
    expect(new Set(drops.map(({ layer }) => layer)).size).toBe(12)
    expect(drops[1]).toEqual({ rate: 0.5, granularity: 'element', seed: 7, layer: 2 ** 20 + 6 })
  })

  test('noise stands in place of the shortcut in training, nothing at inference', () => {
    expect(namesOf({ shortcut: 'noise', shortcutScale: 0.5 }, 'training')).toEqual([
      ...branch,
      'shortcut.noise',
      'relu',
    ])
    expect(nodesOf({ shortcut: 'noise', shortcutScale: 0.5 }, 'training').at(-2)!.attributes).toMatchObject({
      deviation: 0.5,
      seed: 7,
    })
    expect(namesOf({ shortcut: 'noise' }, 'inference')).toEqual([...branch, 'relu'])
  })
})

test('convolutions may have a bias, in stem and branches', () => {
  const spec = preset('resnet8')
  const conv = { kind: 'conv', width: 16, kernel: 3, bias: true } as const
  const block = { ...spec.stages[0]!.blocks[0]!, branch: [conv, conv], norm: false }
  const graph = forwardGraph(
    { ...spec, stem: [conv], stages: [{ blocks: [block] }] },
    { batch: 1, mode: 'inference', taps: ['stage1.block1.conv1'] },
  )
  expect(parametersOf(verify(graph)).map(({ path, shape }) => `${path} ${shape}`)).toEqual([
    'stem.conv.weight 16,3,3,3',
    'stem.conv.bias 16',
    'stage1.block1.conv1.weight 16,16,3,3',
    'stage1.block1.conv1.bias 16',
    'stage1.block1.conv2.weight 16,16,3,3',
    'stage1.block1.conv2.bias 16',
    'head.classifier.weight 10,16',
    'head.classifier.bias 10',
  ])
  const tapped = graph.outputs.find(({ name }) => name === 'stage1.block1.conv1')!.value
  expect(graph.nodes.find(({ outputs }) => outputs[0] === tapped)!.op).toBe('addBias')
})

test('a stem may have any layers; several of a kind are numbered', () => {
  const spec: NetworkSpec = {
    ...preset('resnet8'),
    stem: [
      { kind: 'conv', width: 8, kernel: 3, stride: 2 },
      { kind: 'norm' },
      { kind: 'relu' },
      { kind: 'conv', width: 16, kernel: 3, dilation: 2 },
      { kind: 'averagePool', kernel: 2, stride: 2, padding: 0 },
    ],
  }
  const graph = verify(forwardGraph(spec, { batch: 1, mode: 'inference' }))
  expect(pathsOf(graph).slice(0, 5)).toEqual(['stem.conv1', 'stem.norm', 'stem.relu', 'stem.conv2', 'stem.pool'])
  expect(graph.nodes[4]!.outputs[0]!.type.shape).toEqual([1, 16, 8, 8])
  const bare = forwardGraph({ ...spec, stem: [] }, { batch: 1, mode: 'inference' })
  expect(pathsOf(bare)[0]).toBe('stage1.block1.conv1')
})

test('branches of one and of four layers, padding and dilation of one’s own', () => {
  const conv = (width: number, kernel: number) => ({ kind: 'conv', width, kernel }) as const
  const block = { stride: 1, strideIn: 0, order: 'post', shortcut: 'pad' } as const
  const spec: NetworkSpec = {
    ...preset('resnet8'),
    stages: [
      { blocks: [{ ...block, branch: [conv(16, 3)] }] },
      {
        blocks: [
          {
            ...block,
            branch: [conv(20, 5), { ...conv(24, 3), dilation: 3 }, conv(28, 1), { ...conv(32, 3), padding: 1 }],
          },
        ],
      },
    ],
  }
  const graph = verify(forwardGraph(spec, { batch: 2, mode: 'training' }))
  const dilated = graph.nodes.find(({ path, op }) => path === 'stage2.block1.conv2' && op === 'conv2d')
  expect(dilated?.attributes).toEqual({ stride: [1, 1], padding: [3, 3], dilation: [3, 3] })
  expect(graph.outputs[0]!.value.type.shape).toEqual([2, 10])
})

describe('taps', () => {
  test('layers, blocks, stages and the stem become outputs by path', () => {
    const taps = ['stem', 'stage1.block2.norm1', 'stage2.block1', 'stage3', 'stage3'] as const
    const graph = forwardGraph(preset('resnet20'), { batch: 2, mode: 'training', taps })
    expect(outputsOf(graph).slice(2)).toEqual([
      'stem f32 2,16,32,32',
      'stage1.block2.norm1 f32 2,16,32,32',
      'stage2.block1 f32 2,32,16,16',
      'stage3 f32 2,64,8,8',
    ])
    const of = (name: string) => graph.outputs.find((output) => output.name === name)!.value
    const node = (path: string) => graph.nodes.find((other) => other.path === path)!
    expect(of('stage2.block1')).toBe(node('stage2.block1.relu').outputs[0])
    expect(of('stage3')).toBe(node('stage3.block3.relu').outputs[0])
    expect(of('stage1.block2.norm1')).toBe(node('stage1.block2.norm1').outputs[0])
  })

  test.each([
    [
      'stage1.block1.conv3',
      'tap stage1.block1.conv3: resnet8 has no such layer; there are stage1.block1.conv1, stage1.block1.norm1, stage1.block1.relu1, stage1.block1.conv2, stage1.block1.norm2, stage1.block1.add, stage1.block1.relu',
    ],
    ['fc', 'tap fc: resnet8 has no such layer; paths look like stem.conv, stage1, stage2.block1.add'],
  ])('an unknown tap %s is refused with those near it', (tap, message) => {
    const build = () => forwardGraph(preset('resnet8'), { batch: 1, mode: 'inference', taps: [tap as LayerPath] })
    expect(build).toThrow(new ConfigError(message))
  })
})

describe('errors say where', () => {
  const small = (height: number, width: number) => preset('resnet18', { input: { channels: 3, height, width } })

  test('a batch without meaning', () => {
    for (const batch of [0, 1.5])
      expect(() => forwardGraph(preset('resnet8'), { batch, mode: 'training' })).toThrow(
        new ConfigError(`batch: expected a whole number of at least 1, got ${batch}`),
      )
  })

  test('one value a channel cannot be normalised in training', () => {
    expect(() => forwardGraph(small(32, 32), { batch: 1, mode: 'training' })).toThrow(
      new ShapeError(
        'stage4.block1.norm1: a norm in training needs more than one value a channel, got a batch of 1 with maps of ' +
          '1x1; use a larger batch or larger pictures',
      ),
    )
    expect(() => forwardGraph(small(32, 32), { batch: 2, mode: 'training' })).not.toThrow()
    expect(() => forwardGraph(small(32, 32), { batch: 1, mode: 'inference' })).not.toThrow()
  })

  test('sizes that do not meet', () => {
    const spec = preset('resnet8')
    const narrow: NetworkSpec = {
      ...spec,
      stages: [
        { blocks: [{ ...spec.stages[0]!.blocks[0]!, branch: [{ kind: 'conv', width: 16, kernel: 3, padding: 0 }] }] },
      ],
    }
    expect(() => forwardGraph(narrow, { batch: 1, mode: 'inference' })).toThrow(
      new ShapeError('stage1.block1.add: add: cannot add 1x16x30x30 and 1x16x32x32; the shapes must be equal'),
    )
  })

  test('groups that do not divide the channels', () => {
    const spec = preset('resnet8')
    const [first, ...others] = spec.stages
    const [block, ...rest] = first!.blocks
    const grouped: BlockSpec = { ...block!, branch: [{ kind: 'conv', width: 18, kernel: 3, groups: 3 }] }
    const odd: NetworkSpec = { ...spec, stages: [{ blocks: [grouped, ...rest] }, ...others] }
    expect(() => forwardGraph(odd, { batch: 1, mode: 'inference' })).toThrow(
      new ShapeError('stage1.block1.conv1: 16 channels cannot be divided into 3 groups'),
    )
  })

  test('a picture too small for its kernels', () => {
    const spec: NetworkSpec = {
      ...preset('resnet8'),
      stem: [{ kind: 'conv', width: 16, kernel: 7, padding: 0 }],
      input: { channels: 3, height: 5, width: 5 },
    }
    expect(() => forwardGraph(spec, { batch: 1, mode: 'inference' })).toThrow(
      /^stem\.conv: conv2d: a kernel of 7 \(dilation 1\) does not fit a size of 5 with padding 0; use a larger picture/,
    )
  })

  test('a spec without meaning', () => {
    const spec = preset('resnet8', { classes: 0 })
    expect(() => forwardGraph(spec, { batch: 1, mode: 'inference' })).toThrow(
      new ConfigError('head: classes must be a whole number of at least 2, got 0'),
    )
  })
})
