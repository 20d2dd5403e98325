/** Lowers pooling and the padded shortcut to kernel calls. */
import type { Value } from '../../../graph/graph.js'
import type { PadShortcutAttributes } from '../../../ops/pad-shortcut.js'
import type { Pair, PoolAttributes } from '../../../ops/window.js'
import { type Lowering, mapOf } from './lowering.js'

function poolSizes(x: Value, y: Value, { kernel, stride, padding }: PoolAttributes) {
  const [n, c, h, w] = x.type.shape as [number, number, number, number]
  const [, , oh, ow] = y.type.shape as [number, number, number, number]
  const [[kh, kw], [sh, sw], [ph, pw]] = [kernel, stride, padding]
  return { n, c, h, w, oh, ow, kh, kw, sh, sw, ph, pw }
}

function forward(kernel: 'max_pool' | 'average_pool'): Lowering<PoolAttributes> {
  return {
    emit({ inputs: [x], outputs: [y] }, attributes, { tape, at }) {
      tape.push(kernel, { x: at(x!), y: at(y!), ...poolSizes(x!, y!, attributes) })
    },
  }
}
export const maxPool = forward('max_pool')
export const averagePool = forward('average_pool')

export const maxPoolGradient: Lowering<PoolAttributes> = {
  emit({ inputs: [dy, x], outputs: [dx] }, attributes, { tape, at }) {
    tape.push('max_pool_gradient', { dy: at(dy!), x: at(x!), dx: at(dx!), ...poolSizes(x!, dy!, attributes) })
  },
}

export const averagePoolGradient: Lowering<PoolAttributes & { readonly size: Pair }> = {
  emit({ inputs: [dy], outputs: [dx] }, attributes, { tape, at }) {
    tape.push('average_pool_gradient', { dy: at(dy!), dx: at(dx!), ...poolSizes(dx!, dy!, attributes) })
  },
}

export const globalAveragePool: Lowering<Record<never, never>> = {
  emit({ inputs: [x], outputs: [y] }, _, { tape, at }) {
    tape.push('global_average_pool', { x: at(x!), y: at(y!), ...mapOf(x!) })
  },
}

export const globalAveragePoolGradient: Lowering<{ readonly size: Pair }> = {
  emit({ inputs: [dy], outputs: [dx] }, _, { tape, at }) {
    tape.push('global_average_pool_gradient', { dy: at(dy!), dx: at(dx!), ...mapOf(dx!) })
  },
}

function padSizes(x: Value, y: Value, { stride: [sh, sw], before }: PadShortcutAttributes) {
  const [n, c, h, w] = x.type.shape as [number, number, number, number]
  const [, o, oh, ow] = y.type.shape as [number, number, number, number]
  return { n, c, h, w, o, oh, ow, sh, sw, before }
}

export const padShortcut: Lowering<PadShortcutAttributes> = {
  emit({ inputs: [x], outputs: [y] }, attributes, { tape, at }) {
    tape.push('pad_shortcut', { x: at(x!), y: at(y!), ...padSizes(x!, y!, attributes) })
  },
}

export const padShortcutGradient: Lowering<PadShortcutAttributes & { readonly shape: readonly number[] }> = {
  emit({ inputs: [dy], outputs: [dx] }, attributes, { tape, at }) {
    tape.push('pad_shortcut_gradient', { dy: at(dy!), dx: at(dx!), ...padSizes(dx!, dy!, attributes) })
  },
}
