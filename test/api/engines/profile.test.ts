/** What is timed is the whole plan and nothing else; times themselves are not looked at. */
import { expect, test } from 'vitest'
import { measurePeak, preset, profile } from '../../../src/internal.node.js'

const spec = preset('resnet8')

test('the parts of a step are all of its nodes', async () => {
  const progress: string[] = []
  const { parts, seconds, bytes, threads } = await profile(spec, {
    threads: 1,
    batch: 2,
    rounds: 2,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  })
  expect(threads).toBe(1)
  expect(bytes).toBeGreaterThan(0)
  expect(seconds).toHaveLength(2)
  const convolutions = parts.filter(({ op }) => op === 'conv2dWeightGradient')
  expect(convolutions.flatMap(({ paths }) => paths)).toHaveLength(7)
  // Forward, and both gradients of all but the stem's input.
  const forward = parts.filter(({ op }) => op === 'conv2d').reduce((sum, { macs }) => sum + macs, 0)
  const backward = convolutions.reduce((sum, { macs }) => sum + macs, 0)
  expect(backward).toBe(forward)
  for (const part of parts) {
    expect(part.seconds).toHaveLength(2)
    expect(part.kernelSeconds).toHaveLength(part.kernels.length > 1 ? part.kernels.length : 0)
    expect(part.bytes).toBeGreaterThan(0)
  }
  expect(progress.at(-1)).toBe(`${parts.length}/${parts.length}`)
})

test('nodes alike are one part, told by their shapes', async () => {
  const { parts } = await profile(preset('resnet20'), { mode: 'inference', batch: 3, rounds: 1 })
  const paths = (text: string) => parts.find(({ shapes }) => shapes === text)?.paths
  expect(paths('3x3x32x32, 16x3x3x3 → 3x16x32x32')).toEqual(['stem.conv'])
  expect(paths('2 of 3x64x8x8, 64x64x6x6 → 3x64x8x8')).toEqual([1, 2, 3].map((n) => `stage3.block${n}.conv2`))
})

test('the reference engine has nothing to measure', async () => {
  const text = 'engine reference: it has no kernels to measure; use native or wasm'
  await expect(measurePeak({ engine: 'reference' })).rejects.toThrow(text)
  await expect(profile(spec, { engine: 'reference' })).rejects.toThrow(text)
})

test('a number of rounds without meaning is refused', async () => {
  await expect(profile(spec, { rounds: 0 })).rejects.toThrow('rounds: expected a whole number of at least 1, got 0')
})
