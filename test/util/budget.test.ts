import { expect, test } from 'vitest'
import { Budget, limits } from '../../src/util/budget.js'
import { DataError } from '../../src/util/errors.js'
import { parseJson } from '../../src/util/json.js'

test('each limit ends the reading with the name of the file', () => {
  const budget = new Budget('x.pth', 1000)
  expect(() => budget.containers(limits.containers + 1)).toThrow(
    new DataError('x.pth: refused: it holds more than 500000 lists and dictionaries, far more than any network needs'),
  )
  expect(() => budget.values(limits.values + 1)).toThrow(
    'x.pth: refused: it holds more than 2000000 values, far more than any network needs',
  )
  expect(() => budget.depth(65)).toThrow('x.pth: refused: it has lists in lists more than 64 deep')
  expect(() => budget.tensors(200_001)).toThrow(
    'x.pth: refused: it holds 200001 tensors, more than the 200000 that are read',
  )
  expect(() => budget.name('a'.repeat(1001), 'a tensor')).toThrow(
    'x.pth: refused: the name of a tensor has 1001 characters, more than 1000',
  )
})

test('what is paid adds up', () => {
  const budget = new Budget('x')
  budget.values(limits.values)
  expect(() => budget.values()).toThrow(DataError)
})

test('time is looked at while values are paid', () => {
  let seconds = 5
  const budget = new Budget('x', 0, () => seconds)
  budget.values(10_000)
  seconds = 26
  expect(() => budget.values(10_000)).toThrow('x: refused: reading it takes longer than 20 seconds')
  const larger = new Budget('x', 64_000_000, () => seconds)
  seconds += 30
  larger.tick()
})

test('others get a turn, and an abort is heard', async () => {
  let seconds = 0
  const budget = new Budget('x', 0, () => seconds)
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('stop')), 0)
  await budget.breathe(controller.signal) // no time has passed: no turn
  expect(controller.signal.aborted).toBe(false)
  seconds = 1
  await expect(budget.breathe(controller.signal)).rejects.toThrow('stop')
})

test('JSON is counted before it is parsed', () => {
  const parse = (text: string) => parseJson(text, new Budget('x'))
  expect(parse('{"a":[1,{"b":"[[[[\\"[[["}]}')).toEqual({ a: [1, { b: '[[[["[[[' }] })
  expect(parse('{"a":')).toBeUndefined()
  expect(parse(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined()
  expect(() => parse(`${'['.repeat(65)}${']'.repeat(65)}`)).toThrow('more than 64 deep')
  expect(() => parse('['.repeat(1e6))).toThrow('more than 64 deep')
  expect(() => parse(`[${'{},'.repeat(500_000)}0]`)).toThrow('more than 500000 lists')
  expect(() => parse(`[${'0,'.repeat(2_000_000)}0]`)).toThrow('more than 2000000 values')
  expect(parse(`"${'[,'.repeat(1e6)}"`)).toHaveLength(2e6)
  const reasons: string[] = []
  expect(() =>
    parseJson('\u001b[31m{', new Budget('x'), (reason) => {
      reasons.push(reason)
      throw new DataError(reason)
    }),
  ).toThrow(DataError)
  expect(reasons[0]).not.toContain('\u001b')
})
