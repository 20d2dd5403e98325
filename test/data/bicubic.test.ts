/** Bicubic resizing by hand, and against an independent program written after MATLAB's documentation of imresize. */
import { describe, expect, test } from 'vitest'
import { bicubic, cut, type Plane, toBytes } from '../../src/data/bicubic.js'

const plane = (height: number, width: number, value: (i: number) => number): Plane => ({
  height,
  width,
  values: Float64Array.from({ length: height * width }, (_, i) => value(i)),
})
const row = (...values: number[]): Plane => ({ height: 1, width: values.length, values })
/** The squares of 1 to 30, modulo 97, in five rows. */
const picture = plane(5, 6, (i) => (i + 1) ** 2 % 97)

describe('by hand', () => {
  test('twice as large: outputs lie a quarter of a pixel from inputs', () => {
    // Keys' kernel with a = -1/2 at distances 1.25, 0.25, 0.75 and 1.75
    const [far, near, next, farther] = [-0.0703125, 0.8671875, 0.2265625, -0.0234375]
    const { values } = bicubic(row(0, 0, 0, 128, 0, 0, 0), { height: 2, width: 14 })
    const wanted = [0, 0, 0, farther, far, next, near, near, next, far, farther, 0, 0, 0].map((w) => 128 * w)
    expect([...values]).toEqual([...wanted, ...wanted])
  })

  test('half as large: the kernel is twice as wide and its weights half as large', () => {
    const { values } = bicubic(row(0, 0, 0, 0, 256, 0, 0, 0, 0, 0), { height: 1, width: 5 })
    const [w1, w3, w5, w7] = [0.8671875, 0.2265625, -0.0703125, -0.0234375].map((w) => 128 * w)
    expect([...values]).toEqual([w7, w3, w1, w5, 0])
    expect(w1! + w3! + w5! + w7!).toBe(128)
  })

  test('beyond its edge a picture goes on mirrored', () => {
    const { values } = bicubic(row(64, 0, 0, 0), { height: 1, width: 8 })
    // pixels -2, -1, 0, 1 around the first output: 0 64 64 0
    expect(values[0]).toBe(64 * (0.2265625 + 0.8671875))
    expect(values[1]).toBe(64 * (0.8671875 - 0.0703125))
  })
})

const others: readonly (readonly [height: number, width: number, values: readonly number[]])[] = [
  [3, 3, [22.803046, 22.027966, 30.031307, 46.824793, 51.453366, 59.771605, 57.439481, 48.6845, 52.535439]],
  [2, 4, [29.438534, 32.186806, 28.883239, 40.742622, 57.018873, 48.153935, 55.931576, 56.177749]],
]

test.each(others)('to %ix%i', (height, width, wanted) => {
  const { values } = bicubic(picture, { height, width })
  wanted.forEach((value, i) => {
    expect(values[i]).toBeCloseTo(value, 4)
  })
})

test('twice and three times as large', () => {
  const twice = bicubic(picture, { height: 10, width: 12 }).values
  const thrice = bicubic(picture, { height: 15, width: 18 }).values
  const first = [-3.675781, -3.209961, -2.27832, -1.056885, 0.454346, 5.378418, 13.715332, 19.639404, 23.150635]
  first.forEach((value, i) => {
    expect(twice[i]).toBeCloseTo(value, 4)
  })
  const last = [
    27.90535, 6.366255, -1.777778, 16.646091, 48.465021, 67.333333, 58.395062, 36.506173, 19.888889, 14.617284,
  ]
  last.forEach((value, i) => {
    expect(thrice[260 + i]).toBeCloseTo(value, 4)
  })
})

test('a part has the bits that it has in the whole', () => {
  for (const to of [
    { height: 15, width: 12 },
    { height: 3, width: 2 },
  ])
    for (const part of [
      { top: 0, left: 0, height: 1, width: 1 },
      { top: 1, left: 1, height: to.height - 1, width: to.width - 1 },
    ])
      expect(bicubic(picture, to, part)).toEqual(cut(bicubic(picture, to), part))
})

test('the same size is the same picture; one value stays one value', () => {
  expect([...bicubic(picture, picture).values]).toEqual([...(picture.values as Float64Array)])
  const flat = bicubic(
    plane(4, 3, () => 77),
    { height: 9, width: 2 },
  )
  for (const value of flat.values) expect(value).toBeCloseTo(77, 5)
})

test('bytes are rounded, halves up, and cut off', () => {
  expect([...toBytes(row(-3, 0.4999, 0.5, 1.5, 254.5, 300)).values]).toEqual([0, 0, 1, 2, 255, 255])
})
