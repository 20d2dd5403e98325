/** Resized crops and colours; padding, crops and flips are tested with the batches. */
import { describe, expect, test } from 'vitest'
import { type Augmentation, checkAugmentation, draw, type Part, usualCrop } from '../../src/data/augment.js'
import { fillBatch } from '../../src/data/batches.js'
import type { Pictures } from '../../src/data/dataset.js'
import { changeColours } from '../../src/data/picture/colour.js'
import { resize } from '../../src/data/picture/resize.js'
import { ConfigError } from '../../src/util/errors.js'
import { Random } from '../../src/util/random.js'

const crop: Augmentation = { pad: 0, flip: true, resizedCrop: usualCrop }
const jitter = { brightness: 0.4, contrast: 0.3, saturation: 0.2 }
const draws = (augmentation: Augmentation, height = 64, width = 48, count = 4000) =>
  Array.from({ length: count }, (_, index) =>
    draw(augmentation, { height, width }, { height: 32, width: 32 }, { seed: 1, epoch: 2, index }),
  )

function noise(count: number, channels: number, height: number, width: number): Pictures<Uint8Array> {
  const random = new Random(count, channels, height, width)
  const pixels = Uint8Array.from({ length: count * channels * height * width }, () => random.below(256))
  return { count, channels, height, width, pixels, labels: new Uint8Array(count) }
}

describe('resized crops', () => {
  const parts = draws(crop).map(({ view }) => view as Part)

  test('lie in the picture, with areas and shapes in range and evenly spread', () => {
    for (const { top, left, height, width } of parts) {
      expect(Math.min(top, left, 64 - top - height, 48 - left - width)).toBeGreaterThanOrEqual(0)
      const area = (height * width) / (64 * 48)
      expect(area).toBeGreaterThan(0.07)
      expect(width / height).toBeGreaterThan(0.7)
      expect(width / height).toBeLessThan(1.43)
    }
    // Half of them lie above the middle; where all shapes fit, as many are wide as high.
    const upper = parts.filter(({ top, height }) => 2 * top + height < 64).length
    const lower = parts.filter(({ top, height }) => 2 * top + height > 64).length
    expect(Math.abs(upper - lower)).toBeLessThan(320) // five standard deviations
    const fitting = draws({ ...crop, resizedCrop: { ...usualCrop, scale: [0.08, 0.5] } }, 64, 64)
    const shapes = fitting.map(({ view }) => Math.sign((view as Part).width - (view as Part).height))
    expect(Math.abs(shapes.reduce((sum, sign) => sum + sign, 0))).toBeLessThan(320)
    expect(shapes.filter((sign) => sign === 0).length).toBeLessThan(600)
    const mirrored = parts.filter(({ mirrored }) => mirrored).length / parts.length
    expect(Math.abs(mirrored - 0.5)).toBeLessThan(0.04)
  })

  test('that do not fit become the largest middle part of legal shape', () => {
    const high: Augmentation = { pad: 0, flip: false, resizedCrop: { scale: [1, 1], ratio: [0.75, 4 / 3] } }
    expect(draws(high, 100, 12, 1)[0]!.view).toEqual({ top: 42, left: 0, height: 16, width: 12, mirrored: false })
    expect(draws(high, 12, 100, 1)[0]!.view).toEqual({ top: 0, left: 42, height: 12, width: 16, mirrored: false })
  })

  test('stay what they were', () => {
    expect(draws({ ...crop, jitter }, 64, 48, 2)).toMatchInlineSnapshot(`
      [
        {
          "colours": [
            [
              "brightness",
              1.0483268769457936,
            ],
            [
              "saturation",
              0.8791384268552065,
            ],
            [
              "contrast",
              1.2549662949983031,
            ],
          ],
          "view": {
            "height": 55,
            "left": 3,
            "mirrored": false,
            "top": 1,
            "width": 45,
          },
        },
        {
          "colours": [
            [
              "saturation",
              1.094762380141765,
            ],
            [
              "contrast",
              0.9368033306673169,
            ],
            [
              "brightness",
              0.9885902045294642,
            ],
          ],
          "view": {
            "height": 39,
            "left": 16,
            "mirrored": true,
            "top": 14,
            "width": 32,
          },
        },
      ]
    `)
  })
})

