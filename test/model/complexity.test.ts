// The parameter counts and multiply-adds of the papers' networks, to the digit.
import { describe, expect, test } from 'vitest'
import { complexity } from '../../src/model/complexity.js'
import { imagenetBasic, imagenetBottleneck } from '../../src/spec/families.js'
import { type PresetName, preset } from '../../src/spec/presets.js'

const mega = (macs: number) => (macs / 1e6).toFixed(1)
const giga = (macs: number) => (macs / 1e9).toFixed(3)

describe('CIFAR nets', () => {
  test.each<[PresetName, number, number, string]>([
    ['resnet20', 269_722, 275_572, '40.6'],
    ['resnet32', 464_154, 470_004, '68.9'],
    ['resnet44', 658_586, 664_436, '97.2'],
    ['resnet56', 853_018, 858_868, '125.5'],
    ['resnet110', 1_727_962, 1_733_812, '252.9'],
    ['resnet1202', 19_421_274, 19_427_124, '2829.2'],
    ['plain20', 269_722, 275_572, '40.6'],
    ['plain32', 464_154, 470_004, '68.9'],
    ['plain44', 658_586, 664_436, '97.2'],
    ['plain56', 853_018, 858_868, '125.5'],
    ['plain110', 1_727_962, 1_733_812, '252.9'],
    ['preresnet110', 1_727_962, 1_733_812, '252.9'],
    ['preresnet164', 1_703_258, 1_726_388, '244.5'],
    ['preresnet1001', 10_327_706, 10_350_836, '1487.8'],
  ])('%s has %i params, %i for 100 classes, and %sM MACs', (name, params, params100, macs) => {
    const cost = complexity(preset(name))
    expect(cost.params).toBe(params)
    expect(complexity(preset(name, { classes: 100 })).params).toBe(params100)
    expect(mega(cost.macs)).toBe(macs)
  })

  test('every multiply-add of ResNet-20 is accounted for', () => {
    const stem = 32 * 32 * 16 * 27
    const stage1 = 6 * 32 * 32 * 16 * 144
    const stage2 = 16 * 16 * 32 * (144 + 5 * 288)
    const stage3 = 8 * 8 * 64 * (288 + 5 * 576)
    expect(complexity(preset('resnet20')).macs).toBe(stem + stage1 + stage2 + stage3 + 640)
  })
})

/** Channels that come into each of 54 blocks, and go out of it, of a CIFAR net of 110 layers. */
const blocks110 = [16, 32, 64].flatMap((width, stage) =>
  Array.from({ length: 18 }, (_, block) => [block === 0 && stage > 0 ? width / 2 : width, width] as const),
)
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
/** Widths of the outputs of the convolutions of 110 layers: stem and branches. */
const widths110 = [16, ...blocks110.flatMap(([, width]) => [width, width])]
const ofGates = sum(blocks110.map(([before, width]) => (before + 1) * width))

describe('variants of the CIFAR nets', () => {
  test.each<[PresetName, number]>([
    // Beside the pre-activation nets: norms of 240 channels more in all, those of stem and projections, no last one.
    ['resnet164', 1_703_258 + 2 * (240 + 16 + 448 - 256)],
    ['resnet1001', 10_327_706 + 2 * (240 + 16 + 448 - 256)],
    ['resnet110_half_shortcut', 1_727_962],
    ['resnet110_half_both', 1_727_962],
    ['resnet110_exclusive_gate', 1_727_962 + ofGates],
    ['resnet110_shortcut_gate', 1_727_962 + ofGates],
    ['resnet110_conv_shortcut', 1_727_962 + sum(blocks110.map(([before, width]) => (before + 2) * width))],
    ['resnet110_dropout_shortcut', 1_727_962],
    ['resnet110_noise_shortcut', 1_727_962],
    ['resnet110_norm_after_add', 1_727_962],
    ['resnet110_relu_before_add', 1_727_962],
    ['preresnet110_relu_only', 1_727_962],
    ['resnet110_1layer', 1_727_962],
    ['preresnet110_1layer', 1_727_962],
    ['resnet110_3layer', 1_727_962],
    ['resnet110_4layer', 1_727_962],
    ['resnet110_9layer', 1_727_962],
    // Two convolutions from 3 and 128 channels, twelve more, their norms, the classifier.
    ['vgg15', 9 * 128 * (3 + 13 * 128) + 14 * 256 + 1290],
    ['resnet_dense20', 3072 * 64 + 18 * 64 * 64 + 19 * 64 + 650],
    ['plain_dense20', 3072 * 64 + 18 * 64 * 64 + 19 * 64 + 650],
  ])('%s has %i params', (name, params) => {
    expect(complexity(preset(name)).params).toBe(params)
  })

  test('the norms of ResNet-110 are counted by hand', () => {
    const stem = 27 * 16
    const convolutions = 9 * sum(widths110.slice(1).map((width, i) => width * widths110[i]!))
    expect(stem + convolutions + 2 * sum(widths110) + 650).toBe(1_727_962)
  })
})

