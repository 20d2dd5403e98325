/** Shapes as lists of sizes: counting, comparing, printing. */

export type Shape = readonly number[]

/** Number of elements of a shape; 1 for the empty shape. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
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
