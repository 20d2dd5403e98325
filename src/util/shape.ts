/** Shapes as lists of sizes: counts, compares and prints them. */
import { ShapeError } from './errors.js'

/** The sizes of a tensor, one an axis. */
export type Shape = readonly number[]

/**
 * Number of elements of a shape; 1 for the empty shape.
 * @throws ShapeError if they are too many to count exactly
 */
export function elements(shape: Shape): number {
  const count = shape.reduce((product, size) => product * size, 1)
  if (!Number.isSafeInteger(count)) throw new ShapeError(`a tensor of ${shapeText(shape)} has more elements than 2^53`)
  return count
}

/**
 * Refuses shapes that no tensor can have, for example from attributes without bounds.
 * @throws ShapeError unless all sizes are whole numbers of at least 1, and the elements can be counted
 */
export function expectTensor(shape: Shape): void {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw new ShapeError(
      `the sizes of a tensor must be whole numbers from 1 to 2^53, got ${shapeText(shape)}; check sizes, paddings and strides`,
    )
  elements(shape)
}

/** `2x3x4`, or `scalar` for the empty shape. */
export function shapeText(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('x')
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis])
}

/** Smallest multiple of `step` that is at least `n`. */
export function roundUp(n: number, step: number): number {
  return Math.ceil(n / step) * step
}

/**
 * The largest strides, paddings and dilations of windows on a map with this side, in pixels. A step of twice the map's
 * length reaches nothing more of it, but takes memory. Small maps may have wide kernels.
 */
export function mostSteps(side: number): number {
  return Math.max(64, 2 * side)
}
