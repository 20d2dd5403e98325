/** The reference kernels against numbers small enough to be worked out by hand. */
import { describe, expect, test } from 'vitest'
import { evaluate, evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { f32, i32, type TensorType } from '../../src/graph/graph.js'
import { singleOp } from '../engine/single-op.js'
import { first, outputs } from './evaluate-op.js'

const unit = { stride: [1, 1], padding: [0, 0], dilation: [1, 1] } as const
const picture: [TensorType, number[]] = [f32(1, 1, 3, 3), [1, 2, 3, 4, 5, 6, 7, 8, 9]]

describe('convolution', () => {
  const weight: [TensorType, number[]] = [f32(1, 1, 2, 2), [1, 10, 100, 1000]]

  test('does not turn the kernel round', () => {
    expect(first('conv2d', unit, picture, weight)).toEqual([5421, 6532, 8754, 9865])
  })

  test('pads with zeros and takes steps', () => {
    const attributes = { stride: [2, 2], padding: [1, 1], dilation: [1, 1] } as const
    expect(first('conv2d', attributes, picture, weight)).toEqual([1000, 3200, 7040, 9865])
  })

  test('spreads a dilated kernel', () => {
    expect(first('conv2d', { ...unit, dilation: [2, 2] }, picture, weight)).toEqual([1 + 30 + 700 + 9000])
  })

  test('adds up input channels', () => {
    const x: [TensorType, number[]] = [f32(1, 2, 1, 2), [1, 2, 3, 4]]
    expect(first('conv2d', unit, x, [f32(2, 2, 1, 1), [1, 10, 2, 20]])).toEqual([31, 42, 62, 84])
  })

  test('keeps groups apart', () => {
    const x: [TensorType, number[]] = [f32(1, 4, 1, 1), [1, 2, 3, 4]]
    const taps: [TensorType, number[]] = [f32(2, 2, 1, 1), [1, 10, 100, 1000]]
    const grouped = { ...unit, groups: 2 }
    expect(first('conv2d', grouped, x, taps)).toEqual([21, 4300])
    const dy: [TensorType, number[]] = [f32(1, 2, 1, 1), [2, 3]]
    expect(first('conv2dInputGradient', { ...grouped, size: [1, 1] }, dy, taps)).toEqual([2, 20, 300, 3000])
    expect(first('conv2dWeightGradient', { ...grouped, kernel: [1, 1] }, x, dy)).toEqual([2, 4, 9, 12])
  })

  test('input gradient: each output sends its gradient back through the taps', () => {
    const dy: [TensorType, number[]] = [f32(1, 1, 2, 2), [1, 0, 0, 2]]
    expect(first('conv2dInputGradient', { ...unit, size: [3, 3] }, dy, weight)).toEqual([
      1, 10, 0, 100, 1002, 20, 0, 200, 2000,
    ])
  })

  test('weight gradient: each tap gathers the inputs it met', () => {
    const dy: [TensorType, number[]] = [f32(1, 1, 2, 2), [1, 0, 0, 10]]
    expect(first('conv2dWeightGradient', { ...unit, kernel: [2, 2] }, picture, dy)).toEqual([51, 62, 84, 95])
  })
})

describe('pooling', () => {
  const window = { kernel: [2, 2], stride: [2, 2], padding: [1, 1] } as const

  test('max: padding never wins', () => {
    const negative: [TensorType, number[]] = [picture[0], picture[1].map((value) => -value)]
    expect(first('maxPool', window, negative)).toEqual([-1, -2, -4, -5])
  })

  test('max: the first of equals gets the gradient', () => {
    const x: [TensorType, number[]] = [f32(1, 1, 2, 2), [1, 3, 3, 3]]
    const attributes = { kernel: [2, 2], stride: [2, 2], padding: [0, 0] } as const
    expect(first('maxPoolGradient', attributes, [f32(1, 1, 1, 1), [7]], x)).toEqual([0, 7, 0, 0])
  })

  test('average: divides by the whole window, padding included', () => {
    expect(first('averagePool', window, picture)).toEqual([0.25, 1.25, 2.75, 7])
    const dy: [TensorType, number[]] = [f32(1, 1, 2, 2), [4, 8, 12, 16]]
    expect(first('averagePoolGradient', { ...window, size: [3, 3] }, dy)).toEqual([1, 2, 2, 3, 4, 4, 3, 4, 4])
  })

  test('global: the mean of each map', () => {
    expect(first('globalAveragePool', {}, [f32(1, 2, 1, 2), [1, 3, 10, 30]])).toEqual([2, 20])
    expect(first('globalAveragePoolGradient', { size: [1, 2] }, [f32(1, 2), [4, 8]])).toEqual([2, 2, 4, 4])
  })
})

test('padShortcut takes every other pixel and moves the channels', () => {
  const attributes = { stride: [2, 2], channels: 3, before: 1 } as const
  const [zero, kept] = [
    [0, 0, 0, 0],
    [1, 3, 7, 9],
  ]
  expect(first('padShortcut', attributes, picture)).toEqual([...zero, ...kept, ...zero])
  const dy: [TensorType, number[]] = [f32(1, 3, 2, 2), [5, 5, 5, 5, 1, 2, 3, 4, 6, 6, 6, 6]]
  expect(first('padShortcutGradient', { ...attributes, shape: [1, 1, 3, 3] }, dy)).toEqual([1, 0, 2, 0, 0, 0, 3, 0, 4])
})

describe('batch norm', () => {
  const vector = (...values: number[]): [TensorType, number[]] => [f32(values.length), values]

  test('normalises with the biased variance of the batch', () => {
    const x: [TensorType, number[]] = [f32(2, 2, 1, 1), [1, 10, 5, 10]]
    const [y, mean, variance] = outputs('batchNorm', { epsilon: 0 }, x, vector(3, 1), vector(1, 7))
    expect(mean).toEqual([3, 10])
    expect(variance).toEqual([4, 0])
    expect([y![0], y![2]]).toEqual([-2, 4])
  })

  test('a constant channel becomes its shift', () => {
    const x: [TensorType, number[]] = [f32(2, 1, 1, 2), [9, 9, 9, 9]]
    expect(first('batchNorm', { epsilon: 1e-5 }, x, vector(3), vector(7))).toEqual([7, 7, 7, 7])
  })

  test('inference uses the statistics it is given', () => {
    const x: [TensorType, number[]] = [f32(1, 1, 1, 2), [1, 5]]
    expect(first('batchNormInference', { epsilon: 3 }, x, vector(2), vector(10), vector(1), vector(1))).toEqual([
      10, 14,
    ])
  })

  test('running averages move by the momentum', () => {
    const attributes = { momentum: 0.25, correction: 2 }
    expect(first('runningAverage', attributes, vector(8), vector(4))).toEqual([8])
    expect(first('runningAverage', attributes, vector(4), vector(8))).toEqual([7])
  })
})

describe('classifier and loss', () => {
  test('linear', () => {
    const x: [TensorType, number[]] = [f32(1, 2), [1, 2]]
    const weight: [TensorType, number[]] = [f32(2, 2), [1, 10, 100, 1000]]
    expect(first('linear', {}, x, weight, [f32(2), [5, 6]])).toEqual([26, 2106])
    expect(first('linearInputGradient', {}, x, weight)).toEqual([201, 2010])
    expect(first('linearWeightGradient', {}, x, [f32(1, 2), [3, 4]])).toEqual([3, 6, 4, 8])
    expect(first('sumRows', {}, [f32(2, 2), [1, 2, 3, 4]])).toEqual([4, 6])
  })

  test('equal logits cost ln(classes), smoothed or not', () => {
    const logits: [TensorType, number[]] = [f32(2, 4), [5, 5, 5, 5, -1, -1, -1, -1]]
    for (const smoothing of [0, 0.1])
      expect(first('softmaxCrossEntropy', { smoothing }, logits, [i32(2), [0, 3]])[0]).toBeCloseTo(Math.log(4), 14)
  })

  test('the gradient is softmax less target, over the rows', () => {
    const logits: [TensorType, number[]] = [f32(1, 2), [0, Math.log(3)]]
    const gradient = (smoothing: number) =>
      first('softmaxCrossEntropyGradient', { smoothing }, [f32(), [2]], logits, [i32(1), [0]])
    expect(gradient(0)[0]).toBeCloseTo(2 * (0.25 - 1), 14)
    expect(gradient(0)[1]).toBeCloseTo(2 * 0.75, 14)
    expect(gradient(0.2)[0]).toBeCloseTo(2 * (0.25 - 0.9), 14)
    expect(gradient(0.2)[1]).toBeCloseTo(2 * (0.75 - 0.1), 14)
  })

  test('refuses labels that are no class', () => {
    const logits: [TensorType, number[]] = [f32(2, 3), [0, 0, 0, 0, 0, 0]]
    expect(() => first('softmaxCrossEntropy', { smoothing: 0 }, logits, [i32(2), [1, 3]])).toThrow(
      'softmaxCrossEntropy: labels must be from 0 to 2, label 1 is 3',
    )
  })
})

describe('sgd', () => {
  const numbers = (value: number): [TensorType, number[]] => [f32(1), [value]]
  const step = (nesterov: boolean, guard = 0) => {
    const scalars = [0.5, guard].map((value): [TensorType, number[]] => [f32(), [value]])
    const attributes = { momentum: 0.5, weightDecay: 0.25, nesterov }
    return outputs('sgd', attributes, numbers(8), numbers(3), numbers(4), ...scalars)
  }

  test('velocity takes gradient and decay in, the parameter follows it', () => {
    expect(step(false)).toEqual([[8 - 0.5 * 7], [7]])
  })

  test('Nesterov looks a step ahead', () => {
    expect(step(true)).toEqual([[8 - 0.5 * (5 + 0.5 * 7)], [7]])
  })

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('a guard of %d keeps everything', (guard) => {
    expect(step(false, guard)).toEqual([[8], [4]])
  })
})

describe('evaluate', () => {
  const { graph } = singleOp('relu', {}, [{ type: f32(2), fill: () => new Float32Array(2) }])

  test('says which input has no data, and what length was expected', () => {
    expect(() => evaluate(graph, new Map())).toThrow('evaluate: no data for input x, 2')
    expect(() => evaluate(graph, new Map([['x', [1, 2, 3]]]))).toThrow('x: expected 2 values (2), got 3')
  })

  test('passes NaN on', () => {
    expect(evaluateOutputs(graph, new Map([['x', [Number.NaN, -1]]])).get('y')).toEqual(Float64Array.of(Number.NaN, 0))
  })
})
