import { expect, test } from 'vitest'
import { type Degradation, degradation } from '../../src/studies/degradation.js'
import { seeds, unreached, verdictsOf } from './made-up.js'

const byDepth = (errors: Readonly<Record<number, number>>) =>
  Object.entries(errors).map(([depth, error]) => ({
    depth: Number(depth),
    test: seeds(error),
    train: seeds(error - 2),
  }))

const like = (plain: Record<number, number>, residual: Record<number, number>): Degradation => ({
  plain: byDepth(plain),
  residual: byDepth(residual),
  curves: [],
  equalCost: [true],
})

const papers = like({ 8: 13, 20: 9, 32: 10, 56: 14 }, { 8: 12, 20: 8.75, 32: 7.51, 56: 6.97 })

test('the papers’ figures make every claim hold', () => {
  expect(new Set(Object.values(verdictsOf(degradation, papers)))).toEqual(new Set(['holds']))
})

test('two depths show no bend: claims about one stay open', () => {
  const verdicts = verdictsOf(degradation, like({ 20: 18, 56: 39 }, { 20: 16, 56: 15 }))
  const open = Object.entries(verdicts).filter(([, verdict]) => verdict !== 'holds')
  expect(open).toEqual([
    ['plain-falls-first', 'inconclusive'],
    ['gain-flattens', 'inconclusive'],
  ])
})

test('every claim can fall, and stay open', () => {
  const opposite = {
    ...like({ 8: 13, 20: 9, 32: 8, 56: 7 }, { 8: 9, 20: 8.9, 32: 8.8, 56: 20 }),
    equalCost: [false],
  }
  const falling = like({ 8: 9, 20: 10, 32: 11, 56: 12 }, { 8: 30, 20: 29, 32: 28, 56: 5 })
  expect(unreached(degradation, [papers, opposite, falling])).toEqual({})
})
