/** Every kernel of the CPU engine is one that a plan or the measurement of peaks calls: what only tests call is dead. */
import { expect, test } from 'vitest'
import { kernelNames } from '../../src/engine/cpu/kernel-table.js'
import { readTree } from './sources.js'

test('every kernel is called by a lowering, or as a peak', () => {
  const callers = /^src\/engine\/cpu\/(lower\/|peak\.ts)/
  const text = [...readTree('src/engine/cpu')].filter(([file]) => callers.test(file)).map(([, text]) => text)
  expect(kernelNames.filter((name) => !text.some((source) => source.includes(`'${name}'`)))).toEqual([])
})
