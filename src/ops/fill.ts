/** A tensor of one constant: the start of the reverse walk, and the zeros that it needs. */
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
