import { describe, expect, test } from 'vitest'
import { type Augmentation, draw } from '../../src/data/augment.js'
import { epochOrder, fillBatch } from '../../src/data/batches.js'
import type { Normalisation, Pictures } from '../../src/data/dataset.js'
import { ConfigError } from '../../src/util/errors.js'
import { Random } from '../../src/util/random.js'

/** Pictures of random bytes; label i mod 7. */
function noise(count: number, channels: number, height: number, width: number): Pictures<Uint8Array> {
  const random = new Random(count, channels, height, width)
  const pixels = Uint8Array.from({ length: count * channels * height * width }, () => random.below(256))
  return { count, channels, height, width, pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 7) }
}

const normalisation: Normalisation = { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] }

/** The view of a picture that the network reads in full. */
const randomView = (augmentation: Augmentation, seed: number, epoch: number, index: number) =>
  draw(augmentation, { height: 8, width: 8 }, { height: 8, width: 8 }, { seed, epoch, index }).view

/** The same, spelled out: a padded copy is made, cut, mirrored and normalised, one value at a time. */
function slowBatch(
  pictures: Pictures<Uint8Array>,
  indices: readonly number[],
  augmentation: Augmentation,
  seed: number,
  epoch: number,
) {
  const { channels, height, width, pixels } = pictures
  const { pad } = augmentation
  return indices.flatMap((index) => {
    const view = randomView(augmentation, seed, epoch, index)
    return Array.from({ length: channels }, (_, c) => {
      const padded = Array.from({ length: height + 2 * pad }, () => new Array<number>(width + 2 * pad).fill(0))
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          padded[y + pad]![x + pad] = pixels[((index * channels + c) * height + y) * width + x]!
      const rows = padded.slice(view.top + pad, view.top + pad + height)
      const cut = rows.map((row) => row.slice(view.left + pad, view.left + pad + width))
      if (view.mirrored) for (const row of cut) row.reverse()
      return cut.flat().map((value) => Math.fround((value / 255 - normalisation.mean[c]!) / normalisation.std[c]!))
    }).flat()
  })
}

