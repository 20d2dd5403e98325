/**
 * Luminance and chroma as super-resolution has them [ITU-R BT.601, studio range; MATLAB's `rgb2ycbcr`]: of colours from 0
 * to 255, luminance from 16 to 235, chroma from 16 to 240 around 128.
 */

/** Shares of red, green and blue in luminance. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114] as const
const BLACK = 16
const CENTRE = 128
/** From black to white. */
const SPAN = 219
/** From the centre to the edge, for both chromas. */
const HALF = 112

/** Luminance, blue chroma and red chroma of a colour; not rounded. */
export type Ycc = readonly [y: number, cb: number, cr: number]

/** @param red each colour from 0 to 255 */
export function luminance(red: number, green: number, blue: number): number {
  return BLACK + (SPAN * (RED * red + GREEN * green + BLUE * blue)) / 255
}

export function toYcc(red: number, green: number, blue: number): Ycc {
  const grey = RED * red + GREEN * green + BLUE * blue
  return [
    BLACK + (SPAN * grey) / 255,
    CENTRE + (HALF * (blue - grey)) / (255 * (1 - BLUE)),
    CENTRE + (HALF * (red - grey)) / (255 * (1 - RED)),
  ]
}

/** Red, green and blue; neither rounded nor cut to 0 … 255. */
export function toRgb([y, cb, cr]: Ycc): readonly [red: number, green: number, blue: number] {
  const grey = (255 * (y - BLACK)) / SPAN
  const blue = grey + (255 * (1 - BLUE) * (cb - CENTRE)) / HALF
  const red = grey + (255 * (1 - RED) * (cr - CENTRE)) / HALF
  return [red, (grey - RED * red - BLUE * blue) / GREEN, blue]
}
