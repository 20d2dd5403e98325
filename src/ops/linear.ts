/** Fully connected layer: y = x · weightᵀ + bias. x [N, I], weight [O, I], bias [O] → y [N, O]. */
import { f32 } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { elements } from '../util/shape.js'
import { defineOp, expectRank, expectShape, noMacs } from './op.js'

export const linear = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'linear',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['y'],
  infer: ([x, weight, bias]) => {
    const [n, features] = expectRank('linear', 'x', x, 2) as [number, number]
    const [o, i] = expectRank('linear', 'weight', weight, 2) as [number, number]
    if (i !== features) throw new ShapeError(`linear: the weight expects ${i} features, the input has ${features}`)
    expectShape('linear', 'bias', bias, [o])
    return [f32(n, o)]
  },
  cost: ([x, weight]) => ({ macs: x!.shape[0]! * elements(weight!.shape) }),
  gradient: ({ inputs, outputGradients, needed, emit }) => {
    const [x, weight] = inputs
    const dy = outputGradients[0]!
    return [
      needed[0] ? emit(linearInputGradient, {}, [dy, weight!])[0] : undefined,
      needed[1] ? emit(linearWeightGradient, {}, [x!, dy])[0] : undefined,
      needed[2] ? emit(sumRows, {}, [dy])[0] : undefined,
    ]
  },
})

/** dx = dy · weight. */
export const linearInputGradient = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'linearInputGradient',
  inputs: ['dy', 'weight'],
  outputs: ['dx'],
  infer: ([dy, weight]) => {
    const [n] = expectRank('linearInputGradient', 'dy', dy, 2) as [number]
    const [o, i] = expectRank('linearInputGradient', 'weight', weight, 2) as [number, number]
    expectShape('linearInputGradient', 'dy', dy, [n, o])
    return [f32(n, i)]
  },
  cost: ([dy, weight]) => ({ macs: dy!.shape[0]! * elements(weight!.shape) }),
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/** dweight = dyᵀ · x. */
export const linearWeightGradient = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'linearWeightGradient',
  inputs: ['x', 'dy'],
  outputs: ['dweight'],
  infer: ([x, dy]) => {
    const [n, i] = expectRank('linearWeightGradient', 'x', x, 2) as [number, number]
    const [rows, o] = expectRank('linearWeightGradient', 'dy', dy, 2) as [number, number]
    if (rows !== n) throw new ShapeError(`linearWeightGradient: x has ${n} rows, dy has ${rows}`)
    return [f32(o, i)]
  },
  cost: ([x, dy]) => ({ macs: elements(x!.shape) * dy!.shape[1]! }),
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})

/** Sums over rows, the gradient of a bias: [N, O] → [O]. */
export const sumRows = /* @__PURE__ */ defineOp<Record<never, never>>()({
  name: 'sumRows',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [f32(expectRank('sumRows', 'x', x, 2)[1]!)],
  cost: noMacs,
  gradient: { none: 'it is itself a gradient; second derivatives are not offered' },
})
