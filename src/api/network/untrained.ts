/** Networks with fresh weights, as a training starts with them. */

import type { TrainedNetwork } from '../../formats/trained-network.js'
import { forwardGraph } from '../../model/forward.js'
import { headOf } from '../../model/heads/index.js'
import { initialise } from '../../model/initialise.js'
import { parametersOf } from '../../model/parameters.js'
import { expectSpec } from '../../spec/expect-spec.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { headsOf, type Tasks } from '../../tasks/index.js'
import { expectOptions, flag, whole } from '../../util/expect.js'

/** Options of `untrained`. */
export interface UntrainedOptions {
  /** A whole number from 0; default 0. Trainings of the same seed start from the same weights. */
  readonly seed?: number | undefined
  /** Whether each residual branch starts as zero. Default false. */
  readonly zeroInitResidual?: boolean | undefined
  /** The table of tasks, such as `{ ...tasks, mine }`. Default: the tasks of this package. */
  readonly tasks?: Tasks | undefined
}

/**
 * Makes a network with fresh weights. Pictures are scaled to [0, 1] and not normalised further. Classes are numbered
 * from 1. An upscaling network accepts every factor that its head allows.
 * @throws ConfigError for an invalid spec
 */
export function untrainedWeights(spec: NetworkSpec, options: UntrainedOptions = {}): TrainedNetwork {
  expectOptions(options, 'untrained: options', { seed: whole(0), zeroInitResidual: flag })
  const { seed = 0, zeroInitResidual = false } = options
  const heads = headsOf(options.tasks)
  expectSpec(spec, 'untrained: spec', heads)
  const values = initialise(spec, { seed, zeroInitResidual, heads })
  const { channels } = spec.input
  const each = (value: number) => Array.from({ length: channels }, () => value)
  return {
    spec,
    preprocessing: {
      normalisation: { mean: each(0), std: each(1) },
      input: spec.input,
      ...headOf(spec.head, heads).answers(spec.head),
    },
    weights: new Map(
      parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference', heads })).map(({ path, shape }) => [
        path,
        { shape, data: values.get(path)! },
      ]),
    ),
  }
}
