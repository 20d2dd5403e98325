/**
 * Resizing: rows, then columns. Each output is a weighted sum of inputs. The gradient goes back through the same
 * weights.
 */
import { type ResizeAttributes, resizeTaps, type Taps } from '../../ops/resize.js'
import type { Pair } from '../../ops/window.js'
import { type Kernel, sizes4, type Tensor } from './tensor.js'

export const resize: Kernel<ResizeAttributes> = ([x], [y], attributes) => {
  y.data.fill(0)
  eachProduct(x, y, attributes, (xAt, yAt, weight) => {
    y.data[yAt] += x.data[xAt] * weight
  })
}

export const resizeGradient: Kernel<ResizeAttributes & { readonly from: Pair }> = ([dy], [dx], attributes) => {
  dx.data.fill(0)
  eachProduct(dx, dy, attributes, (xAt, yAt, weight) => {
    dx.data[xAt] += dy.data[yAt] * weight
  })
}

/** Calls `visit` with the indices of each connected input and output, and their weight. */
function eachProduct(
  x: Tensor,
  y: Tensor,
  attributes: ResizeAttributes,
  visit: (xAt: number, yAt: number, weight: number) => void,
): void {
  const [n, channels, h, w] = sizes4(x)
  const [, , oh, ow] = sizes4(y)
  const rows = resizeTaps(h, oh, attributes)
  const columns = resizeTaps(w, ow, attributes)
  for (let map = 0; map < n * channels; map++)
    rows.forEach((row, oy) => {
      columns.forEach((column, ox) => {
        eachPair(row, column, (iy, ix, weight) => visit((map * h + iy) * w + ix, (map * oh + oy) * ow + ox, weight))
      })
    })
}

function eachPair(row: Taps, column: Taps, visit: (iy: number, ix: number, weight: number) => void): void {
  row.indices.forEach((iy, j) => {
    column.indices.forEach((ix, i) => {
      visit(iy, ix, row.weights[j]! * column.weights[i]!)
    })
  })
}
