/**
 * Resizes a part of a picture, bilinearly or bicubically. When it shrinks, the filter widens with the step, so that
 * every pixel counts and fine patterns do not alias. Pixels are sampled at their centres, and the filter is cut at the
 * edge of the part, as in Pillow. The arithmetic has a fixed order, so the bits are the same everywhere.
 */
import { cubic, triangle } from '../../util/filters.js'
import type { Part } from '../augment.js'
import type { PictureSize } from '../dataset.js'

/** How pictures are resized. */
export const interpolations = ['bilinear', 'bicubic'] as const
/** One of `interpolations`. */
export type Interpolation = (typeof interpolations)[number]

/** A kernel: its weight at a distance in steps, and the distance beyond which it is 0. */
interface Kernel {
  readonly at: (distance: number) => number
  readonly reach: number
}

const kernels: Readonly<Record<Interpolation, Kernel>> = {
  bilinear: { at: triangle, reach: 1 },
  bicubic: { at: cubic(-0.5), reach: 2 },
}

/** The first input pixel of each output pixel, and the weights from there on, which add up to 1. */
interface Filter {
  readonly first: Int32Array
  /** [outputs][most]. Weights beyond a filter's reach are 0. */
  readonly weights: Float64Array
  /** Number of weights per output pixel. */
  readonly most: number
}

/** @param from pixels of the input, at least 1 @param to pixels of the output, at least 1 */
function filter(from: number, to: number, kernel: Kernel): Filter {
  const step = from / to
  const widening = Math.max(1, step)
  const reach = kernel.reach * widening
  const most = Math.min(from, Math.ceil(reach) * 2 + 1)
  const first = new Int32Array(to)
  const weights = new Float64Array(to * most)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * step
    const low = Math.max(0, Math.ceil(centre - reach - 0.5))
    first[i] = Math.min(low, from - most)
    let sum = 0
    for (let j = 0; j < most; j++) {
      const distance = Math.abs(first[i]! + j + 0.5 - centre)
      const weight = kernel.at(distance / widening)
      weights[i * most + j] = weight
      sum += weight
    }
    for (let j = 0; j < most; j++) weights[i * most + j]! /= sum
  }
  return { first, weights, most }
}

/**
 * Writes a part of a picture, resized to height x width, to out[at ...] as values [channels][height][width] from 0 to
 * 255 (bicubic values may go slightly beyond), not rounded. A mirrored part swaps left and right.
 * @param bytes [channels][rows][columns]
 */
export function resize(
  bytes: Uint8Array,
  size: PictureSize & { readonly channels: number },
  part: Part,
  to: PictureSize,
  out: Float32Array,
  at: number,
  interpolation: Interpolation = 'bilinear',
): void {
  const across = filter(part.width, to.width, kernels[interpolation])
  const down = filter(part.height, to.height, kernels[interpolation])
  const narrow = new Float64Array(part.height * to.width) // the part, resized across only
  for (let channel = 0; channel < size.channels; channel++) {
    for (let y = 0; y < part.height; y++) {
      const row = (channel * size.height + part.top + y) * size.width + part.left
      for (let x = 0; x < to.width; x++) {
        const from = row + across.first[x]!
        let sum = 0
        for (let j = 0; j < across.most; j++) sum += across.weights[x * across.most + j]! * bytes[from + j]!
        narrow[y * to.width + (part.mirrored ? to.width - 1 - x : x)] = sum
      }
    }
    for (let y = 0; y < to.height; y++) {
      const target = at + (channel * to.height + y) * to.width
      for (let x = 0; x < to.width; x++) {
        let sum = 0
        for (let j = 0; j < down.most; j++)
          sum += down.weights[y * down.most + j]! * narrow[(down.first[y]! + j) * to.width + x]!
        out[target + x] = sum
      }
    }
  }
}
