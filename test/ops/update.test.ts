/** Adam and the limits to gradients, against PyTorch and numbers worked out by hand. */
import { describe, expect, test } from 'vitest'
import { f32, i32 } from '../../src/graph/graph.js'
import { adam } from '../../src/ops/adam.js'
import { clipByNorm, clipByRate, globalNorm } from '../../src/ops/clip.js'
import { first, type Numbers, outputs, vector } from './evaluate-op.js'

const scalar = (value: number): Numbers => [f32(), [value]]

describe('adam', () => {
  /** Two steps of torch.optim.Adam and AdamW in float64: parameter, exp_avg and exp_avg_sq after each. */
  const pytorch = {
    Adam: [
      [
        [0.9000999001, -1.90004997501, 2.90002856327],
        [0.2, -0.4, 0.7],
        [0.1, 0.4, 1.225],
      ],
      [
        [0.80074274706, -1.83755776742, 2.87391542493],
        [0.45000999001, -0.310004997501, 0.250002856327],
        [0.300264485764, 0.360249750187, 1.34274557271],
      ],
    ],
    AdamW: [
      [
        [0.850199600798, -1.8000999001, 2.75004997501],
        [0.1, -0.2, 0.4],
        [0.025, 0.1, 0.4],
      ],
      [
        [0.71094568466, -1.72119491619, 2.64273854211],
        [0.28, 0.04, -0.28],
        [0.1225, 0.19, 1.26],
      ],
    ],
  }
  const attributes = { beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.5 }
  const gradients = [
    [0.5, -1, 2],
    [1, 1, -3],
  ]

  test.each(Object.entries(pytorch))('is %s of PyTorch', (name, wanted) => {
    let state = [
      [1, -2, 3],
      [0, 0, 0],
      [0, 0, 0],
    ]
    wanted.forEach((after, step) => {
      const [parameter, mean, square] = state.map((values) => vector(...values))
      const gradient = vector(...gradients[step]!)
      const decoupled = name === 'AdamW'
      const inputs = [parameter!, gradient, mean!, square!, scalar(0.1), [i32(), [step]] as const, scalar(0)]
      state = outputs('adam', { ...attributes, decoupled }, ...inputs)
      state.flat().forEach((value, i) => {
        expect(value).toBeCloseTo(after.flat()[i]!, 10)
      })
    })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('a guard of %d keeps everything', (guard) => {
    const state = [vector(1, -2), vector(3, 4), vector(5, 6)] as const
    const inputs = [state[0], vector(Number.NaN, 1), state[1], state[2], scalar(0.1), [i32(), [0]] as const]
    expect(outputs('adam', { ...attributes, decoupled: true }, ...inputs, scalar(guard))).toEqual([
      [1, -2],
      [3, 4],
      [5, 6],
    ])
  })

  test('says what does not fit', () => {
    const three = [f32(3), f32(3), f32(3), f32(3)]
    expect(() => adam.infer([...three, f32(), f32(), f32()], { ...attributes, decoupled: false })).toThrow(
      'adam: step must be an i32 scalar, got f32[scalar]',
    )
    expect(() => adam.infer([...three, f32(), i32(), f32()], { ...attributes, epsilon: 0, decoupled: false })).toThrow(
      'adam: epsilon must be above 0, got 0',
    )
    expect(() => adam.infer([...three, f32(), i32(), f32()], { ...attributes, beta2: 1, decoupled: false })).toThrow(
      'adam: beta2 must be in [0, 1), got 1',
    )
  })
})

describe('limits', () => {
  test('the norm is that of all tensors together', () => {
    expect(first('globalNorm', {}, vector(3, 0), [f32(1, 2), [4, 12]])).toEqual([13])
  })

  test('by norm: shortens what is too long, and only that', () => {
    expect(first('clipByNorm', { limit: 10 }, vector(3, 4), scalar(5))).toEqual([3, 4])
    const [a, b] = first('clipByNorm', { limit: 1 }, vector(3, 4), scalar(5))
    expect(a).toBeCloseTo(3 / 5.000001, 12)
    expect(b).toBeCloseTo(4 / 5.000001, 12)
  })

  test('by rate: no parameter moves by more than the limit', () => {
    expect(first('clipByRate', { limit: 0.5 }, vector(3, -7, 4.5), scalar(0.125))).toEqual([3, -4, 4])
  })

  test('a gradient that is no number stays none', () => {
    expect(first('clipByRate', { limit: 1 }, vector(Number.NaN), scalar(1))).toEqual([Number.NaN])
    expect(first('clipByNorm', { limit: 1 }, vector(1), scalar(Number.NaN))).toEqual([Number.NaN])
  })

  test('say what does not fit', () => {
    expect(() => clipByNorm.infer([f32(3), f32()], { limit: 0 })).toThrow(
      'clipByNorm: the limit must be above 0, got 0',
    )
    expect(() => clipByNorm.infer([f32(3), f32(1)], { limit: 1 })).toThrow(
      'clipByNorm: norm must be f32[scalar], got f32[1]',
    )
    expect(() => clipByRate.infer([f32(3), i32()], { limit: 1 })).toThrow(
      'clipByRate: lr must be f32[scalar], got i32[scalar]',
    )
    expect(() => globalNorm.infer([f32(3), i32(2)], {})).toThrow('globalNorm: tensors must be f32, got i32[2]')
  })
})
