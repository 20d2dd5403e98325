/** Shape rules: what comes out of each operation, and what is said where sizes do not fit. */
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.js'
import { type Attributes, f32, i32, type TensorType } from '../../src/graph/graph.js'
import { graphText } from '../../src/graph/text.js'
import { add } from '../../src/ops/add.js'
import { batchNorm, batchNormGradient, runningAverage } from '../../src/ops/batch-norm.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from '../../src/ops/conv2d.js'
import { mergeStatistics } from '../../src/ops/fused-norm.js'
import { type AttributesOf, type OpName, ops, verify } from '../../src/ops/index.js'
import { linear, linearWeightGradient } from '../../src/ops/linear.js'
import { emit, type Op, plainNames } from '../../src/ops/op.js'
import { changed, operandsOf } from '../../src/ops/operands.js'
import { padShortcut, padShortcutGradient } from '../../src/ops/pad-shortcut.js'
import { averagePool, globalAveragePool, maxPool, maxPoolGradient } from '../../src/ops/pool.js'
import { reluGradient } from '../../src/ops/relu.js'
import { resize } from '../../src/ops/resize.js'
import { sgd } from '../../src/ops/sgd.js'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.js'
import type { ConvAttributes, Pair } from '../../src/ops/window.js'

const conv = (stride: Pair, padding: Pair, dilation: Pair = [1, 1]): ConvAttributes => ({ stride, padding, dilation })

function convShape(x: number[], weight: number[], attributes: ConvAttributes): readonly number[] {
  return conv2d.infer([f32(...x), f32(...weight)], attributes)[0]!.shape
}

