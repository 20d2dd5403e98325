/** The shortcut of option A: every stride-th pixel, channels moved by `before`, zeros elsewhere. */
import type { PadShortcutAttributes } from '../../ops/pad-shortcut.js'
import { type Kernel, sizes4, type Tensor } from './tensor.js'

export const padShortcut: Kernel<PadShortcutAttributes> = ([x], [y], attributes) => {
  y.data.fill(0)
  eachPixel(x, y, attributes, (xAt, yAt) => {
    y.data[yAt] = x.data[xAt]
  })
}

export const padShortcutGradient: Kernel<PadShortcutAttributes> = ([dy], [dx], attributes) => {
  dx.data.fill(0)
  eachPixel(dx, dy, attributes, (xAt, yAt) => {
    dx.data[xAt] = dy.data[yAt]
  })
}

/** Calls `visit` with the index of each input pixel that is kept, and its index in the output. */
function eachPixel(
  x: Tensor,
  y: Tensor,
  { stride, before }: PadShortcutAttributes,
  visit: (xAt: number, yAt: number) => void,
): void {
  const [n, channels, h, w] = sizes4(x)
  const [, wide, oh, ow] = sizes4(y)
  for (let image = 0; image < n; image++)
    for (let c = 0; c < channels; c++)
      for (let oy = 0; oy < oh; oy++)
        for (let ox = 0; ox < ow; ox++)
          visit(
            ((image * channels + c) * h + oy * stride[0]) * w + ox * stride[1],
            ((image * wide + before + c) * oh + oy) * ow + ox,
          )
}
