/**
 * The shortest time a work could take here: as long as its multiply-adds take at the measured peak (counted as direct
 * convolution), or as long as its bytes take to go through memory, whichever is longer.
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
 * The least that a run of a network takes. Multiply-adds: those of the forward pass, and in training as many again for
 * each of the two gradients. Bytes: pictures and parameters, and in training what convolutions put out, written once and
 * read once; an update reads parameter and velocity and writes both.
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
