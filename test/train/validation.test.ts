/** Pictures to validate on: evaluated at each epoch's end, chosen by, and told apart from the test pictures. */
import { expect, test } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import { splitDataset } from '../../src/data/split.js'
import { tinyData } from './tiny.js'
import { open, train } from './trained.js'

const data: Dataset = splitDataset(tinyData(36), 10, 0)

test('both parts enter the history, each with a best epoch of its own, the earlier of equals', async () => {
  await using trainer = await open({ epochs: 5 }, {}, data)
  await train(trainer, 15)
  const { history, best, bestOnVal } = trainer.progress
  expect(history.map(({ val, test }) => [val, test].every(Boolean))).toEqual([true, true, true, true, true])
  const least = (of: 'val' | 'test') => {
    const errors = history.map((record) => record[of]!.top1Error)
    return { epoch: errors.indexOf(Math.min(...errors)) + 1, top1Error: Math.min(...errors) }
  }
  expect(best).toEqual(least('test'))
  expect(bestOnVal).toEqual(least('val'))
  const own = await trainer.evaluate(data.val)
  expect(own.count).toBe(10)
  expect(history.at(-1)!.val).toEqual({ loss: own.loss, top1Error: own.top1Error })
})

test('what is validated on changes no weights', async () => {
  await using validated = await open({}, {}, data)
  await using plain = await open({}, {}, { ...data, val: undefined })
  await train(validated, 9)
  await train(plain, 9)
  expect(await validated.weightHash()).toBe(await plain.weightHash())
  expect(plain.progress.bestOnVal).toBeUndefined()
  expect(plain.progress.history.some((record) => 'val' in record)).toBe(false)
})

test('it must fit the network', async () => {
  const val = { ...data.val!, labels: data.val!.labels.map(() => 5) }
  await expect(open({}, {}, { ...data, val })).rejects.toThrow('has 2 classes, the pictures have class 5')
})
