/** Resizing against PyTorch's `interpolate`, and what its weights must hold. */
import { describe, expect, test } from 'vitest'
import { f32 } from '../../src/graph/graph.js'
import { type ResizeAttributes, resize, resizeGradient, resizeTaps } from '../../src/ops/resize.js'
import type { Pair } from '../../src/ops/window.js'
import { first, type Numbers } from './evaluate-op.js'

/** The squares of 1 to 12, in three rows. */
const picture: Numbers = [f32(1, 1, 3, 4), Array.from({ length: 12 }, (_, i) => (i + 1) ** 2)]

/** From PyTorch 2 in float64: interpolate(picture, size=size, mode=filter, antialias=antialias, align_corners=False). */
const pytorch: readonly (readonly [ResizeAttributes['filter'], boolean, Pair, readonly number[]])[] = [
  ['bilinear', false, [2, 2], [9.5, 23.5, 75.5, 113.5]],
  [
    ...(['bilinear', false, [5, 3]] as const),
    [
      1.5, 6.5, 14.83333333, 11.63333333, 20.9, 33.5, 26.83333333, 42.5, 61.5, 61.23333333, 83.3, 108.7, 84.16666667,
      110.5, 140.1666667,
    ],
  ],
  ['bilinear', true, [2, 2], [14.57142857, 27.14285714, 71.71428571, 100]],
  [
    ...(['bilinear', true, [5, 3]] as const),
    [1.9, 6.5, 13.9, 12.46, 20.9, 32.14, 28.3, 42.5, 59.5, 63.34, 83.3, 106.06, 86.7, 110.5, 137.1],
  ],
  ['bicubic', false, [2, 2], [6.122070312, 20.40917969, 76.06542969, 118.6533203]],
  [
    ...(['bicubic', false, [5, 3]] as const),
    [
      -1.057138889, 2.669, 10.57106481, 6.942675926, 15.197, 27.62725, 26.35300926, 42.125, 62.07291667, 63.04334259,
      86.333, 113.7985833, 88.83515741, 116.653, 148.6467685,
    ],
  ],
  ['bicubic', true, [2, 2], [10.38196941, 24.04073863, 72.07863842, 105.9074725]],
  [
    ...(['bicubic', true, [5, 3]] as const),
    [
      -0.4706187125, 3.64221427, 11.0480981, 7.830731924, 15.94128495, 27.34488883, 26.97482838, 42.3591954,
      61.03661327, 65.46220841, 88.12038943, 114.0716213, 88.8353698, 115.4912709, 145.4402228,
    ],
  ],
]

describe('resize', () => {
  test.each(pytorch)('%s, antialias %s, to %j gives what PyTorch gives', (filter, antialias, size, wanted) => {
    const got = first('resize', { filter, antialias, size }, picture)
    expect(got).toHaveLength(wanted.length)
    got.forEach((value, i) => {
      expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-7)
    })
  })

  test('the same size is the same picture', () => {
    for (const filter of ['bilinear', 'bicubic'] as const)
      for (const antialias of [false, true])
        expect(first('resize', { filter, antialias, size: [3, 4] }, picture)).toEqual(picture[1])
  })

  test('weights sum to 1 and lie within the input', () => {
    for (const filter of ['bilinear', 'bicubic'] as const)
      for (const antialias of [false, true])
        for (const [from, to] of [
          [1, 5],
          [7, 3],
          [3, 7],
          [100, 9],
        ] as const)
          for (const { indices, weights } of resizeTaps(from, to, { filter, antialias, size: [to, to] })) {
            expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
            expect(indices.every((index) => index >= 0 && index < from)).toBe(true)
          }
  })

  test('says what does not fit', () => {
    const attributes = { filter: 'bilinear', antialias: false } as const
    expect(() => resize.infer([f32(1, 1, 3, 4)], { ...attributes, size: [0, 4] })).toThrow(
      'resize: the size must be two whole numbers of at least 1, got 0x4',
    )
    expect(() => resizeGradient.infer([f32(1, 1, 3, 4)], { ...attributes, size: [5, 4], from: [2, 2] })).toThrow(
      'resizeGradient: dy must be f32[1x1x5x4], got f32[1x1x3x4]',
    )
  })
})
