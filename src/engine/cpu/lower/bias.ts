/** Lowers the bias of a convolution and its gradient to kernel calls. */
import { type Lowering, mapOf, padded } from './lowering.js'

type Nothing = Record<never, never>

export const addBias: Lowering<Nothing> = {
  emit({ inputs, outputs: [y] }, _, { tape, at }) {
    const [x, bias] = inputs.map(at) as [number, number]
    tape.push('add_bias', { x, bias, y: at(y!), ...mapOf(y!) })
  },
}

export const sumPixels: Lowering<Nothing> = {
  workspace: ({ inputs: [x] }) => mapOf(x!).n * padded(mapOf(x!).c),
  emit({ inputs: [x], outputs: [y] }, _, { tape, at, workspace: partials }) {
    const { n, c, size } = mapOf(x!)
    tape.push('sum_pixels', { x: at(x!), partials, n, c, size })
    tape.push('sum_partials', { partials, y: at(y!), count: padded(c), chunks: n })
  },
}
