/** What features take is held against the memory there is; how many views there are is not, for weights depend on it. */
import { expect, test } from 'vitest'
import { finetunePlan } from '../../../src/api/training/finetune-plan.js'
import type { FreeMemory } from '../../../src/util/machine/free-memory.js'
import { tinyData, tinySpec } from '../../train/tiny.js'

const planWith = (bytes: number) => {
  const free: FreeMemory = { bytes, by: 'are free on this machine', onceAsked: false }
  const size = { channels: 8, height: 1, width: 1 }
  return finetunePlan(
    tinySpec,
    tinyData(),
    { freeze: 'all' },
    () => size,
    () => [free],
  )
}

test('features that have no room are refused before they are made', () => {
  const taken = 4 * 8 * (9 + 8 * 26)
  expect(planWith(taken).views).toBe(8)
  expect(() => planWith(taken - 1)).toThrow(
    'freeze: the features of 26 pictures in 8 views take 0.0 MiB, and 0.0 MiB are free on this machine; use fewer views, or end other programs',
  )
})
