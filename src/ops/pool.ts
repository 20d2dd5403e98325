/** Max and average pooling over windows, and the mean over the whole map. x [N, C, H, W]. */
import { f32, type TensorType } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'
import { type Pair, type PoolAttributes, windowSize } from './window.js'

function pooledType(op: string, x: TensorType | undefined, { kernel, stride, padding }: PoolAttributes): TensorType {
  const [n, c, h, w] = expectRank(op, 'x', x, 4) as [number, number, number, number]
  for (const axis of [0, 1] as const)
    if (padding[axis] * 2 > kernel[axis])
      throw new ShapeError(`${op}: padding ${padding[axis]} is more than half of the kernel, ${kernel[axis]}`)
  return f32(
    n,
    c,
    windowSize(op, h, kernel[0], stride[0], padding[0]),
    windowSize(op, w, kernel[1], stride[1], padding[1]),
  )
}

/** Largest value of each window; padding counts as −infinity. */
export const maxPool = /* @__PURE__ */ defineOp<PoolAttributes>()({
  name: 'maxPool',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], attributes) => [pooledType('maxPool', x, attributes)],
  cost: noMacs,
  gradient: ({ attributes, inputs, outputGradients, emit }) =>
    emit(maxPoolGradient, attributes, [outputGradients[0]!, inputs[0]!]),
})

/** Each window's gradient goes to its first largest element, in row order. */
export const maxPoolGradient = /* @__PURE__ */ defineOp<PoolAttributes>()({
  name: 'maxPoolGradient',
  inputs: ['dy', 'x'],
  outputs: ['dx'],
  infer: ([dy, x], attributes) => {
    expectShape('maxPoolGradient', 'dy', dy, pooledType('maxPoolGradient', x, attributes).shape)
    return [x!]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/** Mean of each window, divided by the full kernel size, padding counted as zeros. */
export const averagePool = /* @__PURE__ */ defineOp<PoolAttributes>()({
  name: 'averagePool',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], attributes) => [pooledType('averagePool', x, attributes)],
  cost: noMacs,
  gradient: ({ attributes, inputs, outputGradients, emit }) =>
    emit(averagePoolGradient, { ...attributes, size: inputs[0]!.type.shape.slice(2) as unknown as Pair }, [
      outputGradients[0]!,
    ]),
})

export const averagePoolGradient = /* @__PURE__ */ defineOp<PoolAttributes & { readonly size: Pair }>()({
  name: 'averagePoolGradient',
  inputs: ['dy'],
  outputs: ['dx'],
  infer: ([dy], attributes) => {
    const [n, c] = expectRank('averagePoolGradient', 'dy', dy, 4) as [number, number]
    const dx = f32(n, c, ...attributes.size)
    expectShape('averagePoolGradient', 'dy', dy, pooledType('averagePoolGradient', dx, attributes).shape)
    return [dx]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/** Mean over height and width: [N, C, H, W] → [N, C]. */
export const globalAveragePool = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'globalAveragePool',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => {
    const [n, c] = expectRank('globalAveragePool', 'x', x, 4) as [number, number]
    return [f32(n, c)]
  },
  cost: noMacs,
  gradient: ({ inputs, outputGradients, emit }) =>
    emit(globalAveragePoolGradient, { size: inputs[0]!.type.shape.slice(2) as unknown as Pair }, [outputGradients[0]!]),
})

export const globalAveragePoolGradient = /* @__PURE__ */ defineOp<{ readonly size: Pair }>()({
  name: 'globalAveragePoolGradient',
  inputs: ['dy'],
  outputs: ['dx'],
  infer: ([dy], { size }) => {
    const [n, c] = expectRank('globalAveragePoolGradient', 'dy', dy, 2) as [number, number]
    return [f32(n, c, ...size)]
  },
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