describe('conv2d', () => {
  test.each([
    [[2, 3, 32, 32], [16, 3, 3, 3], conv([1, 1], [1, 1]), [2, 16, 32, 32]],
    [[1, 3, 224, 224], [64, 3, 7, 7], conv([2, 2], [3, 3]), [1, 64, 112, 112]],
    [[1, 64, 56, 56], [128, 64, 1, 1], conv([2, 2], [0, 0]), [1, 128, 28, 28]],
    [[1, 4, 7, 9], [5, 4, 3, 2], conv([2, 3], [1, 0]), [1, 5, 4, 3]],
    [[1, 4, 9, 9], [5, 4, 3, 3], conv([1, 1], [0, 2], [2, 4]), [1, 5, 5, 5]],
  ])('%j by %j', (x, weight, attributes, y) => {
    expect(convShape(x, weight, attributes)).toEqual(y)
  })

  test('counts multiply-adds, the same for both gradients', () => {
    const [x, weight, y] = [f32(2, 3, 32, 32), f32(16, 3, 3, 3), f32(2, 16, 32, 32)]
    const attributes = conv([1, 1], [1, 1])
    const macs = 2 * 32 * 32 * 16 * 3 * 9
    expect(conv2d.cost([x, weight], [y], attributes)).toEqual({ macs })
    expect(conv2dInputGradient.cost([y, weight], [x], { ...attributes, size: [32, 32] })).toEqual({ macs })
    expect(conv2dWeightGradient.cost([x, y], [weight], { ...attributes, kernel: [3, 3] })).toEqual({ macs })
  })

  test('gradients have the shapes of what they are gradients of', () => {
    const [x, weight] = [f32(2, 3, 10, 11), f32(5, 3, 3, 3)]
    const attributes = conv([2, 3], [1, 0])
    const dy = conv2d.infer([x, weight], attributes)[0]!
    expect(conv2dInputGradient.infer([dy, weight], { ...attributes, size: [10, 11] })).toEqual([x])
    expect(conv2dWeightGradient.infer([x, dy], { ...attributes, kernel: [3, 3] })).toEqual([weight])
  })

  test('with groups: weights and multiply-adds are so many times less', () => {
    const [x, weight, attributes] = [f32(2, 12, 8, 8), f32(6, 4, 3, 3), { ...conv([1, 1], [1, 1]), groups: 3 }]
    const y = f32(2, 6, 8, 8)
    expect(conv2d.infer([x, weight], attributes)).toEqual([y])
    expect(conv2d.cost([x, weight], [y], attributes)).toEqual({ macs: (2 * 8 * 8 * 6 * 12 * 9) / 3 })
    expect(conv2dInputGradient.infer([y, weight], { ...attributes, size: [8, 8] })).toEqual([x])
    expect(conv2dWeightGradient.infer([x, y], { ...attributes, kernel: [3, 3] })).toEqual([weight])
  })

  test('says which groups do not fit', () => {
    const grouped = (groups: number) => ({ ...conv([1, 1], [0, 0]), groups })
    expect(() => convShape([1, 12, 8, 8], [6, 3, 3, 3], grouped(0))).toThrow(
      'conv2d: groups must be a whole number of at least 1, got 0',
    )
    expect(() => convShape([1, 12, 8, 8], [6, 3, 3, 3], grouped(4))).toThrow(
      'conv2d: 12 and 6 channels cannot both be divided into 4 groups',
    )
    expect(() => convShape([1, 12, 8, 8], [6, 3, 3, 3], grouped(3))).toThrow(
      'conv2d: the weight expects groups of 3 input channels, 12 channels in 3 groups are 4 each',
    )
  })

  test('says what does not fit', () => {
    const attributes = conv([1, 1], [0, 0])
    expect(() => convShape([1, 3, 8, 8], [4, 5, 3, 3], attributes)).toThrow(
      'conv2d: the weight expects 5 input channels, the input has 3',
    )
    expect(() => convShape([1, 3, 2, 8], [4, 3, 3, 3], attributes)).toThrow(
      'conv2d: a kernel of 3 (dilation 1) does not fit a size of 2 with padding 0; ' +
        'use a larger picture, a smaller kernel or fewer stages with stride 2',
    )
    expect(() => convShape([1, 3, 8], [4, 3, 3, 3], attributes)).toThrow(
      'conv2d: x must be an f32 tensor of rank 4, got f32[1x3x8]',
    )
    expect(() => convShape([1, 3, 8, 8], [4, 3, 3, 3], conv([0, 1], [0, 0]))).toThrow(
      'conv2d: stride must be a whole number of at least 1, got 0',
    )
    expect(() => convShape([1, 3, 8, 8], [4, 3, 3, 3], conv([1, 1], [0, 0.5]))).toThrow(
      'conv2d: padding must be a whole number of at least 0, got 0.5',
    )
    expect(() =>
      conv2dInputGradient.infer([f32(1, 4, 7, 6), f32(4, 3, 3, 3)], { ...attributes, size: [8, 8] }),
    ).toThrow('conv2dInputGradient: dy must be f32[1x4x6x6], got f32[1x4x7x6]')
  })
})

describe('pooling', () => {
  const window = (kernel: Pair, stride: Pair, padding: Pair) => ({ kernel, stride, padding })

  test('gives one element a window', () => {
    expect(maxPool.infer([f32(1, 64, 112, 112)], window([3, 3], [2, 2], [1, 1]))).toEqual([f32(1, 64, 56, 56)])
    expect(averagePool.infer([f32(2, 3, 7, 8)], window([2, 3], [2, 1], [0, 1]))).toEqual([f32(2, 3, 3, 8)])
    expect(globalAveragePool.infer([f32(2, 64, 8, 8)], {})).toEqual([f32(2, 64)])
  })

  test('says what does not fit', () => {
    expect(() => maxPool.infer([f32(1, 1, 8, 8)], window([2, 3], [1, 1], [1, 2]))).toThrow(
      'maxPool: padding 2 is more than half of the kernel, 3',
    )
    const wrong = [f32(1, 1, 3, 3), f32(1, 1, 8, 8)]
    expect(() => maxPoolGradient.infer(wrong, window([2, 2], [2, 2], [0, 0]))).toThrow(
      'maxPoolGradient: dy must be f32[1x1x4x4], got f32[1x1x3x3]',
    )
    expect(() => globalAveragePool.infer([f32(2, 64)], {})).toThrow(
      'globalAveragePool: x must be an f32 tensor of rank 4, got f32[2x64]',
    )
  })
})

