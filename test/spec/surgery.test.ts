// Plain twins; blocks removed, swapped and appended.
import { expect, test } from 'vitest'
import { complexity } from '../../src/model/complexity.js'
import { forwardGraph } from '../../src/model/forward.js'
import { parametersOf } from '../../src/model/parameters.js'
import { cifarBasic, cifarBottleneck } from '../../src/spec/families.js'
import type { BlockPath } from '../../src/spec/paths.js'
import { plainTwin } from '../../src/spec/plain-twin.js'
import { preset } from '../../src/spec/presets.js'
import { appendBlocks, pathAfterRemoval, pathAfterSwap, removeBlock, swapBlocks } from '../../src/spec/surgery.js'
import { ConfigError, ShapeError } from '../../src/util/errors.js'

test('a plain twin is the preset, with the parameters of option A', () => {
  expect(plainTwin(preset('resnet56'))).toEqual(preset('plain56'))
  expect(plainTwin(plainTwin(preset('resnet18'))).name).toBe('plain18')
  const twin = plainTwin(preset('preresnet110'))
  expect(twin.name).toBe('plain-preresnet110')
  expect(twin.stages[0]!.blocks[0]).not.toHaveProperty('activateBeforeSplit')
  expect(complexity(twin).params).toBe(complexity(preset('preresnet110')).params)
})

test('removing a block leaves the others and the spec it came from untouched', () => {
  const spec = preset('resnet20')
  const before = JSON.stringify(spec)
  const lesioned = removeBlock(spec, 'stage2.block3')
  expect(lesioned.stages.map(({ blocks }) => blocks.length)).toEqual([3, 2, 3])
  expect(JSON.stringify(spec)).toBe(before)
  expect(complexity(spec).params - complexity(lesioned).params).toBe(2 * (32 * 32 * 9 + 64))
})

test('parameters find their places in the lesioned network', () => {
  const spec = preset('resnet20')
  const removed: BlockPath = 'stage1.block2'
  const paths = (network: typeof spec) =>
    parametersOf(forwardGraph(network, { batch: 1, mode: 'inference' })).map(({ path }) => path)
  const moved = paths(spec).flatMap((path) => pathAfterRemoval(path, removed) ?? [])
  expect(moved).toEqual(paths(removeBlock(spec, removed)))
  expect(pathAfterRemoval('stage1.block20', 'stage1.block2')).toBe('stage1.block19')
  expect(pathAfterRemoval('stage1.block2', 'stage1.block2')).toBeUndefined()
  expect(pathAfterRemoval('stage2.block3.conv1', 'stage1.block2')).toBe('stage2.block3.conv1')
})

test.each<[string, string, Error]>([
  ['no block', 'stage2', new ConfigError('stage2: expected the path of a block, such as stage2.block3')],
  [
    'missing',
    'stage2.block9',
    new ConfigError('stage2.block9: resnet20 has no such block; its stages have 3, 3, 3 blocks'),
  ],
  [
    'changes sizes',
    'stage2.block1',
    new ShapeError(
      'stage2.block1: it changes the width from 16 to 32 and has stride 2, so the network does not fit together ' +
        'without it; remove stage2.block2 or another block that keeps sizes',
    ),
  ],
])('removeBlock refuses, case %s', (_, path, error) => {
  expect(() => removeBlock(preset('resnet20'), path as BlockPath)).toThrow(error)
})

test('a stage keeps its last block', () => {
  const spec = cifarBasic({ depth: 8 })
  expect(() => removeBlock(spec, 'stage1.block1')).toThrow(
    new ConfigError('stage1.block1: it is the only block of stage1, and a stage needs at least one'),
  )
  expect(() => removeBlock(spec, 'stage3.block1')).toThrow(/stage3 has no block that keeps sizes$/)
})

test('any layer of the VGG-like net can go, but those of its stem', () => {
  const spec = preset('vgg15')
  const layer = 128 * 128 * 9 + 2 * 128
  for (const block of [1, 12])
    expect(complexity(spec).params - complexity(removeBlock(spec, `stage1.block${block}`)).params).toBe(layer)
})

test('blocks of equal width can be swapped, and their parameters with them', () => {
  const spec = cifarBasic({ depth: 20, order: 'pre' })
  const swapped = swapBlocks(spec, 'stage1.block1', 'stage1.block3')
  expect(swapped.stages[0]!.blocks.map(({ activateBeforeSplit = false }) => activateBeforeSplit)).toEqual([
    false,
    false,
    true,
  ])
  expect(swapBlocks(swapped, 'stage1.block1', 'stage1.block3')).toEqual(spec)
  expect(pathAfterSwap('stage1.block1.conv1.weight', 'stage1.block1', 'stage1.block3')).toBe(
    'stage1.block3.conv1.weight',
  )
  expect(pathAfterSwap('stage1.block3', 'stage1.block1', 'stage1.block3')).toBe('stage1.block1')
  expect(pathAfterSwap('stage1.block10.conv1', 'stage1.block1', 'stage1.block3')).toBe('stage1.block10.conv1')
  expect(() => swapBlocks(spec, 'stage2.block1', 'stage2.block2')).toThrow(
    new ShapeError(
      'stage2.block1: it changes the width from 16 to 32 and has stride 2; only blocks that keep sizes can be swapped',
    ),
  )
  expect(() => swapBlocks(spec, 'stage1.block2', 'stage2.block2')).toThrow(
    new ShapeError('stage1.block2: it is 16 channels wide, stage2.block2 32; swap blocks of one width'),
  )
  expect(() => swapBlocks(spec, 'stage1.block2', 'stage1.block9')).toThrow(
    /^stage1.block9: preresnet20 has no such block/,
  )
})

test('appended blocks are like the last one, but keep sizes', () => {
  const spec = cifarBottleneck({ depth: 11, order: 'pre' })
  const deeper = appendBlocks(spec, 2, 2)
  expect(deeper.stages.map(({ blocks }) => blocks.length)).toEqual([1, 3, 1])
  const [first, ...added] = deeper.stages[1]!.blocks
  expect(first).toEqual(spec.stages[1]!.blocks[0])
  for (const block of added) expect(block).toMatchObject({ stride: 1, branch: first!.branch })
  expect(added[0]).not.toHaveProperty('activateBeforeSplit')
  expect(() => appendBlocks(spec, 4, 1)).toThrow(new ConfigError('stage4: preresnet11 has no such stage; it has 3'))
  expect(() => appendBlocks(spec, 1, 0)).toThrow(new ConfigError('stage1: expected at least 1 block to append, got 0'))
})