describe('resize', () => {
  const whole = (height: number, width: number, mirrored = false): Part => ({
    top: 0,
    left: 0,
    height,
    width,
    mirrored,
  })

  function resized(bytes: readonly number[], height: number, width: number, part: Part, to: [number, number]) {
    const out = new Float32Array(to[0] * to[1])
    resize(Uint8Array.from(bytes), { channels: 1, height, width }, part, { height: to[0], width: to[1] }, out, 0)
    return [...out].map((value) => Math.round(value * 1e3) / 1e3)
  }

  test('to the same size changes nothing, or mirrors', () => {
    expect(resized([1, 2, 3, 4, 5, 6], 2, 3, whole(2, 3), [2, 3])).toEqual([1, 2, 3, 4, 5, 6])
    expect(resized([1, 2, 3, 4, 5, 6], 2, 3, whole(2, 3, true), [2, 3])).toEqual([3, 2, 1, 6, 5, 4])
  })

  test('to a larger size is bilinear', () => {
    expect(resized([0, 100], 1, 2, whole(1, 2), [1, 4])).toEqual([0, 25, 75, 100])
    expect(resized([0, 100, 200, 40], 2, 2, whole(2, 2), [4, 2])).toEqual([0, 100, 50, 85, 150, 55, 200, 40])
  })

  test('to a smaller size takes the triangle of twice the step', () => {
    // Values of torch.nn.functional.interpolate(mode='bilinear', antialias=True).
    expect(resized([10, 20, 40, 80, 160, 255], 1, 6, whole(1, 6), [1, 3])).toEqual([18.571, 67.5, 189.286])
    expect(resized([10, 20, 40, 80, 160, 255, 3], 1, 7, whole(1, 7), [1, 2])).toEqual([42.558, 134.465])
  })

  test('reads the part alone', () => {
    const bytes = Array.from({ length: 36 }, (_, i) => i)
    expect(resized(bytes, 6, 6, { top: 2, left: 1, height: 2, width: 3, mirrored: false }, [2, 3])).toEqual([
      13, 14, 15, 19, 20, 21,
    ])
  })

  test('keeps a plain picture plain', () => {
    for (const [from, to] of [
      [1, 5],
      [7, 3],
      [224, 32],
      [33, 32],
      [32, 33],
    ] as const)
      expect(new Set(resized(new Array<number>(from).fill(77), 1, from, whole(1, from), [1, to]))).toEqual(
        new Set([77]),
      )
  })
})

describe('colours', () => {
  const change = (values: readonly number[], channels: number, changes: Parameters<typeof changeColours>[4]) => {
    const out = Float32Array.from([9, ...values, 9])
    changeColours(out, 1, channels, values.length / channels, changes)
    expect([out[0], out.at(-1)]).toEqual([9, 9])
    return [...out.slice(1, -1)].map((value) => Math.round(value * 100) / 100)
  }
  const picture = [100, 200, 0, 50, 50, 50] // two pixels: red, green, blue
  const greys = [0.299 * 100 + 0.114 * 50, 0.299 * 200 + 0.587 * 50 + 0.114 * 50] as const

  test('brightness multiplies, within the range', () => {
    expect(change(picture, 3, [['brightness', 1.5]])).toEqual([150, 255, 0, 75, 75, 75])
  })

  test('contrast moves away from the mean grey', () => {
    const mean = (greys[0] + greys[1]) / 2
    const expected = picture.map((value) => Math.round(Math.max(0, mean + 1.2 * (value - mean)) * 100) / 100)
    expect(change(picture, 3, [['contrast', 1.2]])).toEqual(expected)
    expect(change([10, 30], 1, [['contrast', 0.5]])).toEqual([15, 25])
  })

  test('saturation moves away from the grey of the pixel', () => {
    const expected = picture.map((value, i) => Math.round((greys[i % 2]! + 0.5 * (value - greys[i % 2]!)) * 100) / 100)
    expect(change(picture, 3, [['saturation', 0.5]])).toEqual(expected)
    expect(change(picture, 3, [['saturation', 0]]).slice(0, 2)).toEqual(
      change(picture, 3, [['saturation', 0]]).slice(2, 4),
    )
  })

  test('factors and their order come by chance, in range', () => {
    const drawn = draws({ pad: 0, flip: false, jitter }).map(({ colours }) => colours)
    for (const name of ['brightness', 'contrast', 'saturation'] as const) {
      const factors = drawn.map((colours) => colours.find(([own]) => own === name)![1])
      expect(Math.min(...factors)).toBeGreaterThan(1 - jitter[name])
      expect(Math.max(...factors)).toBeLessThan(1 + jitter[name])
      expect(Math.abs(factors.reduce((a, b) => a + b) / 4000 - 1)).toBeLessThan(0.02)
      const first = drawn.filter((colours) => colours[0]![0] === name).length
      expect(Math.abs(first - 4000 / 3)).toBeLessThan(150)
    }
  })
})

