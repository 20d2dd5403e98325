/**
 * Convolution and its two gradients. All three walk the same products: output (n, o, oy, ox) meets input (n, i, iy, ix)
 * through tap (o, i, ky, kx) where iy = oy · stride + ky · dilation − padding (and so for x), and sum into different
 * tensors. Products with the padding are left out. With groups, input i of an output is the i-th channel of the
 * output's group. Optional operands are applied in turn, each by the kernel of the plain operation that it stands for.
 */
import type {
  Conv2dAttributes,
  Conv2dInputGradientAttributes,
  Conv2dWeightGradientAttributes,
} from '../../ops/conv2d.js'
import type { ConvAttributes } from '../../ops/window.js'
import { addBias } from './bias.js'
import { add } from './elementwise.js'
import { bandStatistics, finish, normalise, reduceBands } from './fused-norm.js'
import { operand } from './rounded.js'
import { type Kernel, sizes4, type Tensor, zeros } from './tensor.js'
import { weightOf } from './winograd.js'

export const conv2d: Kernel<Conv2dAttributes> = (inputs, [y, statistics], attributes) => {
  const [given, weight, bias, addend, ...norm] = inputs
  convolve(normalised(given, norm, attributes), weight, y, attributes)
  if (bias) addBias([y, bias], [y], {})
  finish(y, addend, attributes.relu)
  if (statistics) bandStatistics(y, statistics, attributes.bands!)
}

function convolve(x: Tensor, given: Tensor, y: Tensor, attributes: ConvAttributes): void {
  const weight = operand(attributes.winograd ? weightOf(given) : given, attributes)
  const [from, to] = [operand(x, attributes).data, y.data]
  to.fill(0)
  eachTap(x, weight, y, attributes, (weightAt, xAt, yAt, { rows, columns, xRow, xColumn, yRow }) => {
    const tap = weight.data[weightAt]
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) to[yAt + r * yRow + c] += from[xAt + r * xRow + c * xColumn] * tap
  })
}

export const conv2dInputGradient: Kernel<Conv2dInputGradientAttributes> = (inputs, [dx, sums], attributes) => {
  const [dy, given, addend, x, mean, y, scale, shift, variance] = inputs
  const weight = operand(given, attributes)
  const [from, to] = [operand(dy, attributes).data, dx.data]
  to.fill(0)
  eachTap(dx, weight, dy, attributes, (weightAt, xAt, yAt, { rows, columns, xRow, xColumn, yRow }) => {
    const tap = weight.data[weightAt]
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) to[xAt + r * xRow + c * xColumn] += from[yAt + r * yRow + c] * tap
  })
  if (addend) add([dx, addend], [dx], {})
  const { normEpsilon: epsilon = 0, bands = 1 } = attributes
  if (sums) reduceBands(dx, dx, { x, mean, y, scale, shift, variance }, sums, { epsilon, bands })
}

export const conv2dWeightGradient: Kernel<Conv2dWeightGradientAttributes> = (inputs, [dweight], attributes) => {
  const [given, dy, ...norm] = inputs
  const x = normalised(given, norm, attributes)
  const [from, gradient] = [operand(x, attributes).data, operand(dy, attributes).data]
  dweight.data.fill(0)
  eachTap(x, dweight, dy, attributes, (weightAt, xAt, yAt, { rows, columns, xRow, xColumn, yRow }) => {
    let sum = 0
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) sum += from[xAt + r * xRow + c * xColumn] * gradient[yAt + r * yRow + c]
    dweight.data[weightAt] += sum
  })
}

/** Returns x as the convolution reads it: normalised by the given vectors and `normEpsilon`, or unchanged. */
function normalised(
  x: Tensor,
  vectors: readonly Tensor[],
  { normEpsilon: epsilon, normRelu: relu = false }: { readonly normEpsilon?: number; readonly normRelu?: boolean },
): Tensor {
  if (epsilon === undefined) return x
  const y = zeros(x.shape)
  normalise([x, ...vectors], [y], { epsilon, relu })
  return y
}

/** The rectangle of outputs whose inputs for a tap lie inside the map, and the distance of its elements in memory. */
interface Reach {
  readonly rows: number
  readonly columns: number
  readonly xRow: number
  readonly xColumn: number
  readonly yRow: number
}

/** Calls `visit` for each tap and image, with the indices of the tap and of its first input and output. */
function eachTap(
  x: Tensor,
  weight: Tensor,
  y: Tensor,
  { stride, padding, dilation, groups = 1 }: ConvAttributes,
  visit: (weightAt: number, xAt: number, yAt: number, reach: Reach) => void,
): void {
  const [n, channels, h, w] = sizes4(x)
  const [outputs, inputs, kh, kw] = sizes4(weight)
  const [, , oh, ow] = sizes4(y)
  for (let ky = 0; ky < kh; ky++)
    for (let kx = 0; kx < kw; kx++) {
      const [top, rows] = inside(h, oh, stride[0], ky * dilation[0] - padding[0])
      const [left, columns] = inside(w, ow, stride[1], kx * dilation[1] - padding[1])
      const reach = { rows, columns, xRow: stride[0] * w, xColumn: stride[1], yRow: ow }
      const iy = top * stride[0] + ky * dilation[0] - padding[0]
      const ix = left * stride[1] + kx * dilation[1] - padding[1]
      for (let image = 0; image < n; image++)
        for (let o = 0; o < outputs; o++) {
          const first = Math.floor((o * groups) / outputs) * inputs
          for (let i = 0; i < inputs; i++)
            visit(
              ((o * inputs + i) * kh + ky) * kw + kx,
              ((image * channels + first + i) * h + iy) * w + ix,
              ((image * outputs + o) * oh + top) * ow + left,
              reach,
            )
        }
    }
}

/** First output, and number of outputs, whose input at output · stride + shift is one of `size`. */
function inside(size: number, outputs: number, stride: number, shift: number): [number, number] {
  const first = Math.max(0, Math.ceil(-shift / stride))
  const end = Math.min(outputs, Math.floor((size - 1 - shift) / stride) + 1)
  return [first, Math.max(0, end - first)]
}