describe('epochOrder', () => {
  test('is a permutation', () => {
    for (const count of [0, 1, 2, 17, 5000])
      expect([...epochOrder(count, 1, 2)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  test('depends on seed and epoch, and on nothing else', () => {
    const order = epochOrder(100, 1, 2)
    expect(epochOrder(100, 1, 2)).toEqual(order)
    for (const [seed, epoch] of [
      [1, 3],
      [2, 2],
      [2, 1],
      [1, 0],
      [0, 2],
    ] as const)
      expect(epochOrder(100, seed, epoch)).not.toEqual(order)
  })

  test('stays what it was', () => {
    expect([...epochOrder(10, 0, 0)]).toEqual([9, 3, 0, 5, 8, 6, 2, 7, 1, 4])
    expect([...epochOrder(10, 7, 3)]).toEqual([0, 3, 5, 4, 2, 6, 8, 9, 7, 1])
  })

  test('puts every picture everywhere equally often', () => {
    const where = new Float64Array(8)
    for (let epoch = 0; epoch < 8000; epoch++) where[epochOrder(8, 5, epoch).indexOf(3)]! += 1
    for (const times of where) expect(Math.abs(times - 1000)).toBeLessThan(150) // five standard deviations
  })
})

describe('randomView', () => {
  const augmentation = { pad: 4, flip: true }
  const views = Array.from({ length: 9000 }, (_, index) => randomView(augmentation, 1, 0, index))

  test('crops reach from -pad to pad, all equally likely', () => {
    for (const side of ['top', 'left'] as const)
      for (let shift = -4; shift <= 4; shift++)
        expect(Math.abs(views.filter((view) => view[side] === shift).length - 1000)).toBeLessThan(150)
    expect(views.every(({ top, left }) => Math.abs(top) <= 4 && Math.abs(left) <= 4)).toBe(true)
  })

  test('half of them are mirrored, independently of the crop', () => {
    for (const some of [views, views.filter(({ top }) => top > 0), views.filter(({ left }) => left > 0)]) {
      const mirrored = some.filter((view) => view.mirrored).length
      expect(Math.abs(mirrored / some.length - 0.5)).toBeLessThan(0.04)
    }
  })

  test('none is mirrored or moved where that is not asked for', () => {
    for (let index = 0; index < 100; index++) {
      expect(randomView({ pad: 4, flip: false }, 1, 0, index).mirrored).toBe(false)
      expect(randomView({ pad: 0, flip: true }, 1, 0, index)).toMatchObject({ top: 0, left: 0 })
    }
  })

  test('another epoch or seed gives another view', () => {
    const same = (seed: number, epoch: number) =>
      views.filter((view, i) => {
        const other = randomView(augmentation, seed, epoch, i)
        return other.top === view.top && other.left === view.left && other.mirrored === view.mirrored
      }).length
    expect(same(1, 0)).toBe(9000)
    expect(same(1, 1)).toBeLessThan(110) // 9000 / 162 expected
    expect(same(2, 0)).toBeLessThan(110)
  })
})

describe('fillBatch', () => {
  test.each([
    ['3 channels, square', [20, 3, 8, 8], { pad: 3, flip: true }],
    ['one channel, wide', [20, 1, 3, 9], { pad: 2, flip: true }],
    ['tall, no flip', [20, 2, 7, 5], { pad: 4, flip: false }],
    ['no crop', [20, 3, 6, 6], { pad: 0, flip: true }],
  ] as const)('equals a slow one: %s', (_, [count, channels, height, width], augmentation) => {
    const pictures = noise(count, channels, height, width)
    const own = { mean: normalisation.mean.slice(0, channels), std: normalisation.std.slice(0, channels) }
    const indices = [3, 19, 0, 3, 7, 11]
    const out = new Float32Array(indices.length * channels * height * width)
    const labels = new Int32Array(indices.length)
    for (let epoch = 0; epoch < 20; epoch++) {
      fillBatch(pictures, indices, out, labels, { normalisation: own, augmentation, seed: 9, epoch })
      expect([...out]).toEqual(slowBatch(pictures, indices, augmentation, 9, epoch))
      expect([...labels]).toEqual([3, 5, 0, 3, 0, 4])
    }
  })

  test('without augmentation pictures stay as they are', () => {
    const pictures = noise(4, 3, 5, 6)
    const out = new Float32Array(2 * 90)
    fillBatch(pictures, [2, 1], out, new Int32Array(2), { normalisation, seed: 0, epoch: 5 })
    expect([...out]).toEqual(slowBatch(pictures, [2, 1], { pad: 0, flip: false }, 0, 0))
  })

  test('what a picture looks like does not depend on its place in a batch or its companions', () => {
    const pictures = noise(10, 3, 8, 8)
    const options = { normalisation, augmentation: { pad: 4, flip: true }, seed: 3, epoch: 1 }
    const many = new Float32Array(3 * 192)
    const one = new Float32Array(192)
    fillBatch(pictures, [4, 8, 5], many, new Int32Array(3), options)
    fillBatch(pictures, [8], one, new Int32Array(1), options)
    expect(many.slice(192, 384)).toEqual(one)
  })

  test('leaves what follows the batch alone', () => {
    const out = new Float32Array(192 * 2).fill(7)
    const labels = new Int32Array(2).fill(7)
    fillBatch(noise(3, 3, 8, 8), Uint32Array.of(2), out, labels, { normalisation, seed: 0, epoch: 0 })
    expect(out.slice(192).every((value) => value === 7)).toBe(true)
    expect([...labels]).toEqual([2, 7])
  })

  test('says what does not fit', () => {
    const pictures = noise(3, 3, 8, 8)
    const out = new Float32Array(192)
    const labels = new Int32Array(1)
    const options = { normalisation, seed: 0, epoch: 0 }
    const fill = (indices: number[], more: object = {}) =>
      fillBatch(pictures, indices, out, labels, { ...options, ...more })
    const cases: readonly [() => void, string][] = [
      [() => fill([0, 1]), 'fillBatch: out holds 192 floats, expected at least 384 (2 pictures of 192)'],
      [
        () => fillBatch(pictures, [0, 1], new Float32Array(384), labels, options),
        'fillBatch: labels holds 1 numbers, expected at least 2',
      ],
      [() => fill([3]), 'fillBatch: index 3 at place 0, expected 0 to 2'],
      [() => fill([-1]), 'fillBatch: index -1 at place 0, expected 0 to 2'],
      [
        () => fill([0], { augmentation: { pad: 8, flip: true } }),
        'augmentation.pad: got 8, expected a whole number from 0 to 7',
      ],
      [
        () => fill([0], { augmentation: { pad: 1.5, flip: true } }),
        'augmentation.pad: got 1.5, expected a whole number from 0 to 7',
      ],
      [
        () => fill([0], { normalisation: { mean: [0.5], std: [0.2] } }),
        'fillBatch: normalisation.mean: expected 3 numbers, one a channel, got 1',
      ],
      [
        () => fill([0], { normalisation: { mean: [0, 0, 0], std: [1, 0, 1] } }),
        'fillBatch: normalisation.std: channel 1 has 0, expected a finite number above 0',
      ],
    ]
    for (const [work, message] of cases) {
      expect(work).toThrow(message)
      expect(work).toThrow(ConfigError)
    }
  })
})