describe('in a batch', () => {
  const normalisation = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3] }
  const pictures = { ...noise(6, 3, 20, 24), window: { height: 8, width: 10 } }

  test('evaluation reads the centre of a larger picture', () => {
    const out = new Float32Array(240)
    fillBatch(pictures, [4], out, new Int32Array(1), { normalisation, seed: 0, epoch: 0 })
    for (let channel = 0; channel < 3; channel++)
      for (let y = 0; y < 8; y++)
        for (let x = 0; x < 10; x++) {
          const value = pictures.pixels[((4 * 3 + channel) * 20 + 6 + y) * 24 + 7 + x]!
          const expected = Math.fround((value / 255 - normalisation.mean[channel]!) / normalisation.std[channel]!)
          expect(out[(channel * 8 + y) * 10 + x]).toBe(expected)
        }
  })

  test('a crop, then colours, then the norm; of one picture whatever its companions', () => {
    const augmentation = { ...crop, jitter }
    const batch = new Float32Array(3 * 240)
    fillBatch(pictures, [1, 5, 2], batch, new Int32Array(3), { normalisation, augmentation, seed: 3, epoch: 4 })
    const { view, colours } = draw(augmentation, pictures, pictures.window, { seed: 3, epoch: 4, index: 5 })
    const own = new Float32Array(240)
    resize(pictures.pixels.subarray(5 * 1440, 6 * 1440), pictures, view as Part, pictures.window, own, 0)
    changeColours(own, 0, 3, 80, colours)
    const expected = own.map((value, i) => {
      const channel = Math.floor(i / 80)
      return (value / 255 - normalisation.mean[channel]!) / normalisation.std[channel]!
    })
    expect(batch.slice(240, 480)).toEqual(expected)
  })

  test('jitter without strength changes no bit', () => {
    const fill = (augmentation: Augmentation) => {
      const out = new Float32Array(240)
      fillBatch(pictures, [3], out, new Int32Array(1), { normalisation, augmentation, seed: 1, epoch: 1 })
      return out
    }
    const none = { brightness: 0, contrast: 0, saturation: 0 }
    expect(fill({ pad: 2, flip: true, jitter: none })).toEqual(fill({ pad: 2, flip: true }))
  })

  test('says what does not fit', () => {
    const fill = (own: Pictures, augmentation?: Augmentation) => () =>
      fillBatch(own, [0], new Float32Array(9999), new Int32Array(1), { normalisation, augmentation, seed: 0, epoch: 0 })
    expect(fill({ ...pictures, window: { height: 21, width: 8 } })).toThrow(
      'pictures: a window of 21x8 does not lie inside pictures of 20x24',
    )
    expect(fill(noise(1, 1, 8, 8), { pad: 0, flip: false, jitter })).toThrow(
      'augmentation.jitter.saturation: got 0.2, expected 0: pictures of 1 channels have no colours to change',
    )
  })
})

describe('checkAugmentation', () => {
  test.each<[unknown, string]>([
    ['crop', 'a: expected { pad, flip }, got "crop"'],
    [{ ...crop, pad: 4 }, 'a.pad: a resized crop takes the place of padding; expected 0, got 4'],
    [{ ...crop, resizedCrop: 0.5 }, 'a.resizedCrop: expected { scale, ratio }, got 0.5'],
    [
      { ...crop, resizedCrop: { ...usualCrop, scale: [0, 1] } },
      'a.resizedCrop.scale: expected two rising numbers above 0, at most 1, got [0,1]',
    ],
    [
      { ...crop, resizedCrop: { ...usualCrop, ratio: [2, 1] } },
      'a.resizedCrop.ratio: expected two rising numbers above 0, at most 100, got [2,1]',
    ],
    [{ pad: 0, flip: true, jitter: 0.4 }, 'a.jitter: expected { brightness, contrast, saturation }, got 0.4'],
    [
      { pad: 0, flip: true, jitter: { ...jitter, contrast: 2 } },
      'a.jitter.contrast: expected a number from 0 to 1, got 2',
    ],
  ])('%j', (value, message) => {
    expect(() => checkAugmentation(value, 'a')).toThrow(message)
    expect(() => checkAugmentation(value, 'a')).toThrow(ConfigError)
  })
})