describe('ImageNet nets', () => {
  test.each<[PresetName, number, string]>([
    ['resnet18', 11_689_512, '1.814'],
    ['resnet34', 21_797_672, '3.664'],
    ['resnet50', 25_557_032, '4.089'],
    ['resnet101', 44_549_160, '7.801'],
    ['resnet152', 60_192_808, '11.514'],
    ['resnet200', 64_673_832, '15.007'],
    ['preresnet200', 64_666_280, '15.007'],
    ['resnet50_v1', 25_557_032, '3.858'],
    ['resnet101_v1', 44_549_160, '7.570'],
    ['resnet152_v1', 60_192_808, '11.282'],
    ['plain18', 11_515_688, '1.795'],
    ['plain34', 21_623_848, '3.644'],
  ])('%s has %i params and %s GMACs', (name, params, macs) => {
    const cost = complexity(preset(name))
    expect(cost.params).toBe(params)
    expect(giga(cost.macs)).toBe(macs)
  })

  test.each<[PresetName, number, number]>([
    ['wide_resnet50_2', 68_883_240, 11_398_021_120],
    ['wide_resnet101_2', 126_886_696, 22_753_050_624],
    ['resnext50_32x4d', 25_028_904, 4_230_479_872],
    ['resnext101_32x8d', 88_791_336, 16_414_015_488],
  ])('%s has %i params and %i MACs, as in torchvision', (name, params, macs) => {
    expect(complexity(preset(name))).toMatchObject({ params, macs })
  })

  test.each([
    [50, '3.858'],
    [101, '7.570'],
    [152, '11.282'],
    [200, '14.776'],
  ])('depth %i with the stride in the first 1x1 layer has %s GMACs and as many params', (depth, macs) => {
    const cost = complexity(imagenetBottleneck({ depth, strideIn: 0 }))
    expect(giga(cost.macs)).toBe(macs)
    expect(cost.params).toBe(complexity(imagenetBottleneck({ depth })).params)
  })

  test.each([
    [18, 11_515_688, 12_043_816],
    [34, 21_623_848, 22_716_840],
  ])('depth %i has %i params with option A and %i with option C', (depth, a, c) => {
    expect(complexity(imagenetBasic({ depth, shortcut: 'pad' })).params).toBe(a)
    expect(complexity(imagenetBasic({ depth, shortcut: 'project-always' })).params).toBe(c)
  })

  test('depth 200 in both orders', () => {
    const post = complexity(imagenetBottleneck({ depth: 200 }))
    const pre = complexity(imagenetBottleneck({ depth: 200, order: 'pre' }))
    expect([post.params, giga(post.macs)]).toEqual([64_673_832, '15.007'])
    expect([pre.params, giga(pre.macs)]).toEqual([64_666_280, '15.007'])
  })
})

test('acts count what convolutions and the classifier put out', () => {
  const cost = complexity(preset('resnet8'))
  expect(cost.acts).toBe(3 * 16 * 1024 + 2 * 32 * 256 + 2 * 64 * 64 + 10)
})

test('the layers add up to the totals and carry their paths and shapes', () => {
  const cost = complexity(preset('resnet18'))
  expect(cost.layers.reduce((sum, { params }) => sum + params, 0)).toBe(cost.params)
  expect(cost.layers.find(({ path }) => path === 'stage2.block1.shortcut.conv')).toEqual({
    path: 'stage2.block1.shortcut.conv',
    op: 'conv2d',
    inputShape: [64, 56, 56],
    outputShape: [128, 28, 28],
    params: 64 * 128,
    macs: 64 * 128 * 28 * 28,
    acts: 128 * 28 * 28,
  })
})
