/** The peak of a machine whose clock changes: what a work is held against is the best of its own rounds. */
import { expect, test } from 'vitest'
import { contest } from '../../../src/cli/bench/contest.js'
import { Peaks } from '../../../src/cli/bench/peaks.js'
import { EngineError, type EngineName, type OpenOptions } from '../../../src/internal.node.js'

/** A machine of one instruction set, with a figure a measurement. */
function machine(figures: number[], often = true) {
  const asked: (EngineName | undefined)[] = []
  const measure = async ({ engine, threads = 1 }: OpenOptions = {}) => {
    if (engine === 'native-avx512' || engine === 'native-avx2') throw new EngineError('this processor lacks it')
    asked.push(engine)
    const figure = figures.shift()!
    return {
      build: engine === 'wasm' ? 'wasm-simd' : 'native-baseline',
      threads,
      multiplyAdds: figure,
      bandwidth: -figure,
    }
  }
  return { asked, peaks: new Peaks(new AbortController().signal, often, measure) }
}

test('measures every build at first, and leaves out what the processor lacks', async () => {
  const { asked, peaks } = machine([5, 1, 6])
  await peaks.begin('auto', 2)
  expect(asked.toSorted()).toEqual(['auto', 'native-baseline', 'wasm'])
  expect(
    peaks
      .all()
      .map(({ build }) => build)
      .toSorted(),
  ).toEqual(['native-baseline', 'wasm-simd'])
})

test('takes a turn in every round, and each figure is the best of them', async () => {
  const { asked, peaks } = machine([3, 7, 5])
  const gauge = peaks.gauge('native', 2)
  const settings = { rounds: 2, turn: 9, allowNoise: true, signal: new AbortController().signal, watch: () => () => 0 }
  await contest('work', [gauge], settings)
  expect(asked.length).toBe(3)
  expect(await gauge.best()).toMatchObject({ multiplyAdds: 7, bandwidth: -3 })
  expect(peaks.all()).toEqual([await gauge.best()])
})

test('a gauge that had no turn measures when it is asked', async () => {
  const { peaks } = machine([4])
  expect(await peaks.gauge('native', 2).best()).toMatchObject({ multiplyAdds: 4 })
})

test('where it must be quick, a gauge keeps to what was measured first', async () => {
  const { asked, peaks } = machine([1, 2, 3, 4], false)
  await peaks.begin('native', 2)
  const gauge = peaks.gauge('native', 2)
  await gauge.run(1)
  expect(await gauge.best()).toMatchObject({ multiplyAdds: 3 })
  expect(asked.length).toBe(3)
  expect(await peaks.gauge('native', 1).best()).toMatchObject({ multiplyAdds: 4 })
})
