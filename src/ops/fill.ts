/** A tensor of one constant: where the reverse walk starts, and the zeros it needs. */
import { f32 } from '../graph/graph.js'
import { defineOp, noMacs } from './op.js'

export const fill = /* @__PURE__ */ defineOp<{ readonly shape: readonly number[]; readonly value: number }>()({
  name: 'fill',
  inputs: [],
  outputs: ['y'],
  infer: (_, { shape }) => [f32(...shape)],
  cost: noMacs,
  gradient: () => [],
})
