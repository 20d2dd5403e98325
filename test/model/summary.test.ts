// The summary tables as people see them.
import { expect, test } from 'vitest'
import { summary } from '../../src/model/summary.js'
import { preset } from '../../src/spec/presets.js'

test('a row for each layer that has parameters or changes the shape, and totals', async () => {
  await expect(`${summary(preset('resnet8'))}\n`).toMatchFileSnapshot('summaries/resnet8.txt')
  await expect(`${summary(preset('resnet50'))}\n`).toMatchFileSnapshot('summaries/resnet50.txt')
})

test('a row for each block', () => {
  const text = summary(preset('resnet20', { classes: 100 }), { rows: 'block' })
  expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
    'resnet20: 20 weighted layers, 3x32x32 pictures, 100 classes',
    '',
    'path             output   params        MACs',
    '────────────────────────────────────────────',
    'stem           16x32x32      464     442,368',
    ...[1, 2, 3].map((block) => `stage1.block${block}  16x32x32    4,672   4,718,592`),
    'stage2.block1  32x16x16   13,952   3,538,944',
    'stage2.block2  32x16x16   18,560   4,718,592',
    'stage2.block3  32x16x16   18,560   4,718,592',
    'stage3.block1    64x8x8   55,552   3,538,944',
    'stage3.block2    64x8x8   73,984   4,718,592',
    'stage3.block3    64x8x8   73,984   4,718,592',
    'head                100    6,500       6,400',
    '────────────────────────────────────────────',
    'total                    275,572  40,556,800',
    '',
    '0.28M params, 40.56M MACs, 0.19M acts a picture',
  ])
})
