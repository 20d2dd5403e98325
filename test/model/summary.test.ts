// The summary tables as people see them.
import { expect, test } from 'vitest'
import { summary } from '../../src/model/summary.js'
import { plainTwin } from '../../src/spec/plain-twin.js'
import { preset } from '../../src/spec/presets.js'
import type { BlockSpec, NetworkSpec } from '../../src/spec/spec.js'

test('a row for each layer that has parameters or changes the shape, and totals', async () => {
  await expect(`${summary(preset('resnet8'))}\n`).toMatchFileSnapshot('summaries/resnet8.txt')
  await expect(`${summary(preset('resnet50'))}\n`).toMatchFileSnapshot('summaries/resnet50.txt')
})

test('a row for each block, with what it computes', () => {
  const text = summary(preset('resnet20', { classes: 100 }), { rows: 'block' })
  expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
    'resnet20: 20 weighted layers, 3x32x32 pictures, 100 classes',
    '',
    'path             output  gives              params        MACs',
    '──────────────────────────────────────────────────────────────',
    'stem           16x32x32  conv, norm, ReLU      464     442,368',
    ...[1, 2, 3].map((block) => `stage1.block${block}  16x32x32  ReLU(F + x)         4,672   4,718,592`),
    'stage2.block1  32x16x16  ReLU(F + pad(x))   13,952   3,538,944',
    'stage2.block2  32x16x16  ReLU(F + x)        18,560   4,718,592',
    'stage2.block3  32x16x16  ReLU(F + x)        18,560   4,718,592',
    'stage3.block1    64x8x8  ReLU(F + pad(x))   55,552   3,538,944',
    'stage3.block2    64x8x8  ReLU(F + x)        73,984   4,718,592',
    'stage3.block3    64x8x8  ReLU(F + x)        73,984   4,718,592',
    'head                100  pool, linear        6,500       6,400',
    '──────────────────────────────────────────────────────────────',
    'total                                      275,572  40,556,800',
    '',
    'F: conv 3x3, norm, ReLU, conv 3x3, norm',
    'x: the input of the block; the shortcut takes it past the layers',
    'pad(x): x with zeros in the new channels',
    '',
    '0.28M params, 40.56M MACs, 0.19M acts a picture',
  ])
})

test('a plain net differs from its residual twin in every block', () => {
  const rows = (spec: NetworkSpec) =>
    summary(spec, { rows: 'block' })
      .split('\n')
      .filter((line) => line.startsWith('stage'))
  const residual = preset('resnet20')
  const [whole, plain] = [rows(residual), rows(plainTwin(residual))]
  expect(plain.map((row) => /ReLU\(F\)/.test(row))).toEqual(Array(9).fill(true))
  expect(whole.map((row) => /ReLU\(F \+ (x|pad\(x\))\)/.test(row))).toEqual(Array(9).fill(true))
})

test('the other orders, shortcuts and branches', () => {
  const text = (spec: NetworkSpec) => summary(spec, { rows: 'block' })
  expect(text(preset('preresnet164'))).toContain('  F + W x  ')
  expect(text(preset('preresnet164'))).toContain(
    'F: norm, ReLU, conv 1x1, norm, ReLU, conv 3x3, norm, ReLU, conv 1x1\n',
  )
  expect(text(preset('resnet50'))).toContain('  ReLU(F + W x)  ')
  expect(text(preset('resnet50'))).toContain('W: a 1x1 convolution\n')
  const with1 = (change: Partial<BlockSpec>) => {
    const { stages, ...rest } = preset('resnet8')
    return {
      ...rest,
      stages: stages.map(({ blocks }) => ({ blocks: blocks.map((block) => ({ ...block, ...change })) })),
    }
  }
  expect(text(with1({ order: 'norm-after-add' }))).toContain('  ReLU(norm(F + x))  ')
  expect(text(with1({ order: 'relu-before-add' }))).toContain('F: conv 3x3, norm, ReLU, conv 3x3, norm, ReLU\n')
  const mixed = with1({})
  const [first, ...others] = mixed.stages
  const [block] = first!.blocks
  const short = { ...mixed, stages: [{ blocks: [{ ...block!, branch: block!.branch.slice(0, 1) }] }, ...others] }
  expect(text(short)).toContain('F1: conv 3x3, norm\nF2: conv 3x3, norm, ReLU, conv 3x3, norm\n')
})