describe('padShortcut', () => {
  test('rounds sizes up, so that it meets a convolution with padding', () => {
    const attributes = { stride: [2, 2], channels: 32, before: 8 } as const
    expect(padShortcut.infer([f32(1, 16, 15, 8)], attributes)).toEqual([f32(1, 32, 8, 4)])
    const shape = [1, 16, 15, 8]
    expect(padShortcutGradient.infer([f32(1, 32, 8, 4)], { ...attributes, shape })).toEqual([f32(...shape)])
  })

  test('says when the channels do not fit', () => {
    expect(() => padShortcut.infer([f32(1, 16, 8, 8)], { stride: [1, 1], channels: 20, before: 5 })).toThrow(
      'padShortcut: 16 channels at 5 do not fit into 20 channels',
    )
  })
})

describe('sizes without bounds', () => {
  const built = (shape: number[], act: (builder: GraphBuilder, x: ReturnType<GraphBuilder['input']>) => unknown) => {
    const builder = new GraphBuilder()
    return () => act(builder, builder.input('x', 'data', f32(...shape)))
  }

  test.each([
    [conv([1, 1], [2 ** 29 - 16, 0]), 'padding must be a whole number from 0 to 64 on a map of 32, got 536870896'],
    [conv([1, 1], [0, 65]), 'padding must be a whole number from 0 to 64 on a map of 32, got 65'],
    [conv([2 ** 40, 1], [0, 0]), 'stride must be a whole number from 1 to 64 on a map of 32, got 1099511627776'],
    [conv([1, 1], [0, 0], [1, 2 ** 31]), 'dilation must be a whole number from 1 to 64 on a map of 32, got 2147483648'],
    [conv([1, 1], [2 ** 60, 0]), `padding must be a whole number of at least 0, got ${2 ** 60}`],
  ])('windows look at a map: %j', (attributes, message) => {
    expect(() => convShape([1, 16, 32, 32], [16, 16, 2, 2], attributes)).toThrow(`conv2d: ${message}`)
    expect(() =>
      conv2dInputGradient.infer([f32(1, 16, 31, 31), f32(16, 16, 2, 2)], { ...attributes, size: [32, 32] }),
    ).toThrow(`conv2dInputGradient: ${message}`)
  })

  test('and so do those of pools', () => {
    const pool = { kernel: [3, 3], stride: [2 ** 33, 1], padding: [1, 1] } as const
    expect(() => maxPool.infer([f32(1, 1, 64, 64)], pool)).toThrow(
      'maxPool: stride must be a whole number from 1 to 128 on a map of 64, got 8589934592',
    )
  })

  test('groups divide channels that can be gone over', () => {
    const depthwise = { ...conv([1, 1], [0, 0]), groups: 2 ** 30 }
    expect(() => convShape([1, 2 ** 30, 1, 1], [2 ** 30, 1, 1, 1], depthwise)).toThrow(
      'conv2d: at most 16777216 channels can be divided into groups, got 1073741824',
    )
  })

  test.each([[[1, 0, 2, 2]], [[1, 2.5, 2, 2]], [[1, Number.NaN, 2, 2]], [[2 ** 53, 1, 1, 1]], [[-1, 1, 1, 1]]])(
    'an input of %j is no tensor',
    (shape) => {
      expect(built(shape, () => {})).toThrow(
        `x: the sizes of a tensor must be whole numbers from 1 to 2^53, got ${shape.join('x')}; check sizes, paddings and strides`,
      )
    },
  )

  test('nor is one with more elements than can be counted, nor what an operation would make', () => {
    const many = `a tensor of 2097152x2097152x2048x1 has more elements than 2^53`
    expect(built([2 ** 21, 2 ** 21, 2 ** 11, 1], () => {})).toThrow(`x: ${many}`)
    const size: Pair = [2 ** 40, 2 ** 40]
    expect(
      built([1, 1, 2, 2], (builder, x) =>
        emit(builder, resize, { size, filter: 'bilinear', antialias: false }, [x], 'here'),
      ),
    ).toThrow('here: a tensor of 1x1x1099511627776x1099511627776 has more elements than 2^53')
    for (const stride of [0, 1.5, Number.NaN])
      expect(
        built([1, 1, 2, 2], (builder, x) =>
          emit(builder, padShortcut, { stride: [stride, 1], channels: 1, before: 0 }, [x], 'here'),
        ),
      ).toThrow(`here: padShortcut: the stride must be two whole numbers of at least 1, got ${stride}x1`)
  })
})

