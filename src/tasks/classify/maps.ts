/** Adds maps of layers up, and resizes them to pictures. */
import type { Tensor } from '../../formats/trained-network.js'
import type { Rectangle } from '../../inference/picture.js'

/** A number at each place, row by row from the top left. */
export interface ValueMap {
  readonly width: number
  readonly height: number
  /** [height][width] */
  readonly data: Float32Array
}

/** The weighted sum of the maps of [1, channels, height, width]. */
export function weighedMaps({ shape, data }: Tensor, weights: ArrayLike<number>): ValueMap {
  const [, channels, height, width] = shape as [number, number, number, number]
  const area = height * width
  const sums = new Float64Array(area)
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < area; i++) sums[i]! += weights[channel]! * data[channel * area + i]!
  return { width, height, data: Float32Array.from(sums) }
}

/** The mean of each map of [1, channels, height, width]. */
export function meansOfMaps({ shape, data }: Tensor): Float64Array {
  const [, channels, height, width] = shape as [number, number, number, number]
  const means = new Float64Array(channels)
  for (let i = 0; i < data.length; i++) means[Math.floor(i / (height * width))]! += data[i]! / (height * width)
  return means
}

/**
 * Scales a map to [0, 1]: the largest value becomes 1, negative values become 0. Without positive values, all become 0.
 */
export function asShares({ width, height, data }: ValueMap): ValueMap {
  const most = data.reduce((a, b) => Math.max(a, b), 0)
  return { width, height, data: data.map((value) => (most > 0 ? Math.max(0, value) / most : 0)) }
}

/**
 * Resizes a map to a part of a picture: bilinear between the centres of its places, 0 outside the part.
 * @param size the size of the whole picture, in whole pixels
 */
export function mapOnPicture(
  map: ValueMap,
  size: { readonly width: number; readonly height: number },
  part: Rectangle,
): ValueMap {
  const across = placesOn(size.width, part.left, part.width, map.width)
  const down = placesOn(size.height, part.top, part.height, map.height)
  const data = new Float32Array(size.width * size.height)
  for (let y = down.first; y < down.last; y++) {
    const [above, below, dy] = [down.low[y]! * map.width, down.high[y]! * map.width, down.share[y]!]
    for (let x = across.first; x < across.last; x++) {
      const [left, right, dx] = [across.low[x]!, across.high[x]!, across.share[x]!]
      const upper = map.data[above + left]! * (1 - dx) + map.data[above + right]! * dx
      const lower = map.data[below + left]! * (1 - dx) + map.data[below + right]! * dx
      data[y * size.width + x] = upper * (1 - dy) + lower * dy
    }
  }
  return { width: size.width, height: size.height, data }
}

/**
 * For each pixel of an axis whose centre lies on the part: the two neighbouring places of the map, and the share of the
 * second.
 */
function placesOn(pixels: number, start: number, length: number, places: number) {
  const low = new Int32Array(pixels)
  const high = new Int32Array(pixels)
  const share = new Float64Array(pixels)
  for (let i = 0; i < pixels; i++) {
    const place = Math.min(places - 1, Math.max(0, ((i + 0.5 - start) / length) * places - 0.5))
    low[i] = Math.floor(place)
    high[i] = Math.min(places - 1, low[i]! + 1)
    share[i] = place - low[i]!
  }
  const first = Math.max(0, Math.ceil(start - 0.5))
  const last = Math.min(pixels, Math.ceil(start + length - 0.5))
  return { low, high, share, first, last }
}
