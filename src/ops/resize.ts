/**
 * Resizing of maps, as in PyTorch's `interpolate` with align_corners false: x [N, C, H, W] → y [N, C, ...size]. Rows
 * and columns are resized in turn. Each output is a weighted sum of neighbouring inputs.
 */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { cubic, triangle } from '../util/filters.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'
import type { Pair } from './window.js'

export type ResizeAttributes = {
  /** Height and width of the result. */
  readonly size: Pair
  readonly filter: 'bilinear' | 'bicubic'
  /**
   * Widens the filter by the factor of shrinking, so that every input counts. As in PyTorch (and Pillow), this also
   * changes enlarging: the cubic filter's parameter is −0.5 instead of −0.75, and pixels beyond the edge are left out
   * instead of repeated.
   */
  readonly antialias: boolean
}

/** The inputs that one output along an axis sums: `weights[k]` times input `indices[k]`. */
export interface Taps {
  readonly indices: readonly number[]
  readonly weights: readonly number[]
}

/** Returns the taps of each of `outputs` outputs along an axis of `inputs`. The weights of an output sum to 1. */
export function resizeTaps(inputs: number, outputs: number, { filter, antialias }: ResizeAttributes): readonly Taps[] {
  const ratio = inputs / outputs
  const weightAt = filter === 'bilinear' ? triangle : cubic(antialias ? -0.5 : -0.75)
  const reach = filter === 'bilinear' ? 1 : 2
  const width = antialias ? Math.max(1, ratio) : 1
  return Array.from({ length: outputs }, (_, output) => {
    const center = (output + 0.5) * ratio // of the output; input k covers k to k + 1
    return antialias
      ? wideTaps(center, inputs, reach * width, width, weightAt)
      : nearTaps(center - 0.5, inputs, reach, weightAt)
  })
}

/** The 2 · reach inputs around a place; the edge is repeated. */
function nearTaps(place: number, inputs: number, reach: number, weightAt: (distance: number) => number): Taps {
  const first = Math.floor(place) - reach + 1
  const all = Array.from({ length: 2 * reach }, (_, k) => first + k)
  return {
    indices: all.map((index) => Math.min(Math.max(index, 0), inputs - 1)),
    weights: all.map((index) => weightAt(Math.abs(place - index))),
  }
}

/** Returns all inputs whose centre, rounded as Pillow rounds, lies within the support. Scales weights to sum to 1. */
function wideTaps(
  center: number,
  inputs: number,
  support: number,
  width: number,
  weightAt: (distance: number) => number,
): Taps {
  const first = Math.max(0, Math.floor(center - support + 0.5))
  const last = Math.min(inputs, Math.floor(center + support + 0.5))
  const indices = Array.from({ length: last - first }, (_, k) => first + k)
  const weights = indices.map((index) => weightAt(Math.abs(index + 0.5 - center) / width))
  const sum = weights.reduce((a, b) => a + b, 0)
  return { indices, weights: weights.map((weight) => weight / sum) }
}

function expectSize(op: string, size: Pair): void {
  if (!size.every((value) => Number.isSafeInteger(value) && value >= 1))
    throw new ShapeError(`${op}: the size must be two whole numbers of at least 1, got ${size.join('x')}`)
}

export const resize = /* @__PURE__ */ defineOp<ResizeAttributes>()({
  name: 'resize',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { size }) => {
    expectSize('resize', size)
    const [n, c] = expectRank('resize', 'x', x, 4) as [number, number]
    return [f32(n, c, ...size)]
  },
  cost: noMacs,
  gradient: ({ attributes, inputs, outputGradients, emit }) =>
    emit(resizeGradient, { ...attributes, from: inputs[0]!.type.shape.slice(2) as unknown as Pair }, [
      outputGradients[0]!,
    ]),
})

/** Sends each output's gradient back through its taps. `from` is the height and width of x. */
export const resizeGradient = /* @__PURE__ */ defineOp<ResizeAttributes & { readonly from: Pair }>()({
  name: 'resizeGradient',
  inputs: ['dy'],
  outputs: ['dx'],
  infer: ([dy], { size, from }) => {
    expectSize('resizeGradient', from)
    const [n, c] = expectRank('resizeGradient', 'dy', dy, 4) as [number, number]
    expectShape('resizeGradient', 'dy', dy, [n, c, ...size])
    return [f32(n, c, ...from)]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
