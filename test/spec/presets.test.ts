// Presets and families: what their specs hold, and the depths and names that are refused.
import { expect, test } from 'vitest'
import { depthOf } from '../../src/spec/blocks.js'
import { cifarBasic, cifarBottleneck, imagenetBasic, imagenetBottleneck } from '../../src/spec/families.js'
import { classifierOf } from '../../src/spec/heads/index.js'
import { fullyConnected } from '../../src/spec/other-families.js'
import { isPresetName, type PresetName, preset, presetNames } from '../../src/spec/presets.js'
import { validateSpec } from '../../src/spec/validate.js'
import { ConfigError } from '../../src/util/errors.js'

test.each(presetNames)('%s survives JSON, is valid and is as deep as its name says', (name) => {
  const spec = preset(name)
  const copy: unknown = JSON.parse(JSON.stringify(spec))
  expect(copy).toEqual(spec)
  expect(validateSpec(copy)).toBe(copy)
  expect(spec.name).toBe(name)
  if (name !== 'edsr_baseline') expect(depthOf(spec)).toBe(Number(/\d+/.exec(name)![0]))
})

test('options set classes, input and shortcut', () => {
  const spec = preset('resnet20', {
    classes: 7,
    input: { channels: 1, height: 28, width: 30 },
    shortcut: 'project-always',
  })
  expect(classifierOf(spec).classes).toBe(7)
  expect(spec.input).toEqual({ channels: 1, height: 28, width: 30 })
  expect(spec.stages.every(({ blocks }) => blocks.every(({ shortcut }) => shortcut === 'project-always'))).toBe(true)
})

test('CIFAR nets use option A, ImageNet nets option B with the stride in the 3x3', () => {
  expect(preset('resnet56').stages[1]!.blocks[0]).toEqual({
    branch: [
      { kind: 'conv', width: 32, kernel: 3 },
      { kind: 'conv', width: 32, kernel: 3 },
    ],
    stride: 2,
    strideIn: 0,
    order: 'post',
    shortcut: 'pad',
  })
  expect(preset('resnet50').stages[1]!.blocks[0]).toMatchObject({
    stride: 2,
    strideIn: 1,
    shortcut: 'project-on-change',
  })
})

test('wide nets and ResNeXts differ from ResNets in the middle of their branches', () => {
  const branch = (name: PresetName) => preset(name).stages[1]!.blocks[0]!.branch
  expect(branch('wide_resnet50_2')).toEqual([
    { kind: 'conv', width: 256, kernel: 1 },
    { kind: 'conv', width: 256, kernel: 3 },
    { kind: 'conv', width: 512, kernel: 1 },
  ])
  expect(branch('resnext50_32x4d')).toEqual([
    { kind: 'conv', width: 256, kernel: 1 },
    { kind: 'conv', width: 256, kernel: 3, groups: 32 },
    { kind: 'conv', width: 512, kernel: 1 },
  ])
  expect(() => imagenetBottleneck({ depth: 50, groups: 0 })).toThrow(
    new ConfigError('groups: expected a whole number of at least 1, got 0'),
  )
})

test('pre-activation nets activate before the split after a bare stem and where shortcuts project', () => {
  const shared = (name: PresetName) =>
    preset(name).stages.flatMap(({ blocks }, stage) =>
      blocks.flatMap(({ activateBeforeSplit }, block) => (activateBeforeSplit ? [`${stage + 1}.${block + 1}`] : [])),
    )
  expect(shared('preresnet164')).toEqual(['1.1', '2.1', '3.1'])
  expect(shared('preresnet110')).toEqual(['1.1'])
  const imagenet = imagenetBottleneck({ depth: 50, order: 'pre', shortcut: 'pad' })
  expect(imagenet.stages.some(({ blocks }) => blocks.some(({ activateBeforeSplit }) => activateBeforeSplit))).toBe(
    false,
  )
})

test('widths and names can be chosen', () => {
  const spec = cifarBasic({ depth: 14, widths: [4, 8, 12], name: 'tiny' })
  expect(spec.name).toBe('tiny')
  expect(spec.stem[0]).toEqual({ kind: 'conv', width: 4, kernel: 3 })
  expect(spec.stages.map(({ blocks }) => blocks.map(({ branch }) => branch[1]!.width))).toEqual([
    [4, 4],
    [8, 8],
    [12, 12],
  ])
  expect(cifarBasic({ depth: 14, shortcut: 'none' }).name).toBe('plain14')
  expect(cifarBottleneck({ depth: 29, order: 'pre' }).name).toBe('preresnet29')
})

test('blocks of any number of layers at equal depth', () => {
  for (const [branchLayers, blocks] of [
    [1, 36],
    [2, 18],
    [3, 12],
    [4, 9],
    [9, 4],
  ] as const)
    expect(cifarBasic({ depth: 110, branchLayers }).stages.map((stage) => stage.blocks.length)).toEqual([
      blocks,
      blocks,
      blocks,
    ])
  expect(cifarBasic({ depth: 20, branchLayers: 2 })).toEqual(cifarBasic({ depth: 20 }))
  expect(() => cifarBasic({ depth: 20, branchLayers: 0.5 })).toThrow(
    new ConfigError('branchLayers: expected a whole number of at least 1, got 0.5'),
  )
})

