import { describe, expect, test } from 'vitest'
import { builtin } from '../../src/data/builtin/builtin.js'
import { type Pictures, pictureBytes } from '../../src/data/dataset.js'
import { splitDataset, splitPictures } from '../../src/data/split.js'
import { ConfigError } from '../../src/util/errors.js'

/** Pictures of one pixel that say their own number; label: the last digit. */
function numbered(count: number): Pictures {
  const numbers = Uint8Array.from({ length: count }, (_, i) => i)
  return { count, channels: 1, height: 1, width: 1, pixels: numbers, labels: numbers.map((i) => i % 10) }
}

const numbersOf = (pictures: Pictures) =>
  Array.from({ length: pictures.count }, (_, i) => pictureBytes(pictures, i)[0]!)

describe('splitPictures', () => {
  test('puts each picture with its label into one of the parts, in order', () => {
    const { train, val } = splitPictures(numbered(50), 12, 3)
    expect([train.count, val.count]).toEqual([38, 12])
    const [a, b] = [numbersOf(train), numbersOf(val)]
    expect([...a, ...b].sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    for (const numbers of [a, b]) expect(numbers).toEqual(numbers.toSorted((x, y) => x - y))
    expect([...train.labels]).toEqual(a.map((i) => i % 10))
    expect([...val.labels]).toEqual(b.map((i) => i % 10))
    expect(train).toMatchObject({ channels: 1, height: 1, width: 1 })
  })

  test('depends on count and seed alone, and stays what it was', () => {
    const val = (seed: number) => numbersOf(splitPictures(numbered(20), 5, seed).val)
    expect(val(0)).toEqual([2, 4, 7, 14, 16])
    expect(val(1)).toEqual([7, 12, 14, 15, 17])
  })

  test('all pictures are taken out equally often', () => {
    const taken = new Float64Array(10)
    for (let seed = 0; seed < 4000; seed++)
      for (const i of numbersOf(splitPictures(numbered(10), 3, seed).val)) taken[i]! += 1
    for (const times of taken) expect(Math.abs(times - 1200)).toBeLessThan(145) // five standard deviations
  })

  test('a part can be split again, and keeps wide labels', () => {
    const pictures = { ...numbered(30), labels: Uint16Array.from({ length: 30 }, (_, i) => 1000 + i) }
    const { train, val } = splitPictures(splitPictures(pictures, 10, 0).train, 8, 0)
    expect(train.count).toBe(12)
    expect([...val.labels]).toEqual(numbersOf(val).map((i) => 1000 + i))
  })

  test.each([0, 10, 2.5, -1, Number.NaN])('refuses %d of 10', (count) => {
    const split = () => splitPictures(numbered(10), count, 0)
    expect(split).toThrow(
      `val split: got ${count}, expected a whole number of pictures from 1 to 9, so that some are left to train on`,
    )
    expect(split).toThrow(ConfigError)
  })
})

describe('splitDataset', () => {
  const data = builtin({ size: 16, train: 40, test: 10 })

  test('takes a number of pictures or a fraction, and leaves the test pictures alone', () => {
    for (const part of [10, 0.25, 0.2499]) {
      const { train, val, test: untouched } = splitDataset(data, part, 1)
      expect([train.count, val!.count]).toEqual([30, 10])
      expect(untouched).toBe(data.test)
    }
  })

  test('refuses a set with validation pictures of its own', () => {
    expect(() => splitDataset({ ...data, val: data.test }, 5, 0)).toThrow(
      'val split: builtin has 10 validation pictures of its own; leave it out',
    )
  })
})
