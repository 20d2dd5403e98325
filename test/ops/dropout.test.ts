/** Dropout: how much is dropped, of what it depends, and of what not. */
import { describe, expect, test } from 'vitest'
import { f32, i32 } from '../../src/graph/graph.js'
import { type DropoutAttributes, dropout, dropThreshold } from '../../src/ops/dropout.js'
import { hash32 } from '../../src/util/hash.js'
import { first } from './evaluate-op.js'

const rule = (given: Partial<DropoutAttributes> = {}): DropoutAttributes => ({
  rate: 0.5,
  granularity: 'element',
  seed: 1,
  layer: 0,
  ...given,
})

/** Which elements of `rows` rows of `length` are kept: 1 or 0 each, and 1 / (1 − rate) where kept. */
function kept(attributes: DropoutAttributes, rows: number, length: number, step = 0): number[] {
  const ones = new Array<number>(rows * length).fill(1)
  return first('dropout', attributes, [f32(rows, length), ones], [i32(), [step]])
}

const share = (values: readonly number[]) => values.filter((value) => value === 0).length / values.length

describe('dropout', () => {
  test('drops as much as it is told, and scales the rest so that the mean stays', () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const values = kept(rule({ rate }), 50, 2000)
      // 100,000 draws: four standard deviations are less than 0.0064.
      expect(Math.abs(share(values) - rate)).toBeLessThan(0.0064)
      expect(new Set(values)).toEqual(new Set([0, 1 / (1 - rate)]))
    }
    expect(share(kept(rule({ rate: 0 }), 5, 100))).toBe(0)
  })

  test('draws anew for each seed, layer, step and row: half of the elements agree', () => {
    const base = kept(rule(), 1, 20000)
    const others = [
      kept(rule({ seed: 2 }), 1, 20000),
      kept(rule({ seed: 1 + 2 ** 32 }), 1, 20000),
      kept(rule({ layer: 1 }), 1, 20000),
      kept(rule(), 1, 20000, 1),
      kept(rule(), 2, 20000).slice(20000),
      [...base.slice(1), base[0]!],
    ]
    for (const other of others) {
      const agree = base.filter((value, i) => value === other[i]).length / base.length
      expect(Math.abs(agree - 0.5)).toBeLessThan(0.015)
    }
  })

  test('an element does not depend on how many there are beside it', () => {
    expect(kept(rule(), 3, 64).slice(0, 64)).toEqual(kept(rule(), 1, 64))
  })

  test('drops rows as a whole, and batches', () => {
    const rows = kept(rule({ granularity: 'row' }), 2000, 3)
    for (let n = 0; n < 2000; n++) expect(new Set(rows.slice(3 * n, 3 * n + 3)).size).toBe(1)
    expect(Math.abs(share(rows) - 0.5)).toBeLessThan(0.045)
    const batches = Array.from({ length: 200 }, (_, step) => kept(rule({ granularity: 'batch' }), 4, 2, step))
    for (const batch of batches) expect(new Set(batch).size).toBe(1)
    expect(Math.abs(share(batches.map((batch) => batch[0]!)) - 0.5)).toBeLessThan(0.15)
  })

  test('says what does not fit', () => {
    const x = f32(2, 3)
    expect(() => dropout.infer([x, i32()], rule({ rate: 1 }))).toThrow('dropout: the rate must be in [0, 1), got 1')
    expect(() => dropout.infer([x, i32()], rule({ seed: -1 }))).toThrow(
      'dropout: seed must be a whole number from 0 on, got -1',
    )
    expect(() => dropout.infer([x, f32()], rule())).toThrow('dropout: step must be an i32 scalar, got f32[scalar]')
    expect(() => dropout.infer([f32(), i32()], rule())).toThrow(
      'dropout: x must be an f32 tensor with rows, got f32[scalar]',
    )
  })
})

describe('the hash', () => {
  test('is this one for ever: saved runs depend on it', () => {
    expect([hash32(0, 0), hash32(1, 0), hash32(0, 1), hash32(4294967295, 123456789)]).toEqual([
      3385628684, 2702502840, 3811535168, 1327353753,
    ])
  })

  test('thresholds never pass 32 bits', () => {
    expect([0, 0.25, 0.5, 1 - 2 ** -40].map(dropThreshold)).toEqual([0, 2 ** 30, 2 ** 31, 2 ** 32 - 1])
  })
})
