/** Operations that only move elements: concatenation, pixel shuffle and its inverse. */
import type { ShuffleAttributes } from '../../ops/pixel-shuffle.js'
import { type Kernel, sizes4, type Tensor } from './tensor.js'

export const concatenate: Kernel<Record<never, never>> = (xs, [y]) => {
  const [n, channels, h, w] = sizes4(y)
  for (let image = 0; image < n; image++) {
    let at = image * channels * h * w
    for (const { data } of xs) {
      const size = data.length / n
      y.data.set(data.subarray(image * size, (image + 1) * size), at)
      at += size
    }
  }
}

export const pixelShuffle: Kernel<ShuffleAttributes> = ([x], [y], { factor }) => {
  eachPixel(x, y, factor, (deep, wide) => {
    y.data[wide] = x.data[deep]
  })
}

export const pixelUnshuffle: Kernel<ShuffleAttributes> = ([x], [y], { factor }) => {
  eachPixel(y, x, factor, (deep, wide) => {
    y.data[deep] = x.data[wide]
  })
}

/** Calls `visit` with each element's index in the tensor of many channels and in the tensor of many pixels. */
function eachPixel(many: Tensor, few: Tensor, r: number, visit: (deep: number, wide: number) => void): void {
  const [n, channels, height, width] = sizes4(few)
  const [h, w] = [height / r, width / r]
  let wide = 0
  for (let image = 0; image < n; image++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++, wide++) {
          const channel = (c * r + (y % r)) * r + (x % r)
          visit(((image * many.shape[1] + channel) * h + Math.floor(y / r)) * w + Math.floor(x / r), wide)
        }
}
