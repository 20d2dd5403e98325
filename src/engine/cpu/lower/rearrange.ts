/** Lowers concatenation, pixel shuffle and its inverse, and resizing to kernel calls. */
import type { ShuffleAttributes } from '../../../ops/pixel-shuffle.js'
import type { ResizeAttributes } from '../../../ops/resize.js'
import type { Pair } from '../../../ops/window.js'
import { type Lowering, mapOf } from './lowering.js'

export const concatenate: Lowering<Record<never, never>> = {
  emit({ inputs, outputs: [y] }, _, { tape, at }) {
    const { n, c: o, size } = mapOf(y!)
    let before = 0
    for (const x of inputs) {
      const { c } = mapOf(x)
      tape.push('concatenate', { x: at(x), y: at(y!), n, c, o, size, before })
      before += c
    }
  },
}

export const pixelShuffle: Lowering<ShuffleAttributes> = {
  emit({ inputs: [x], outputs: [y] }, { factor }, { tape, at }) {
    const [n, , h, w] = x!.type.shape as [number, number, number, number]
    tape.push('pixel_shuffle', { x: at(x!), y: at(y!), n, c: y!.type.shape[1]!, h, w, factor })
  },
}

export const pixelUnshuffle: Lowering<ShuffleAttributes> = {
  emit({ inputs: [x], outputs: [y] }, { factor }, { tape, at }) {
    const [n, , h, w] = y!.type.shape as [number, number, number, number]
    tape.push('pixel_unshuffle', { x: at(x!), y: at(y!), n, c: x!.type.shape[1]!, h, w, factor })
  },
}

/** `from` and `to` are the maps before and after resizing, also for the gradient. */
function resizeSizes(from: readonly number[], to: readonly number[], { filter, antialias }: ResizeAttributes) {
  const [n, c, h, w] = from as [number, number, number, number]
  const [, , oh, ow] = to as [number, number, number, number]
  return { n, c, h, w, oh, ow, cubic: Number(filter === 'bicubic'), antialias: Number(antialias) }
}

export const resize: Lowering<ResizeAttributes> = {
  emit({ inputs: [x], outputs: [y] }, attributes, { tape, at }) {
    tape.push('resize', { x: at(x!), y: at(y!), ...resizeSizes(x!.type.shape, y!.type.shape, attributes) })
  },
}

export const resizeGradient: Lowering<ResizeAttributes & { readonly from: Pair }> = {
  emit({ inputs: [dy], outputs: [dx] }, attributes, { tape, at }) {
    const sizes = resizeSizes(dx!.type.shape, dy!.type.shape, attributes)
    tape.push('resize_gradient', { dy: at(dy!), dx: at(dx!), ...sizes })
  },
}
