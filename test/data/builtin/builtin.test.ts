import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { builtin, builtinNormalisation } from '../../../src/data/builtin/builtin.js'
import type { Pictures } from '../../../src/data/dataset.js'
import { ConfigError } from '../../../src/util/errors.js'
import { softmaxRegression } from './softmax-regression.js'

const hash = ({ pixels, labels }: Pictures<Uint8Array>) =>
  createHash('sha256').update(pixels).update(labels).digest('hex').slice(0, 16)

const large = builtin()
const small = builtin({ size: 16 })

describe('builtin', () => {
  test('has ten named classes in equal parts', () => {
    expect(large.classes).toEqual(['ring', 'cross', 'star', 'house', 'tree', 'fish', 'cup', 'key', 'moon', 'arrow'])
    expect(large.train).toMatchObject({ count: 5000, channels: 3, height: 32, width: 32 })
    expect(small.test).toMatchObject({ count: 1000, channels: 3, height: 16, width: 16 })
    for (const part of [large.train, large.test, small.train, small.test]) {
      expect(part.pixels).toHaveLength(part.count * 3 * part.height * part.width)
      for (let label = 0; label < 10; label++)
        expect(part.labels.filter((own) => own === label)).toHaveLength(part.count / 10)
    }
  })

  test('is the same bytes everywhere', () => {
    expect(hash(large.train)).toBe('0393012b3afb1850')
    expect(hash(large.test)).toBe('7734bc933f56270f')
    expect(hash(small.train)).toBe('bd40ad9c62bb8870')
    expect(hash(small.test)).toBe('7ca873b651833ccf')
    expect(hash(builtin({ train: 100, test: 1, seed: 7 }).train)).toBe('7d42bbac8409944e')
  })

  test('the first pictures do not depend on how many are made', () => {
    const few = builtin({ train: 30, test: 20 })
    expect(few.train.pixels).toEqual(large.train.pixels.slice(0, 30 * 3072))
    expect(few.test.pixels).toEqual(large.test.pixels.slice(0, 20 * 3072))
  })

  test('no two pictures are the same, of whichever part or seed', () => {
    const parts = [large.train, large.test, builtin({ seed: 1, train: 1000, test: 1 }).train]
    const seen = new Set(
      parts.flatMap(({ count, pixels }) =>
        Array.from({ length: count }, (_, i) =>
          createHash('sha1')
            .update(pixels.subarray(i * 3072, (i + 1) * 3072))
            .digest('hex'),
        ),
      ),
    )
    expect(seen.size).toBe(7000)
  })

  test('small pictures are the large ones, four pixels averaged to one', () => {
    for (let picture = 0; picture < 20; picture++)
      for (let plane = picture * 3; plane < picture * 3 + 3; plane++)
        for (let y = 0; y < 16; y++)
          for (let x = 0; x < 16; x++) {
            const at = plane * 1024 + 2 * y * 32 + 2 * x
            const sum = [0, 1, 32, 33].reduce((total, step) => total + large.train.pixels[at + step]!, 0)
            expect(small.train.pixels[plane * 256 + y * 16 + x]).toBe(Math.floor((sum + 2) / 4))
          }
  })

  test('its normalisation makes mean 0 and standard deviation 1', () => {
    for (let channel = 0; channel < 3; channel++) {
      let [sum, squares] = [0, 0]
      for (let picture = 0; picture < 5000; picture++)
        for (let i = 0; i < 1024; i++) {
          const value = large.train.pixels[(picture * 3 + channel) * 1024 + i]! / 255
          sum += value
          squares += value * value
        }
      const mean = sum / 5_120_000
      expect(builtinNormalisation.mean[channel]).toBeCloseTo(mean, 2)
      expect(builtinNormalisation.std[channel]).toBeCloseTo(Math.sqrt(squares / 5_120_000 - mean * mean), 2)
    }
  })

  test.each([
    ['16x16', small, { epochs: 8, lr: 0.001, weightDecay: 0.01 }],
    ['32x32', large, { epochs: 2, lr: 0.0003, weightDecay: 0.01 }],
  ])('a linear classifier cannot tell the classes: %s', (_, data, recipe) => {
    const right = softmaxRegression(data, recipe)
    expect(right.train).toBeGreaterThan(14) // it learns what there is for it to learn
    expect(right.test).toBeLessThan(45)
  })

  test.each([
    [{ size: 24 as 32 }, 'builtin: size is 24, expected 16 or 32'],
    [{ seed: 0.5 }, 'builtin: seed is 0.5, expected a whole number'],
    [{ train: 0 }, 'builtin: train is 0, expected a whole number of pictures from 1 to 1000000'],
    [{ test: 2.5 }, 'builtin: test is 2.5, expected a whole number of pictures from 1 to 1000000'],
  ])('refuses %o', (options, message) => {
    expect(() => builtin(options)).toThrow(message)
    expect(() => builtin(options)).toThrow(ConfigError)
  })
})
