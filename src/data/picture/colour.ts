/**
 * Changes the colours of a picture in place: brightness, contrast, saturation. Sums have a fixed order, so the bits are
 * the same everywhere.
 */
import type { ColourChange } from '../augment.js'

/**
 * @param values [channels][pixels] from 0 to 255 at values[at ...]; clamped to that range after each change
 * @param channels 3 (RGB), or any number if saturation does not change; one channel is its own grey
 */
export function changeColours(
  values: Float32Array,
  at: number,
  channels: number,
  pixels: number,
  changes: ColourChange,
): void {
  const end = at + channels * pixels
  for (const [name, factor] of changes) {
    if (name === 'brightness') for (let i = at; i < end; i++) values[i] = cut(factor * values[i]!)
    if (name === 'contrast') {
      const mean = meanGrey(values, at, channels, pixels)
      for (let i = at; i < end; i++) values[i] = cut(mean + factor * (values[i]! - mean))
    }
    if (name === 'saturation')
      for (let i = at; i < at + pixels; i++) {
        const own = grey(values[i]!, values[i + pixels]!, values[i + 2 * pixels]!)
        for (let j = i; j < end; j += pixels) values[j] = cut(own + factor * (values[j]! - own))
      }
  }
}

function meanGrey(values: Float32Array, at: number, channels: number, pixels: number): number {
  let sum = 0
  if (channels === 3)
    for (let i = at; i < at + pixels; i++) sum += grey(values[i]!, values[i + pixels]!, values[i + 2 * pixels]!)
  else for (let i = at; i < at + channels * pixels; i++) sum += values[i]! / channels
  return sum / pixels
}

/** Brightness as the eye sees it [ITU-R BT.601]. */
function grey(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

function cut(value: number): number {
  return Math.max(0, Math.min(255, value))
}