test('first and last unit of the ReLU-only order are as the paper has them', () => {
  const spec = preset('preresnet110_relu_only')
  expect(spec.stem.map(({ kind }) => kind)).toEqual(['conv', 'norm'])
  expect(spec.stages[0]!.blocks.slice(0, 2).map(({ activateBeforeSplit }) => activateBeforeSplit)).toEqual([
    true,
    undefined,
  ])
  expect(spec.head).toEqual({ kind: 'classifier', norm: false, relu: true, classes: 10 })
  const shared = preset('preresnet164_relu_only').stages.map(({ blocks }) => blocks[0]!.activateBeforeSplit)
  expect(shared).toEqual([true, true, true])
  const bare = cifarBasic({ depth: 8, order: 'pre', norm: false })
  expect(bare.stem.map(({ kind }) => kind)).toEqual(['conv'])
  expect(bare.head).toEqual({ kind: 'classifier', norm: false, relu: true, classes: 10 })
})

test('fully connected nets are 1x1 convolutions of one pixel', () => {
  const spec = fullyConnected({ depth: 6, inputs: 7, widths: [16, 24], classes: 3, shortcut: 'pad' })
  expect(validateSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec)
  expect(spec.name).toBe('dense-resnet6')
  expect(spec.input).toEqual({ channels: 7, height: 1, width: 1 })
  expect(depthOf(spec)).toBe(6)
  expect(spec.stages.map(({ blocks }) => blocks.map(({ branch }) => branch))).toEqual(
    [16, 24].map((width) => [Array(2).fill({ kind: 'conv', width, kernel: 1, bias: true })]),
  )
  const pictures = fullyConnected({
    depth: 5,
    branchLayers: 3,
    inputs: { channels: 1, height: 8, width: 8 },
    classes: 3,
    norm: true,
    order: 'pre',
  })
  expect(pictures.stem).toEqual([
    { kind: 'conv', width: 64, kernel: 8, padding: 0 },
    { kind: 'norm' },
    { kind: 'relu' },
  ])
  expect(pictures.head).toEqual({ kind: 'classifier', norm: true, relu: true, classes: 3 })
  expect(() => fullyConnected({ depth: 5, inputs: 7, classes: 3 })).toThrow(
    new ConfigError(
      'depth 5: a fully connected net of 1 widths and branches of 2 layers has 2n+2 layers, n whole and at least 1',
    ),
  )
  expect(() => fullyConnected({ depth: 4, inputs: { channels: 1, height: 8, width: 9 }, classes: 3 })).toThrow(
    new ConfigError('inputs: a fully connected net takes square pictures, got 8x9; use rows of numbers'),
  )
})

test.each([
  [
    () => cifarBasic({ depth: 110, branchLayers: 5 }),
    'five layers',
    'depth 110: a CIFAR net of blocks of 5 layers has 15n+2 layers, n whole and at least 1; use 107 or 122',
  ],
  [
    () => cifarBasic({ depth: 21 }),
    '6n+2',
    'depth 21: a CIFAR net of basic blocks has 6n+2 layers, n whole and at least 1; use 20 or 26',
  ],
  [
    () => cifarBasic({ depth: 2 }),
    'too shallow',
    'depth 2: a CIFAR net of basic blocks has 6n+2 layers, n whole and at least 1; use 8',
  ],
  [
    () => cifarBasic({ depth: 20.5 }),
    'no whole number',
    'depth 20.5: a CIFAR net of basic blocks has 6n+2 layers, n whole and at least 1; use 20 or 26',
  ],
  [
    () => cifarBottleneck({ depth: 163 }),
    '9n+2',
    'depth 163: a CIFAR net of bottlenecks has 9n+2 layers, n whole and at least 1; use 155 or 164',
  ],
  [
    () => imagenetBasic({ depth: 50 }),
    'ImageNet basic',
    'depth 50: ImageNet nets of basic blocks have 18 or 34 layers; for other depths change the stages of one of these',
  ],
  [
    () => imagenetBottleneck({ depth: 34 }),
    'ImageNet bottleneck',
    'depth 34: ImageNet nets of bottlenecks have 50, 101, 152 or 200 layers; for other depths change the stages of one of these',
  ],
])('the depth rule, case %#: %s', (build, _, message) => {
  if (message === undefined) expect(build).not.toThrow()
  else expect(build).toThrow(new ConfigError(message))
})

test('unknown names and shortcuts of plain nets are refused', () => {
  expect(isPresetName('resnet19')).toBe(false)
  expect(isPresetName('toString')).toBe(false)
  expect(() => preset('resnet19' as PresetName)).toThrow(
    new ConfigError('preset: no network is named resnet19; see presetNames'),
  )
  expect(() => preset('plain20', { gate: { kind: 'exclusive', bias: 0 } })).toThrow(
    new ConfigError('preset: plain20 has no shortcuts, got a gate; leave it out, or use resnet20'),
  )
  expect(() => preset('vgg15', { shortcut: 'pad' })).toThrow(
    new ConfigError('preset: vgg15 has no shortcuts, got shortcut "pad"; leave it out'),
  )
  expect(() => preset('plain20', { shortcut: 'pad' })).toThrow(
    new ConfigError('preset: plain20 has no shortcuts, got shortcut "pad"; leave it out, or use resnet20'),
  )
})
