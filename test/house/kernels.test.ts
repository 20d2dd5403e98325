/**
 * A plan or the measurement of peaks calls every kernel of the CPU engine, so none is dead code that only tests call.
 * Each kernel has the name of the operation that it computes.
 */
import { expect, test } from 'vitest'
import { kernelNames } from '../../src/engine/cpu/kernel-table.js'
import { ops } from '../../src/ops/index.js'
import { readTree } from './sources.js'

test('every kernel is called by a lowering, or as a peak', () => {
  const callers = /^src\/engine\/cpu\/(lower\/|peak\.ts)/
  const text = [...readTree('src/engine/cpu')].filter(([file]) => callers.test(file)).map(([, text]) => text)
  expect(kernelNames.filter((name) => !text.some((source) => source.includes(`'${name}'`)))).toEqual([])
})

/** Kernels that compute a part of an operation, each with the operations that call it. */
const parts: Readonly<Record<string, string>> = {
  pack_bf16_weight: 'convolutions of rounded operands and their gradients',
  sum_partials: 'sums of a weight gradient and of pixels',
  transpose_weight: 'conv2dInputGradient',
  transpose_grouped_weight: 'conv2dInputGradient of several groups',
  keep_groups: 'conv2dWeightGradient of several groups',
  sum_of_squares: 'globalNorm',
  add_parts: 'globalNorm and the losses that compare with a target',
  clear_lanes: 'operations that make something else of zero',
  multiply_adds: 'the measurement of peaks',
}

test('every kernel carries the name of an operation, with a word for how it computes it, or is a part of several', () => {
  const underscored = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const operations = Object.keys(ops).map(underscored)
  const carries = (kernel: string) =>
    operations.some((operation) => kernel === operation || kernel.startsWith(`${operation}_`))
  expect(kernelNames.filter((name) => !carries(name) && !(name in parts))).toEqual([])
  expect(Object.keys(parts).filter((name) => !kernelNames.some((kernel) => kernel === name))).toEqual([])
})
