/** Precise batch norm: statistics of all values of some batches, against a count by hand. */
import { describe, expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { parametersOf } from '../../src/model/parameters.js'
import { preciseStatistics } from '../../src/train/precise-norm.js'
import { Random } from '../../src/util/random.js'
import { tinySpec } from './tiny.js'
import { open, train } from './trained.js'

const BATCH = 4
const BATCHES = 3
const PLANE = 64
const engine = openReference()
const fresh = initialise(tinySpec, { seed: 1 })
const weights = new Map(
  parametersOf(forwardGraph(tinySpec, { batch: 1, mode: 'inference' })).map(({ path, shape }) => [
    path,
    { shape, data: fresh.get(path)! },
  ]),
)

/** Batches whose means are far apart, so that variance lies between them as well as within. */
function picturesOf(batch: number, center = 0): Float32Array {
  const random = new Random(9, batch)
  return Float32Array.from({ length: BATCH * 3 * PLANE }, () => center + 2 * batch + random.normal())
}

const statistics = (center = 0, batches = BATCHES) =>
  preciseStatistics(engine, tinySpec, {
    weights,
    batchSize: BATCH,
    batches,
    pictures: (batch) => picturesOf(batch, center),
  })

/** Mean and unbiased variance of the stem's convolution over all values of all batches. */
function byHand(center: number): { mean: number[]; variance: number[] } {
  const weight = fresh.get('stem.conv.weight')!
  const values: number[][] = [[], [], [], []]
  for (let batch = 0; batch < BATCHES; batch++) {
    const x = picturesOf(batch, center)
    const at = (n: number, c: number, row: number, column: number) =>
      row < 0 || column < 0 || row > 7 || column > 7 ? 0 : x[((n * 3 + c) * 8 + row) * 8 + column]!
    for (let n = 0; n < BATCH; n++)
      for (let o = 0; o < 4; o++)
        for (let p = 0; p < PLANE; p++) {
          let sum = 0
          for (let k = 0; k < 27; k++) {
            const [c, i, j] = [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3]
            sum += weight[o * 27 + k]! * at(n, c, (p >> 3) + i - 1, (p & 7) + j - 1)
          }
          values[o]!.push(sum)
        }
  }
  const mean = values.map((channel) => channel.reduce((sum, value) => sum + value, 0) / channel.length)
  const variance = values.map(
    (channel, o) => channel.reduce((sum, value) => sum + (value - mean[o]!) ** 2, 0) / (channel.length - 1),
  )
  return { mean, variance }
}

describe('the statistics', () => {
  test.each([0, 1000])('are those of all values of all batches together (pictures around %i)', async (center) => {
    const got = await statistics(center)
    const { mean, variance } = byHand(center)
    for (let o = 0; o < 4; o++) {
      expect(got.get('stem.norm.mean')![o]! / mean[o]!).toBeCloseTo(1, 5)
      expect(got.get('stem.norm.variance')![o]! / variance[o]!).toBeCloseTo(1, 4)
    }
  })

  test('are there for every norm, and depend on no running statistics', async () => {
    const got = await statistics()
    const buffers = [...weights.keys()].filter((path) => /\.(mean|variance)$/.test(path))
    expect([...got.keys()].sort()).toEqual(buffers.sort())
    const other = new Map([...weights].map(([path, w]) => [path, { ...w, data: w.data.slice() }]))
    for (const path of buffers) other.get(path)!.data.fill(5)
    const pictures = (batch: number) => picturesOf(batch)
    expect(
      await preciseStatistics(engine, tinySpec, { weights: other, batchSize: BATCH, batches: BATCHES, pictures }),
    ).toEqual(got)
  })
})

test('in a training they come with the last step and change nothing but running statistics', async () => {
  await using plain = await open({ epochs: 1 })
  await using precise = await open({ epochs: 1, preciseBn: 5 })
  for (const trainer of [plain, precise]) for await (const _ of trainer.steps(2));
  expect(await precise.weightHash()).toBe(await plain.weightHash())
  await train(plain, 1)
  await train(precise, 1)
  const before = await plain.weights()
  for (const [path, { data }] of await precise.weights())
    if (/\.(mean|variance)$/.test(path)) expect(data, path).not.toEqual(before.get(path)!.data)
    else expect(data, path).toEqual(before.get(path)!.data)
})