const pointwise = conv([1, 1], [0, 0])
const map = f32(2, 3, 4, 4)

/** The types of the outputs of an operation from those of its operands by name. */
function infer<Name extends OpName>(
  name: Name,
  given: Readonly<Record<string, TensorType>>,
  attributes: AttributesOf<Name>,
): readonly TensorType[] {
  const op = ops[name] as unknown as Op<Attributes>
  const types = plainNames(op.inputs).map((operand) => given[operand]!)
  return op.infer(types, attributes as Attributes)
}

describe('operands by name', () => {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(1, 3, 4, 4))
  const weight = builder.input('weight', 'parameter', f32(5, 3, 1, 1))
  const bias = builder.input('bias', 'parameter', f32(5))
  const addend = builder.input('addend', 'data', f32(1, 5, 4, 4))

  test('stand in the order of the operation, whatever the order they are given in', () => {
    const [y] = emit(builder, conv2d, pointwise, [x, weight], 'here', { addend, bias })
    expect(y!.type).toEqual(f32(1, 5, 4, 4))
    const node = builder.build().nodes.at(-1)!
    expect(node.inputs).toEqual([x, weight, bias, addend])
    expect(node.named).toEqual(['bias', 'addend'])
    expect(operandsOf('conv2d', node)).toEqual({ x, weight, bias, addend })
    expect(graphText(builder.build())).toContain('= conv2d(%0, %1, bias=%2, addend=%3) stride=(1,1)')
    const more = changed('conv2d', node, { operands: { bias: undefined }, attributes: { relu: true } })
    expect(operandsOf('conv2d', more)).toEqual({ x, weight, addend })
    expect(more).toMatchObject({ named: ['addend'], attributes: { ...pointwise, relu: true }, outputs: [y] })
    expect(() => operandsOf('add', node)).toThrow('internal error: here: its operation is conv2d, not add')
  })

  test('are refused where the operation has none of that name, or are given without one', () => {
    const wrong = { offset: bias } as object
    expect(() => emit(builder, conv2d, pointwise, [x, weight], 'here', wrong)).toThrow(
      'here: conv2d has no optional operand "offset"; it has: bias, addend, normScale',
    )
    expect(() => emit(builder, add, {}, [x, x], 'here', wrong as never)).toThrow(
      'here: add has no optional operand "offset"; it has none',
    )
    expect(() => emit(builder, conv2d, pointwise, [x, weight, bias], 'here')).toThrow(
      'here: conv2d takes 2 inputs (x, weight), got 3',
    )
    const graph = builder.build()
    const node = { ...graph.nodes[0]!, named: ['addend', 'bias'] }
    expect(() => verify({ ...graph, nodes: [node] })).toThrow(
      'internal error: conv2d at here names operands (addend, bias) that it does not have, or in another order',
    )
  })
})

