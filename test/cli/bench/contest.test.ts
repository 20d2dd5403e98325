/** Which rounds of a bench count. No time is looked at: contestants say what they took. */
import { describe, expect, test } from 'vitest'
import { attemptAll, expectNone } from '../../../src/cli/bench/attempts.js'
import { type Contestant, type ContestSettings, contest, isNoisy } from '../../../src/cli/bench/contest.js'
import { othersShare, processorTime } from '../../../src/cli/bench/disturbance.js'
import { mapSpread, spreadOf } from '../../../src/cli/bench/statistics.js'
import { EngineError } from '../../../src/internal.node.js'

/** Takes the seconds of the list one after the other, for each run of its work. */
function contestant(seconds: readonly number[], counts: number[] = []): Contestant {
  let turn = 0
  return {
    ...{ name: 'one', version: '1', pid: 7 },
    run: async (count) => {
      counts.push(count)
      return count * seconds[turn++]!
    },
    close: async () => {},
  }
}

/** Others take these parts of the processor, a round each. */
function settings(shares: readonly (number | undefined)[], more: Partial<ContestSettings> = {}): ContestSettings {
  let round = 0
  const watch = () => {
    const share = shares[round++]
    return () => share
  }
  return { rounds: 2, turn: 1, allowNoise: false, signal: new AbortController().signal, watch, ...more }
}

describe('a contest', () => {
  test('repeats work that is shorter than a turn', async () => {
    const counts: number[] = []
    const { seconds } = await contest('x', [contestant([0.3, 0.25, 0.35], counts)], settings([0, 0]))
    expect(counts).toEqual([1, 4, 4])
    expect(seconds).toEqual([[0.25, 0.35]])
  })

  test('leaves out rounds that others disturbed, for all contestants', async () => {
    const [a, b] = [contestant([1, 2, 3, 4]), contestant([1, 20, 30, 40])]
    const found = await contest('x', [a, b], settings([0.01, 0.031, 0.03]))
    expect(found).toEqual({
      seconds: [
        [2, 4],
        [20, 40],
      ],
      kept: [0, 2],
      discarded: 1,
      disturbance: 0.03,
    })
    expect(isNoisy(found)).toBe(false)
  })

  test('goes on with fewer clean rounds than asked for, after three tries for each', async () => {
    const found = await contest('x', [contestant(Array(7).fill(1))], settings([1, 0, 1, 1, 1, 1]))
    expect(found).toMatchObject({ seconds: [[1]], kept: [1], discarded: 5 })
  })

  test('fails without a clean round, and says what to do', async () => {
    await expect(
      contest('train x', [contestant(Array(7).fill(1))], settings([0.5, 0.4, 0.9, 0.9, 1, 1])),
    ).rejects.toThrow(
      'bench train x: others took 40 % of the processor in the quietest of 6 rounds, at most 3 % are allowed; ' +
        'end what else runs, or let --allow-noise keep such rounds, marked',
    )
  })

  test('keeps disturbed rounds where that is asked for, and tells', async () => {
    const found = await contest('x', [contestant([1, 1, 1])], settings([0.5, 0.1], { allowNoise: true }))
    expect(found).toMatchObject({ kept: [0, 1], discarded: 0, disturbance: 0.5 })
    expect(isNoisy(found)).toBe(true)
  })

  test('keeps all rounds where nobody counts what others take', async () => {
    const found = await contest('x', [contestant([1, 1, 1])], settings([undefined, undefined]))
    expect(found).toMatchObject({ kept: [0, 1], disturbance: undefined })
    expect(isNoisy(found)).toBe(false)
  })

  test('ends when it is interrupted', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'))
    await expect(contest('x', [contestant([1])], settings([0], { signal }))).rejects.toThrow('interrupted')
  })
})

describe('what others take', () => {
  const files = (stat: string, own: number): Record<string, string> => ({
    '/proc/stat': `${stat}\ncpu0 1 2 3\n`,
    '/proc/7/stat': `7 (a (b) c) S 1 7 7 0 -1 4194304 1 0 0 0 ${own} 5 2 3 20 0 1 0`,
  })
  const read = (tree: Record<string, string>) => (path: string) => tree[path]

  test('is what the processor did beside us and our peers', () => {
    //                                    user nice system idle iowait irq softirq steal guest
    const before = processorTime([7], read(files('cpu  100 10 20 1000 50 1 2 3 99 0', 40)))!
    const after = processorTime([7], read(files('cpu  190 10 30 1100 50 1 2 3 99 0', 110)))!
    expect(before).toEqual({ all: 1186, busy: 136, own: 50 })
    expect(after).toEqual({ all: 1386, busy: 236, own: 120 })
    expect(othersShare(before, after)).toBeCloseTo(30 / 200)
  })

  test('is all of the busy time of processes that are not ours', () => {
    expect(processorTime([8], read(files('cpu 1 0 0 1 0 0 0 0', 40)))).toEqual({ all: 2, busy: 1, own: 0 })
  })

  test('is never less than nothing, though clocks count in hundredths', () => {
    expect(othersShare({ all: 0, busy: 0, own: 0 }, { all: 10, busy: 4, own: 5 })).toBe(0)
    expect(othersShare({ all: 5, busy: 0, own: 0 }, { all: 5, busy: 0, own: 0 })).toBe(0)
  })

  test('is unknown without /proc', () => {
    expect(processorTime([7], () => undefined)).toBeUndefined()
  })
})

describe('many works', () => {
  const heard: string[] = []
  const listener = {
    begins: (name: string) => heard.push(name),
    found: (results: readonly unknown[]) => heard.push(`${results.length} results`),
    failed: (reason: string) => heard.push(reason),
  }

  test('go on after one that cannot be measured, which is named at the end', async () => {
    const noisy = { name: 'a', run: async () => Promise.reject(new EngineError('too loud')) }
    const fine = { name: 'b', run: async () => [] }
    const { results, failed } = await attemptAll([noisy, fine, noisy], listener)
    expect({ results, failed }).toEqual({ results: [], failed: ['a', 'a'] })
    expect(heard).toEqual(['a', 'too loud', 'b', '0 results', 'a', 'too loud'])
    expect(() => expectNone(failed)).toThrow('bench: no figures for a; a: the reasons are above')
    expect(() => expectNone([])).not.toThrow()
  })

  test('end at a fault of ours', async () => {
    const broken = { name: 'a', run: async () => Promise.reject(new TypeError('oops')) }
    await expect(attemptAll([broken], listener)).rejects.toThrow('oops')
  })
})

test('spreads', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 })
  expect(mapSpread({ median: 2, min: 1, max: 4 }, (t) => 8 / t)).toEqual({ median: 4, min: 2, max: 8 })
})
