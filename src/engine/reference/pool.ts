/** Pooling over windows and over the whole map, with gradients. */
import type { PoolAttributes } from '../../ops/window.js'
import { type Kernel, sizes4, type Tensor } from './tensor.js'

export const maxPool: Kernel<PoolAttributes> = ([x], [y], attributes) => {
  eachWindow(x, y, attributes, (at, inside) => {
    y.data[at] = x.data[firstLargest(x, inside)]
  })
}

export const maxPoolGradient: Kernel<PoolAttributes> = ([dy, x], [dx], attributes) => {
  dx.data.fill(0)
  eachWindow(x, dy, attributes, (at, inside) => {
    dx.data[firstLargest(x, inside)] += dy.data[at]
  })
}

/** Padding counts as zeros: the sum is divided by the size of the whole window. */
export const averagePool: Kernel<PoolAttributes> = ([x], [y], attributes) => {
  const size = attributes.kernel[0] * attributes.kernel[1]
  eachWindow(x, y, attributes, (at, inside) => {
    y.data[at] = inside.reduce((sum, i) => sum + x.data[i], 0) / size
  })
}

export const averagePoolGradient: Kernel<PoolAttributes> = ([dy], [dx], attributes) => {
  const size = attributes.kernel[0] * attributes.kernel[1]
  dx.data.fill(0)
  eachWindow(dx, dy, attributes, (at, inside) => {
    for (const i of inside) dx.data[i] += dy.data[at] / size
  })
}

export const globalAveragePool: Kernel<Record<never, never>> = ([x], [y]) => {
  const [n, channels, h, w] = sizes4(x)
  for (let map = 0; map < n * channels; map++) {
    let sum = 0
    for (let i = map * h * w; i < (map + 1) * h * w; i++) sum += x.data[i]
    y.data[map] = sum / (h * w)
  }
}

export const globalAveragePoolGradient: Kernel<Record<never, never>> = ([dy], [dx]) => {
  const [n, channels, h, w] = sizes4(dx)
  for (let map = 0; map < n * channels; map++) dx.data.fill(dy.data[map] / (h * w), map * h * w, (map + 1) * h * w)
}

/** Index of the largest element of a window; the first in row order if several are equal. */
function firstLargest(x: Tensor, inside: readonly number[]): number {
  return inside.reduce((best, i) => (x.data[i] > x.data[best] ? i : best))
}

/** Calls `visit` for each window: the index of its output and those of its inputs, in row order and without padding. */
function eachWindow(
  x: Tensor,
  y: Tensor,
  { kernel, stride, padding }: PoolAttributes,
  visit: (at: number, inside: readonly number[]) => void,
): void {
  const [n, channels, h, w] = sizes4(x)
  const [, , oh, ow] = sizes4(y)
  for (let map = 0; map < n * channels; map++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++) {
        const inside: number[] = []
        for (let ky = 0; ky < kernel[0]; ky++)
          for (let kx = 0; kx < kernel[1]; kx++) {
            const iy = oy * stride[0] + ky - padding[0]
            const ix = ox * stride[1] + kx - padding[1]
            if (iy >= 0 && iy < h && ix >= 0 && ix < w) inside.push((map * h + iy) * w + ix)
          }
        visit((map * oh + oy) * ow + ox, inside)
      }
}
