/** Learning rates over whole trainings. */
import { describe, expect, test } from 'vitest'
import { learningRate, type Schedule } from '../../../src/train/schedule/schedule.js'

const base: Schedule = { kind: 'constant', lr: 0.1, totalSteps: 10, warmupSteps: 0, milestones: [], gamma: 0.1 }

const trace = (schedule: Partial<Schedule>) => {
  const full = { ...base, ...schedule }
  return Array.from({ length: full.totalSteps }, (_, step) => learningRate(full, step))
}

function expectTrace(got: readonly number[], expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length)
  got.forEach((rate, step) => {
    expect(Math.abs(rate - expected[step]!), `step ${step}: ${rate}`).toBeLessThan(1e-15)
  })
}

describe('learning rates', () => {
  test('constant', () => {
    expect(trace({ totalSteps: 4 })).toEqual([0.1, 0.1, 0.1, 0.1])
  })

  test('step: gamma at each milestone, the milestone included', () => {
    expectTrace(
      trace({ kind: 'step', milestones: [3, 7] }),
      [0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001],
    )
  })

  test('cosine: from lr towards 0, half-way at the middle', () => {
    const expected = Array.from({ length: 10 }, (_, step) => 0.05 * (1 + Math.cos((Math.PI * step) / 10)))
    expectTrace(trace({ kind: 'cosine' }), expected)
    expect(trace({ kind: 'cosine' })[0]).toBe(0.1)
    expect(trace({ kind: 'cosine' })[5]).toBe(0.05)
  })

  test('one-cycle equals the OneCycleLR of PyTorch', () => {
    expectTrace(
      trace({ kind: 'one-cycle' }),
      [
        0.0040000000000000036, 0.052000000000000005, 0.1, 0.09504846320134738, 0.0811745653949763, 0.06112620219362893,
        0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-7,
      ],
    )
  })

  test('warm-up rises linearly to lr, and the cosine spans what is left', () => {
    const rates = trace({ kind: 'cosine', warmupSteps: 4 })
    expectTrace(rates.slice(0, 4), [0.025, 0.05, 0.075, 0.1])
    expectTrace(
      rates.slice(4),
      Array.from({ length: 6 }, (_, step) => 0.05 * (1 + Math.cos((Math.PI * step) / 6))),
    )
  })

  test('warm-up before milestones leaves these where they are', () => {
    expectTrace(
      trace({ kind: 'step', warmupSteps: 2, milestones: [5], totalSteps: 7 }),
      [0.05, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01],
    )
  })

  test.each(['constant', 'step', 'cosine', 'one-cycle'] as const)(
    '%s is positive and at most lr at every length',
    (kind) => {
      for (const totalSteps of [1, 2, 3, 5, 64, 1000])
        for (const rate of trace({ kind, totalSteps })) {
          expect(rate).toBeGreaterThan(0)
          expect(rate).toBeLessThanOrEqual(0.1)
        }
    },
  )
})
