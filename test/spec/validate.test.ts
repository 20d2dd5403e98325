// Every field of a spec is checked; here is the text of every refusal.
import { describe, expect, test } from 'vitest'
import { cifarBasic } from '../../src/spec/families.js'
import { preset } from '../../src/spec/presets.js'
import { validateSpec } from '../../src/spec/validate.js'
import { ConfigError, ShapeError } from '../../src/util/errors.js'

type Json = { [key: string]: Json } & Json[]

/** A valid spec as loose JSON, changed at one place. `undefined` removes the field. */
function broken(keys: readonly (string | number)[], value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(preset('resnet18'))) as Json
  let place = copy
  for (const key of keys.slice(0, -1)) place = place[key as string]!
  const last = keys.at(-1) as string
  if (value === undefined) delete place[last]
  else place[last] = value as Json
  return copy
}

const block = ['stages', 1, 'blocks', 1]
const layer = [...block, 'branch', 0]

describe('each field is checked and the message says where', () => {
  test.each<[readonly (string | number)[], unknown, string]>([
    [['format'], 2, 'spec: format must be 1, got 2; a newer format needs a newer resnet.ts'],
    [['name'], '', 'spec: name must be a text that is not empty, got ""'],
    [['extra'], 1, 'spec: there is no field "extra"; the fields are format, name, input, stem, stages, head'],
    [['input'], [3, 32, 32], 'input: expected an object, got [3,32,32]'],
    [['input', 'height'], 32.5, 'input: height must be a whole number of at least 1, got 32.5'],
    [['input', 'depth'], 1, 'input: there is no field "depth"; the fields are channels, height, width'],
    [['stem'], 'conv', 'spec: stem must be a list, got "conv"'],
    [['stem', 0], null, 'stem, layer 1: expected an object, got null'],
    [
      ['stem', 1, 'kind'],
      'batchnorm',
      'stem, layer 2: kind must be one of conv, norm, relu, maxPool, averagePool, got "batchnorm"',
    ],
    [['stem', 0, 'kernel'], 0, 'stem.conv: kernel must be a whole number of at least 1, got 0'],
    [['stem', 0, 'stride'], -2, 'stem.conv: stride must be a whole number of at least 1, got -2'],
    [['stem', 1, 'width'], 64, 'stem.norm: there is no field "width"; the fields are kind'],
    [['stem', 3, 'kernel'], '3', 'stem.pool: kernel must be a whole number of at least 1, got "3"'],
    [['stem', 3, 'stride'], undefined, 'stem.pool: stride must be a whole number of at least 1, got nothing'],
    [['stem', 3, 'padding'], 2, 'stem.pool: padding must be at most half of the kernel, 3, got 2'],
    [['stem', 3, 'ceil'], true, 'stem.pool: there is no field "ceil"; the fields are kind, kernel, stride, padding'],
    [['stages'], {}, 'spec: stages must be a list, got {}'],
    [['stages', 1], 3, 'stage2: expected an object, got 3'],
    [['stages', 1, 'blocks'], [], 'stage2: blocks must be a list of at least 1, got []'],
    [['stages', 1, 'depth'], 2, 'stage2: there is no field "depth"; the fields are blocks'],
    [block, true, 'stage2.block2: expected an object, got true'],
    [
      [...block, 'strides'],
      1,
      'stage2.block2: there is no field "strides"; the fields are branch, stride, strideIn, order, shortcut, activateBeforeSplit, norm, branchScale, shortcutScale, shortcutDropout, gate',
    ],
    [[...block, 'branch'], [], 'stage2.block2: branch must be a list of at least 1, got []'],
    [layer, 64, 'stage2.block2.conv1: expected an object, got 64'],
    [[...layer, 'kind'], 'norm', 'stage2.block2.conv1: kind must be "conv", got "norm"'],
    [[...layer, 'width'], null, 'stage2.block2.conv1: width must be a whole number of at least 1, got null'],
    [[...layer, 'kernel'], undefined, 'stage2.block2.conv1: kernel must be a whole number of at least 1, got nothing'],
    [[...layer, 'padding'], -1, 'stage2.block2.conv1: padding must be a whole number of at least 0, got -1'],
    [[...layer, 'dilation'], 0, 'stage2.block2.conv1: dilation must be a whole number of at least 1, got 0'],
    [
      [...layer, 'stride'],
      2,
      'stage2.block2.conv1: there is no field "stride"; the fields are kind, width, kernel, padding, dilation, groups, bias, after',
    ],
    [[...layer, 'bias'], 1, 'stage2.block2.conv1: bias must be true or false, got 1'],
    [[...block, 'norm'], null, 'stage2.block2: norm must be true or false, got null'],
    [[...block, 'branchScale'], '0.1', 'stage2.block2: branchScale must be a finite number, got "0.1"'],
    [
      [...block, 'shortcutScale'],
      Number.POSITIVE_INFINITY,
      'stage2.block2: shortcutScale must be a finite number, got Infinity',
    ],
    [[...block, 'stride'], 0, 'stage2.block2: stride must be a whole number of at least 1, got 0'],
    [[...block, 'strideIn'], 2, 'stage2.block2: strideIn must be below the number of layers in the branch, 2, got 2'],
    [
      [...block, 'order'],
      'Post',
      'stage2.block2: order must be one of post, norm-after-add, relu-before-add, relu-pre, pre, bare-add, got "Post"',
    ],
    [
      [...block, 'shortcut'],
      'identity',
      'stage2.block2: shortcut must be one of none, pad, project-on-change, project-always, noise, got "identity"',
    ],
    [[...block, 'activateBeforeSplit'], 'yes', 'stage2.block2: activateBeforeSplit must be true or false, got "yes"'],
    [
      [...block, 'activateBeforeSplit'],
      true,
      'stage2.block2: activateBeforeSplit is for pre-activation blocks; leave it out, or set order to "pre"',
    ],
    [[...block, 'shortcutDropout'], 1, 'stage2.block2: shortcutDropout must be a probability in [0, 1), got 1'],
    [[...block, 'gate'], -6, 'stage2.block2.gate: expected an object, got -6'],
    [
      [...block, 'gate'],
      { kind: 'highway', bias: -6 },
      'stage2.block2.gate: kind must be one of exclusive, shortcut-only, got "highway"',
    ],
    [[...block, 'gate'], { kind: 'exclusive' }, 'stage2.block2.gate: bias must be a finite number, got nothing'],
    [['head', 'norm'], 0, 'head: norm must be true or false, got 0'],
    [['head', 'classes'], 1, 'head: classes must be a whole number of at least 2, got 1'],
    [
      ['head', 'bias'],
      false,
      'head: there is no field "bias"; the fields are kind, norm, relu, classes, gives, hidden',
    ],
    [['head', 'relu'], 'no', 'head: relu must be true or false, got "no"'],
    [['stem'], 'x'.repeat(80), `spec: stem must be a list, got "${'x'.repeat(58)}…`],
  ])('%j = %j', (keys, value, message) => {
    expect(() => validateSpec(broken(keys, value))).toThrow(new ConfigError(message))
  })

  test.each<[readonly (string | number)[], unknown, string]>([
    [['name'], 'x'.repeat(201), 'spec: name must be a text of at most 200 characters, got one of 201'],
    [['input', 'channels'], 2 ** 30, 'input: channels must be a whole number from 1 to 1048576, got 1073741824'],
    [['input', 'height'], 2 ** 20, 'input: height must be a whole number from 1 to 65536, got 1048576'],
    [['stem', 0, 'stride'], 449, 'stem.conv: stride must be a whole number from 1 to 448, got 449'],
    [['stem', 3, 'kernel'], 2 ** 31, 'stem.pool: kernel must be a whole number from 1 to 448, got 2147483648'],
    [['stem', 3, 'stride'], 2 ** 32, 'stem.pool: stride must be a whole number from 1 to 448, got 4294967296'],
    [[...block, 'stride'], 1e15, 'stage2.block2: stride must be a whole number from 1 to 448, got 1000000000000000'],
    [
      [...layer, 'padding'],
      2 ** 29 - 16,
      'stage2.block2.conv1: padding must be a whole number from 0 to 448, got 536870896',
    ],
    [
      [...layer, 'dilation'],
      2 ** 30 - 1,
      'stage2.block2.conv1: dilation must be a whole number from 1 to 448, got 1073741823',
    ],
    [[...layer, 'padding'], 4, 'stage2.block2.conv1: padding must be at most the reach of the kernel, 3, got 4'],
    [
      layer,
      { kind: 'conv', width: 64, kernel: 3, dilation: 448, groups: 65 },
      'stage2.block2.conv1: groups must be a whole number from 1 to 64, got 65',
    ],
    [
      layer,
      { kind: 'conv', width: 64, kernel: 5, dilation: 225 },
      'stage2.block2.conv1: dilation and kernel make a padding of 450, which must be at most 448; ' +
        'make one of them smaller, or give the padding',
    ],
    [
      [...layer, 'width'],
      2 ** 53 - 1,
      'stage2.block2.conv1: width must be a whole number from 1 to 1048576, got 9007199254740991',
    ],
    [['head', 'classes'], 1e9, 'head: classes must be a whole number from 2 to 1048576, got 1000000000'],
    [[...block, 'branchScale'], 1e38, 'stage2.block2: branchScale must be a number from -1e+30 to 1e+30, got 1e+38'],
    [
      [...block, 'gate'],
      { kind: 'exclusive', bias: -1e300 },
      'stage2.block2.gate: bias must be a number from -1e+30 to 1e+30, got -1e+300',
    ],
  ])('what reaches beyond its bounds is refused: %j = %j', (keys, value, message) => {
    expect(() => validateSpec(broken(keys, value))).toThrow(new ConfigError(message))
  })

  test('small maps may have wide kernels', () => {
    const wide = { kind: 'conv', width: 8, kernel: 9, padding: 4 }
    const tiny = { ...preset('resnet8'), input: { channels: 3, height: 1, width: 1 }, stem: [wide] }
    expect(validateSpec(tiny)).toBe(tiny)
    const widest = { ...wide, kernel: 64, padding: 64 }
    expect(() => validateSpec({ ...tiny, stem: [widest] })).not.toThrow()
    expect(() => validateSpec({ ...tiny, stem: [{ ...widest, kernel: 65 }] })).toThrow(
      new ConfigError('stem.conv: kernel must be a whole number from 1 to 64, got 65'),
    )
  })

  test('lists end somewhere', () => {
    const spec = preset('resnet8')
    const [block] = spec.stages[0]!.blocks
    const norms = new Array(200_000).fill({ kind: 'norm' })
    expect(() => validateSpec({ ...spec, stem: norms })).toThrow(
      new ConfigError('spec: stem must be a list of at most 1000, got one of 200000'),
    )
    const blocks = new Array(500_000).fill(block)
    expect(() => validateSpec({ ...spec, stages: [{ blocks }] })).toThrow(
      new ConfigError('stage1: blocks must be a list of at most 5000, got one of 500000'),
    )
    const stages = new Array(20).fill({ blocks: blocks.slice(0, 600) })
    expect(() => validateSpec({ ...spec, stages })).toThrow(
      new ConfigError(
        'stage9: with this part the blocks have 5400 layers or more, but at most 5000 are allowed; leave some out',
      ),
    )
    const long = { ...block, branch: new Array(3000).fill(block!.branch[0]) }
    expect(() => validateSpec({ ...spec, stages: [{ blocks: [long, long] }] })).toThrow(
      /^stage1.block2: with this part the blocks have 6000 layers or more/,
    )
  })

  test('a hole in a list is a part that lacks', () => {
    const spec = JSON.parse(JSON.stringify(preset('resnet8')))
    delete spec.stages[1].blocks[0].branch[1]
    expect(() => validateSpec(spec)).toThrow(new ConfigError('stage2.block1.conv2: expected an object, got nothing'))
    delete spec.stages[1].blocks[0]
    expect(() => validateSpec(spec)).toThrow(new ConfigError('stage2.block1: expected an object, got nothing'))
    delete spec.stem[0]
    expect(() => validateSpec(spec)).toThrow(new ConfigError('stem, layer 1: expected an object, got nothing'))
  })

  test('junk of any depth is told in a line', () => {
    let deep: unknown = 1
    for (let k = 0; k < 100_000; k++) deep = [deep]
    const round: unknown[] = []
    round.push(round)
    expect(() => validateSpec(deep)).toThrow(new ConfigError('spec: expected an object, got [[[[…]]]]'))
    expect(() => validateSpec({ ...preset('resnet8'), stem: { deep } })).toThrow(
      new ConfigError('spec: stem must be a list, got {"deep":[[[…]]]}'),
    )
    expect(() => validateSpec(round)).toThrow(/^spec: expected an object, got /)
    expect(() => validateSpec({ ...preset('resnet8'), name: 10n })).toThrow(
      new ConfigError('spec: name must be a text that is not empty, got 10n'),
    )
  })

  test('scales, dropout and gates are for blocks that have a shortcut', () => {
    const spec = preset('plain8')
    const [block] = spec.stages[0]!.blocks
    const gate = { kind: 'exclusive', bias: 0 }
    const given = { branchScale: 0.5, shortcutScale: 0.5, shortcutDropout: 0.5, gate }
    const noise = { ...block, shortcut: 'noise' }
    expect(() => validateSpec({ ...spec, stages: [{ blocks: [{ ...noise, branchScale: 0.5 }] }] })).not.toThrow()
    expect(() => validateSpec({ ...spec, stages: [{ blocks: [{ ...noise, gate }] }] })).toThrow(
      /^stage1.block1: gate is/,
    )
    for (const [name, value] of Object.entries(given))
      expect(() => validateSpec({ ...spec, stages: [{ blocks: [{ ...block, [name]: value }] }] })).toThrow(
        new ConfigError(
          `stage1.block1: ${name} is for blocks that have a shortcut; leave it out, or set shortcut to "pad"`,
        ),
      )
  })

  test('values that JSON does not know are named too', () => {
    const spec = preset('resnet8')
    expect(() => validateSpec({ ...spec, head: { kind: 'classifier', norm: false, classes: Number.NaN } })).toThrow(
      new ConfigError('head: classes must be a whole number of at least 2, got NaN'),
    )
    expect(() => validateSpec(undefined)).toThrow(new ConfigError('spec: expected an object, got nothing'))
  })
})

test('layers of the stem are numbered in messages where there are several of a kind', () => {
  const conv = { kind: 'conv', width: 8, kernel: 3 }
  const spec = { ...preset('resnet8'), stem: [conv, { kind: 'norm' }, { ...conv, kernel: 0 }] }
  expect(() => validateSpec(spec)).toThrow(
    new ConfigError('stem.conv2: kernel must be a whole number of at least 1, got 0'),
  )
})

test('a stem of as many layers as can be is numbered at once', () => {
  const stem = new Array(1000).fill({ kind: 'relu' })
  expect(validateSpec({ ...preset('resnet8'), stem }).stem).toHaveLength(1000)
})

test('pad shortcuts may not narrow', () => {
  expect(() => validateSpec(cifarBasic({ depth: 8, widths: [16, 32, 24] }))).toThrow(
    new ShapeError(
      'stage3.block1: a pad shortcut cannot narrow 32 channels to 24; ' +
        'use the shortcut project-on-change, or a branch that ends at least as wide',
    ),
  )
  const projected = cifarBasic({ depth: 8, widths: [16, 32, 24], shortcut: 'project-on-change' })
  expect(validateSpec(projected)).toBe(projected)
})
