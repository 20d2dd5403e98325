/** Filters for resampling, as functions of the distance from an output in steps of the input. */

/** Bilinear filter. */
export function triangle(distance: number): number {
  return Math.max(0, 1 - distance)
}

/** Keys' cubic convolution kernel [Keys 1981] with parameter a: −0.5 in image processing, −0.75 in graphics. */
export function cubic(a: number): (distance: number) => number {
  return (d) => {
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }
}
