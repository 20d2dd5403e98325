/**
 * The data that the checkpoints in `fixtures` were trained on. It is computed here from numbers of its own, with nothing
 * of the library, so that it stays the same whatever becomes of the sources. Do not change it.
 */
import type { Dataset, Plane, UpscalingData } from '../../src/internal.node.js'

/** Whole numbers from 0 to 2^31 - 1, the same on every machine. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 1
  }
}

/** A stripe at a height that the class tells, in noise. */
function stripes(count: number, classes: number, channels: number, size: number, seed: number) {
  const next = numbers(seed)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes)
  const pixels = new Uint8Array(count * channels * size * size)
  for (let i = 0; i < pixels.length; i++) {
    const row = Math.floor(i / size) % size
    const label = labels[Math.floor(i / (channels * size * size))]!
    const inStripe = Math.floor((row * classes) / size) === label
    pixels[i] = ((next() >> 8) % 110) + (inStripe ? 110 : 20)
  }
  return { count, channels, height: size, width: size, pixels, labels }
}

/** Pictures of 8x8 in two or three classes, with or without a part to validate on. */
export function pictures(classes: readonly string[], channels: number, parts: { readonly val?: number } = {}): Dataset {
  const part = (count: number, seed: number) => stripes(count, classes.length, channels, 8, seed)
  return {
    name: 'stripes',
    classes,
    train: part(26, 1),
    ...(parts.val ? { val: part(parts.val, 2) } : {}),
    test: part(9, 3),
    normalisation: { mean: Array(channels).fill(0.4), std: Array(channels).fill(0.25) },
  }
}

/** Rows of four numbers in three classes. */
export function table(): { rows: number[][]; labels: number[] } {
  const next = numbers(4)
  const labels = Array.from({ length: 40 }, (_, i) => i % 3)
  const rows = labels.map((label) =>
    [0, 1, 2, 3].map((column) => ((next() >> 8) % 100) / 64 + (column === label ? 1 : 0)),
  )
  return { rows, labels }
}

/** Pictures with bright squares on slanting ground, by their luminance. */
export function planes(scales: readonly number[]): UpscalingData {
  const square = (size: number, from: number, to: number): Plane<Uint8Array> => ({
    height: size,
    width: size,
    values: Uint8Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)]
      return x >= from && x < to && y >= from && y < to ? 210 : 30 + 2 * x + y
    }),
  })
  return {
    name: 'squares',
    scales,
    train: [square(28, 8, 17), square(30, 4, 21), square(24, 9, 15), square(26, 3, 9)],
    val: [square(24, 6, 13)],
    test: [square(27, 7, 14), square(24, 10, 19)],
    normalisation: { mean: [0], std: [1] },
  }
}

/** Pixels side by side, to be answered to or to be enlarged. */
export function pixels(channels: number, size: number): { width: number; height: number; data: Uint8Array } {
  const next = numbers(5)
  return {
    width: size,
    height: size,
    data: Uint8Array.from({ length: channels * size * size }, (_, i) => (((i % 31) * 5) ^ ((next() >> 8) % 64)) & 255),
  }
}
