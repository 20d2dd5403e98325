/**
 * Luminance and chroma in the convention of super-resolution [ITU-R BT.601, studio range; MATLAB's `rgb2ycbcr`].
 * Colours from 0 to 255 give luminance from 16 to 235, and chroma from 16 to 240 around 128.
 */

/** Shares of red, green and blue in luminance. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114] as const
const BLACK = 16
const CENTRE = 128
/** Range of luminance, from black to white. */
const SPAN = 219
/** Half the range of both chromas, from the centre to the edge. */
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

/** Converts to red, green and blue, neither rounded nor clamped to 0 … 255. */
export function toRgb([y, cb, cr]: Ycc): readonly [red: number, green: number, blue: number] {
  const grey = (255 * (y - BLACK)) / SPAN
  const blue = grey + (255 * (1 - BLUE) * (cb - CENTRE)) / HALF
  const red = grey + (255 * (1 - RED) * (cr - CENTRE)) / HALF
  return [red, (grey - RED * red - BLUE * blue) / GREEN, blue]
}
