/** Every kernel of the CPU engine is one that a plan can call: what only tests call is dead. */
import { expect, test } from 'vitest'
import { kernelNames } from '../../src/engine/cpu/kernel-table.js'
import { readTree } from './sources.js'

test('every kernel is called by a lowering', () => {
  const text = [...readTree('src/engine/cpu/lower').values()].join('\n')
  expect(kernelNames.filter((name) => !text.includes(`'${name}'`))).toEqual([])
})
