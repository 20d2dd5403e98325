/**
 * The shortcut of option A [He 2015, §3.3]: takes every stride-th pixel and pads channels with zeros before and after.
 * x [N, C, H, W] → y [N, channels, ⌈H / stride⌉, ⌈W / stride⌉], with x's channel c at c + before.
 */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'
import type { Pair } from './window.js'

export type PadShortcutAttributes = { readonly stride: Pair; readonly channels: number; readonly before: number }

function outputShape(op: string, x: readonly number[], { stride, channels, before }: PadShortcutAttributes): number[] {
  const [n, c, h, w] = x as [number, number, number, number]
  if (!stride.every((step) => Number.isSafeInteger(step) && step >= 1))
    throw new ShapeError(`${op}: the stride must be two whole numbers of at least 1, got ${stride.join('x')}`)
  if (!Number.isSafeInteger(before) || before < 0 || before + c > channels)
    throw new ShapeError(`${op}: ${c} channels at ${before} do not fit into ${channels} channels`)
  return [n, channels, Math.ceil(h / stride[0]), Math.ceil(w / stride[1])]
}

export const padShortcut = /* @__PURE__ */ defineOp<PadShortcutAttributes>()({
  name: 'padShortcut',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], attributes) => [f32(...outputShape('padShortcut', expectRank('padShortcut', 'x', x, 4), attributes))],
  cost: noMacs,
  cheap: true,
  gradient: ({ attributes, inputs, outputGradients, emit }) =>
    emit(padShortcutGradient, { ...attributes, shape: inputs[0]!.type.shape }, [outputGradients[0]!]),
})

/** `shape` is the shape of x. */
export const padShortcutGradient = /* @__PURE__ */ defineOp<
  PadShortcutAttributes & { readonly shape: readonly number[] }
>()({
  name: 'padShortcutGradient',
  inputs: ['dy'],
  outputs: ['dx'],
  infer: ([dy], attributes) => {
    expectShape('padShortcutGradient', 'dy', dy, outputShape('padShortcutGradient', attributes.shape, attributes))
    return [f32(...attributes.shape)]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
