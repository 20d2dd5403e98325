/** Luminance of known colours, and back. */
import { expect, test } from 'vitest'
import { luminance, toRgb, toYcc, type Ycc } from '../../src/data/luminance.js'

// From the matrix that MATLAB's rgb2ycbcr has for values from 0 to 255: 65.481, 128.553, 24.966 over 255 for luminance.
test.each([
  ['black', [0, 0, 0], [16, 128, 128]],
  ['white', [255, 255, 255], [235, 128, 128]],
  ['red', [255, 0, 0], [81.481, 90.203, 240]],
  ['green', [0, 255, 0], [144.553, 53.797, 34.214]],
  ['blue', [0, 0, 255], [40.966, 240, 109.786]],
] as [string, Ycc, Ycc][])('%s', (_, colour, wanted) => {
  const [red, green, blue] = colour
  const ycc = toYcc(red, green, blue)
  wanted.forEach((value, i) => {
    expect(ycc[i]).toBeCloseTo(value, 3)
  })
  expect(luminance(red, green, blue)).toBeCloseTo(wanted[0], 3)
  toRgb(ycc).forEach((value, i) => {
    expect(value).toBeCloseTo(colour[i]!, 10)
  })
})