describe('other operations', () => {
  const cases: [string, () => readonly TensorType[], string][] = [
    ['add', () => add.infer([f32(1, 2), f32(2, 1)], {}), 'cannot add 1x2 and 2x1; the shapes must be equal'],
    ['reluGradient', () => reluGradient.infer([f32(3), f32(4)], {}), 'dy must be f32[4], got f32[3]'],
    [
      'batchNorm',
      () => batchNorm.infer([f32(1, 3, 2, 2), f32(4), f32(3)], { epsilon: 1 }),
      'scale must be f32[3], got f32[4]',
    ],
    [
      'batchNormGradient',
      () => batchNormGradient.infer([f32(1, 3, 2, 1), f32(1, 3, 2, 2), f32(3), f32(3), f32(3)], { epsilon: 1 }),
      'dy must be f32[1x3x2x2], got f32[1x3x2x1]',
    ],
    [
      'runningAverage',
      () => runningAverage.infer([f32(3), f32(2)], { momentum: 0.1, correction: 1 }),
      'batch must be f32[3], got f32[2]',
    ],
    [
      'linear',
      () => linear.infer([f32(2, 5), f32(3, 4), f32(3)], {}),
      'the weight expects 4 features, the input has 5',
    ],
    ['linearWeightGradient', () => linearWeightGradient.infer([f32(2, 5), f32(3, 4)], {}), 'x has 2 rows, dy has 3'],
    [
      'softmaxCrossEntropy',
      () => softmaxCrossEntropy.infer([f32(2, 5), f32(2)], { smoothing: 0 }),
      'labels must be i32[2], got f32[2]',
    ],
    [
      'softmaxCrossEntropy',
      () => softmaxCrossEntropy.infer([f32(2, 5), i32(2)], { smoothing: 1 }),
      'label smoothing must be in [0, 1), got 1',
    ],
    [
      'mergeStatistics',
      () => mergeStatistics.infer([f32(4, 2, 16)], { rows: 4, columns: 4, bands: 3 }),
      '4 parts are no images of 3 bands',
    ],
    [
      'conv2d',
      () => infer('conv2d', { x: f32(2, 3, 4, 4), weight: f32(5, 3, 1, 1), normScale: f32(3) }, pointwise),
      'a norm of x needs the attribute normEpsilon',
    ],
    [
      'conv2d',
      () =>
        infer(
          'conv2d',
          { x: f32(2, 3, 4, 4), weight: f32(5, 3, 1, 1), normScale: f32(3) },
          { ...pointwise, normEpsilon: 1 },
        ),
      'normShift must be f32[3], got none',
    ],
    [
      'conv2d',
      () => infer('conv2d', { x: f32(2, 3, 4, 4), weight: f32(5, 3, 1, 1), bias: f32(3) }, pointwise),
      'bias must be f32[5], got f32[3]',
    ],
    [
      'conv2dInputGradient',
      () =>
        infer(
          'conv2dInputGradient',
          { dy: f32(2, 5, 4, 4), weight: f32(5, 3, 1, 1) },
          { ...pointwise, size: [4, 4], bands: 1 },
        ),
      'sums need both the operands of a norm and the attribute bands',
    ],
    [
      'reduceNormGradient',
      () =>
        infer(
          'reduceNormGradient',
          { dy: map, x: map, mean: f32(3), y: map, scale: f32(3), shift: f32(3), variance: f32(3) },
          { epsilon: 1e-5 },
        ),
      'give a mask by y or by scale, shift and variance, not by both',
    ],
    [
      'sgd',
      () => sgd.infer([f32(3), f32(2), f32(3), f32(), f32()], { momentum: 0, weightDecay: 0, nesterov: false }),
      'gradient must be f32[3], got f32[2]',
    ],
  ]
  test.each(cases)('%s says what does not fit', (op, infer, message) => {
    expect(infer).toThrow(`${op}: ${message}`)
  })

  test('errors start with the path of the layer, and say how many inputs there must be', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'data', f32(1, 2))
    const y = builder.input('y', 'data', f32(2, 1))
    expect(() => emit(builder, add, {}, [x, y], 'stage1.block2.add')).toThrow('stage1.block2.add: add: cannot add')
    expect(() => emit(builder, add, {}, [x], 'stage1.block2.add')).toThrow(
      'stage1.block2.add: add takes 2 inputs (a, b), got 1',
    )
  })
})
