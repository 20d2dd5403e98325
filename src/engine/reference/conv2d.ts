/**
 * Convolution and its two gradients. All three walk the same products: output (n, o, oy, ox) meets input (n, i, iy, ix)
 * through tap (o, i, ky, kx) where iy = oy · stride + ky · dilation − padding (and so for x), and differ only in which
 * of the three tensors is summed up. Taps that fall into the padding are left out.
 */
import type { ConvAttributes } from '../../ops/window.js'
import { type Kernel, sizes4, type Tensor } from './tensor.js'

export const conv2d: Kernel<ConvAttributes> = ([x, weight], [y], attributes) => {
  const [from, w, to] = [x.data, weight.data, y.data]
  to.fill(0)
  eachRow(x, weight, y, attributes, (count, xAt, xStep, weightAt, yAt) => {
    const tap = w[weightAt]
    for (let i = 0; i < count; i++) to[yAt + i] += from[xAt + i * xStep] * tap
  })
}

export const conv2dInputGradient: Kernel<ConvAttributes> = ([dy, weight], [dx], attributes) => {
  const [from, w, to] = [dy.data, weight.data, dx.data]
  to.fill(0)
  eachRow(dx, weight, dy, attributes, (count, xAt, xStep, weightAt, yAt) => {
    const tap = w[weightAt]
    for (let i = 0; i < count; i++) to[xAt + i * xStep] += from[yAt + i] * tap
  })
}

export const conv2dWeightGradient: Kernel<ConvAttributes> = ([x, dy], [dweight], attributes) => {
  const [from, d, to] = [x.data, dy.data, dweight.data]
  to.fill(0)
  eachRow(x, dweight, dy, attributes, (count, xAt, xStep, weightAt, yAt) => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += from[xAt + i * xStep] * d[yAt + i]
    to[weightAt] += sum
  })
}

/** `count` products of one tap with an output row: inputs from xAt on in steps of xStep, outputs from yAt on. */
type Row = (count: number, xAt: number, xStep: number, weightAt: number, yAt: number) => void

function eachRow(x: Tensor, weight: Tensor, y: Tensor, { stride, padding, dilation }: ConvAttributes, row: Row): void {
  const [n, channels, h, w] = sizes4(x)
  const [outputs, , kh, kw] = sizes4(weight)
  const [, , oh, ow] = sizes4(y)
  for (let kx = 0; kx < kw; kx++) {
    const shift = kx * dilation[1] - padding[1]
    const first = Math.max(0, Math.ceil(-shift / stride[1]))
    const last = Math.min(ow - 1, Math.floor((w - 1 - shift) / stride[1]))
    if (last < first) continue
    for (let image = 0; image < n; image++)
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < channels; i++)
          for (let ky = 0; ky < kh; ky++)
            for (let oy = 0; oy < oh; oy++) {
              const iy = oy * stride[0] + ky * dilation[0] - padding[0]
              if (iy < 0 || iy >= h) continue
              row(
                last - first + 1,
                ((image * channels + i) * h + iy) * w + first * stride[1] + shift,
                stride[1],
                ((o * channels + i) * kh + ky) * kw + kx,
                ((image * outputs + o) * oh + oy) * ow + first,
              )
            }
  }
}
