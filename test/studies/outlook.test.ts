/** Which of how many nets trains, and how long all of them will take. */
import { expect, test } from 'vitest'
import { cifarBasic } from '../../src/spec/families.js'
import { Outlook } from '../../src/studies/outlook.js'
import type { Training } from '../../src/studies/workbench.js'
import type { StepProgress } from '../../src/train/step/progress.js'

const recipe = { batchSize: 10, epochs: 1, lr: 0.1 }
const small: Training = { spec: cifarBasic({ depth: 8 }), recipe, seed: 0 }
const other: Training = { ...small, seed: 1 }
const at = (step: number) => ({ step, totalSteps: 10 }) as StepProgress

test('nets are counted once each, and those that are made already not at all', () => {
  const outlook = new Outlook([small, small, other], 100, () => false)
  expect(outlook.progress(small, at(1), 0)).toEqual({ index: 1, count: 2, secondsLeft: undefined })
  expect(outlook.progress(small, at(10), 9)).toMatchObject({ index: 1, count: 2 })
  expect(outlook.progress(other, at(1), 10)).toMatchObject({ index: 2, count: 2 })
  const later = new Outlook([small, other], 100, ({ seed }) => seed === 0)
  expect(later.progress(other, at(1), 0)).toMatchObject({ index: 1, count: 1 })
})

test('the time left is that of the work left at the rate so far', () => {
  const outlook = new Outlook([small, other], 100, () => false)
  outlook.progress(small, at(0), 0)
  expect(outlook.progress(small, at(5), 5).secondsLeft).toBeCloseTo(15)
  expect(outlook.progress(small, at(10), 10).secondsLeft).toBeCloseTo(10)
  outlook.progress(other, at(0), 100) // what lies between two trainings is no training
  expect(outlook.progress(other, at(10), 110).secondsLeft).toBeCloseTo(0)
})

test('a training that goes on counts from where it was', () => {
  const outlook = new Outlook([small], 100, () => false)
  outlook.progress(small, at(8), 0)
  expect(outlook.progress(small, at(9), 1).secondsLeft).toBeCloseTo(1)
})

test('a net that begins with weights takes the place that was kept for it', () => {
  const outlook = new Outlook([{ ...small, recipe: { ...recipe, lr: 0.02 } }, other], 100, () => false)
  const grown = { spec: cifarBasic({ depth: 8, widths: [8, 8, 8] }), recipe: { ...recipe, lr: 0.02 }, seed: 0 }
  expect(outlook.progress(grown, at(1), 0)).toMatchObject({ index: 1, count: 2 })
})
