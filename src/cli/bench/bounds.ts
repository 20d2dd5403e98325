/**
 * The lower bound of a work's time on this machine. It is the longer of two times: the multiply-adds (counted as direct
 * convolution) at the measured peak, and the bytes at the measured bandwidth.
 */
import { complexity, type NetworkSpec, type Peak } from '../../internal.node.js'

export type Mode = 'train' | 'infer'

export interface Work {
  readonly macs: number
  readonly bytes: number
}

export interface Bound {
  readonly seconds: number
  readonly by: 'arithmetic' | 'bytes'
}

/**
 * The least multiply-adds and bytes of one run of a network. Multiply-adds: those of the forward pass; in training each
 * of the two gradients takes as many again. Bytes: pictures and parameters; in training also the outputs of
 * convolutions, written once and read once. An update reads parameter and velocity and writes both.
 */
export function workOf(spec: NetworkSpec, mode: Mode, batch: number): Work {
  const { macs, acts, params } = complexity(spec)
  const { channels, height, width } = spec.input
  const pictures = batch * channels * height * width
  return mode === 'infer'
    ? { macs: batch * macs, bytes: 4 * (pictures + params) }
    : { macs: 3 * batch * macs, bytes: 4 * (pictures + 2 * batch * acts + 4 * params) }
}

export function boundOf({ macs, bytes }: Work, { multiplyAdds, bandwidth }: Peak): Bound {
  const [arithmetic, memory] = [macs / multiplyAdds, bytes / bandwidth]
  return arithmetic >= memory ? { seconds: arithmetic, by: 'arithmetic' } : { seconds: memory, by: 'bytes' }
}
