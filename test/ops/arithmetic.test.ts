/** Small operations against numbers worked out by hand: scaling, gates, joining, shuffling, losses. */
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, i32 } from '../../src/graph/graph.js'
import { addBias } from '../../src/ops/add-bias.js'
import { addNoise } from '../../src/ops/add-noise.js'
import { concatenate } from '../../src/ops/concatenate.js'
import { multiply } from '../../src/ops/multiply.js'
import { emit } from '../../src/ops/op.js'
import { pixelShuffle, pixelUnshuffle } from '../../src/ops/pixel-shuffle.js'
import { l1Loss } from '../../src/ops/regression-loss.js'
import { scale } from '../../src/ops/scale.js'
import { first, type Numbers, vector } from './evaluate-op.js'

test('scale and multiply', () => {
  expect(first('scale', { factor: -0.5 }, vector(2, -4))).toEqual([-1, 2])
  expect(first('multiply', {}, vector(2, -4), vector(3, 5))).toEqual([6, -20])
  expect(() => scale.infer([f32(2)], { factor: Number.NaN })).toThrow(
    'scale: the factor must be a finite number, got NaN',
  )
  expect(() => multiply.infer([f32(1, 2), f32(2, 1)], {})).toThrow(
    'multiply: cannot multiply 1x2 and 2x1; the shapes must be equal',
  )
})

test('a bias is one number a channel, its gradient the sum over pictures and pixels', () => {
  const x: Numbers = [f32(2, 2, 1, 2), [1, 2, 3, 4, 5, 6, 7, 8]]
  expect(first('addBias', {}, x, vector(10, 20))).toEqual([11, 12, 23, 24, 15, 16, 27, 28])
  expect(first('sumPixels', {}, x)).toEqual([14, 22])
  expect(() => addBias.infer([f32(1, 2, 3, 3), f32(3)], {})).toThrow('addBias: bias must be f32[2], got f32[3]')
})

test('noise has mean 0 and the deviation asked for, and no two steps, rows or elements share it', () => {
  const x = (count: number): Numbers => [f32(2, 1, 1, count), new Array(2 * count).fill(1)]
  const noisy = (step: number) =>
    first('addNoise', { deviation: 0.5, seed: 1, layer: 2 }, x(5000), [i32(), [step]]).map((value) => value - 1)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const noise = noisy(3)
  expect(Math.abs(mean(noise))).toBeLessThan(0.02)
  expect(Math.sqrt(mean(noise.map((value) => value * value)))).toBeCloseTo(0.5, 1)
  expect(Math.max(...noise.map(Math.abs))).toBeLessThan(0.5 * 3.5)
  expect(noise).toEqual(noisy(3))
  for (const other of [noisy(4), [...noise.slice(5000), ...noise.slice(0, 5000)]])
    expect(Math.abs(mean(noise.map((value, i) => value * other[i]!)))).toBeLessThan(0.01)
  expect(() => addNoise.infer([f32(1, 2, 3, 3), i32()], { deviation: Number.NaN, seed: 0, layer: 0 })).toThrow(
    'addNoise: the deviation must be a finite number, got NaN',
  )
})

test('sigmoid goes from 0 to 1, and is steepest in the middle', () => {
  const [half, much, low, high] = first('sigmoid', {}, vector(0, Math.log(3), -1000, 1000))
  expect([half, low, high]).toEqual([0.5, 0, 1])
  expect(much).toBeCloseTo(0.75, 14)
  expect(first('sigmoidGradient', {}, vector(8, 8, 8), vector(0.5, 0.25, 1))).toEqual([2, 1.5, 0])
})

test('softplus is the logarithm of what the logistic function leaves, far out too', () => {
  const [middle, much, low, high] = first('softplus', {}, vector(0, 3, -40, 1000))
  expect(middle).toBeCloseTo(Math.LN2, 15)
  expect(much).toBeCloseTo(Math.log(1 + Math.exp(3)), 14)
  expect(low! / Math.exp(-40)).toBeCloseTo(1, 12)
  expect(high).toBe(1000)
})

describe('concatenate', () => {
  const map = (channels: number, ...values: number[]): Numbers => [f32(2, channels, 1, 1), values]

  test('joins the channels of each sample', () => {
    expect(first('concatenate', {}, map(1, 1, 2), map(2, 3, 4, 5, 6), map(1, 7, 8))).toEqual([1, 3, 4, 7, 2, 5, 6, 8])
  })

  test('says what does not fit', () => {
    expect(() => concatenate.infer([f32(1, 2, 3, 3), f32(1, 2, 3, 4)], {})).toThrow(
      'concatenate: 1x2x3x4 does not fit beside 1x2x3x3; only the channels may differ',
    )
    expect(() => concatenate.infer([f32(1, 2)], {})).toThrow('concatenate: x0 must be an f32 tensor of rank 4')
    expect(() => emit(new GraphBuilder(), concatenate, {}, [], 'stage1')).toThrow(
      'stage1: concatenate takes 1 or more inputs (x...), got 0',
    )
  })
})

describe('pixelShuffle', () => {
  // Four channels of 1x2 pixels: each becomes one place of a 2x2 square.
  const deep: Numbers = [f32(1, 4, 1, 2), [1, 2, 3, 4, 5, 6, 7, 8]]
  const wide: Numbers = [f32(1, 1, 2, 4), [1, 3, 2, 4, 5, 7, 6, 8]]

  test('deals channels out to pixels, and back', () => {
    expect(first('pixelShuffle', { factor: 2 }, deep)).toEqual(wide[1])
    expect(first('pixelUnshuffle', { factor: 2 }, wide)).toEqual(deep[1])
  })

  test('says what does not fit', () => {
    expect(() => pixelShuffle.infer([f32(1, 6, 1, 1)], { factor: 2 })).toThrow(
      'pixelShuffle: 6 channels cannot be dealt out to 2x2 pixels; use a multiple of 4',
    )
    expect(() => pixelShuffle.infer([f32(1, 4, 1, 1)], { factor: 0 })).toThrow(
      'pixelShuffle: the factor must be a whole number of at least 1, got 0',
    )
    expect(() => pixelUnshuffle.infer([f32(1, 1, 4, 5)], { factor: 2 })).toThrow(
      'pixelUnshuffle: maps of 4x5 cannot be cut into squares of 2x2 pixels',
    )
  })
})

describe('losses against a target', () => {
  const [prediction, target] = [vector(1, 5, 2, 0), vector(3, 4, 2, 1)]

  test('are means over all elements', () => {
    expect(first('l1Loss', {}, prediction, target)).toEqual([1])
    expect(first('squaredError', {}, prediction, target)).toEqual([1.5])
  })

  test('and their gradients', () => {
    expect(first('l1LossGradient', {}, [f32(), [8]], prediction, target)).toEqual([-2, 2, 0, -2])
    expect(first('squaredErrorGradient', {}, [f32(), [2]], prediction, target)).toEqual([-2, 1, 0, -1])
  })

  test('say what does not fit', () => {
    expect(() => l1Loss.infer([f32(3), f32(4)], {})).toThrow('l1Loss: target must be f32[3], got f32[4]')
    expect(() => l1Loss.infer([i32(3), f32(3)], {})).toThrow('l1Loss: prediction must be f32[3], got i32[3]')
  })
})
