/** The bias of a convolution, and its gradient. */
import { type Kernel, sizes4 } from './tensor.js'

export const addBias: Kernel<Record<never, never>> = ([x, bias], [y]) => {
  const [n, channels, h, w] = sizes4(x)
  for (let map = 0; map < n * channels; map++)
    for (let i = map * h * w; i < (map + 1) * h * w; i++) y.data[i] = x.data[i] + bias.data[map % channels]
}

export const sumPixels: Kernel<Record<never, never>> = ([x], [y]) => {
  const [n, channels, h, w] = sizes4(x)
  y.data.fill(0)
  for (let map = 0; map < n * channels; map++)
    for (let i = map * h * w; i < (map + 1) * h * w; i++) y.data[map % channels] += x.data[i]
}
