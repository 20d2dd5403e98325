/** PSNR by hand, SSIM against an independent program, and what cannot be compared. */
import { describe, expect, test } from 'vitest'
import type { Plane } from '../../../src/data/bicubic.js'
import { decibels, quality } from '../../../src/tasks/upscale/quality.js'
import { ShapeError } from '../../../src/util/errors.js'

const plane = (height: number, width: number, value: (i: number) => number): Plane<Uint8Array> => ({
  height,
  width,
  values: Uint8Array.from({ length: height * width }, (_, i) => value(i)),
})
const pattern = (i: number) => (i * i * 7 + i * 13) % 251
const changed = (i: number) => Math.max(0, Math.min(255, pattern(i) + ((i * 31) % 17) - 8))

test('PSNR by hand: an error of 1 everywhere is 20 log10(255)', () => {
  const { psnr } = quality(
    plane(12, 13, () => 100),
    plane(12, 13, () => 101),
    0,
  )
  expect(psnr).toBeCloseTo(48.1308036, 6)
  expect(decibels(255 * 255)).toBe(0)
  expect(decibels(65.025)).toBeCloseTo(30, 12)
})

test('what lies in the border does not count', () => {
  const edge = plane(15, 15, (i) => (i % 15 < 2 || i % 15 > 12 || i < 30 || i >= 195 ? 255 : 9))
  const flat = plane(15, 15, () => 9)
  expect(quality(edge, flat, 2)).toEqual({ psnr: 100, ssim: 1 })
  expect(quality(edge, flat, 1).psnr).toBeLessThan(15)
})

test('as another program has it', () => {
  const { psnr, ssim } = quality(plane(20, 23, changed), plane(20, 23, pattern), 2)
  expect(psnr).toBeCloseTo(34.345390258406674, 10)
  expect(ssim).toBeCloseTo(0.9976826770092506, 10)
})

describe('what cannot be compared', () => {
  test('other sizes', () => {
    expect(() => quality(plane(20, 20, pattern), plane(20, 23, pattern), 2)).toThrow(
      new ShapeError('quality: a picture of 20x20 pixels cannot be compared with one of 23x20'),
    )
  })

  test('too few pixels', () => {
    expect(() => quality(plane(14, 20, pattern), plane(14, 20, pattern), 2)).toThrow(
      new ShapeError('quality: SSIM looks at 11x11 pixels at a time; 20x14 without a border of 2 are too few'),
    )
  })
})
