/** Makes networks from specs or from other networks. They are ready to compute. */
import type { TrainedNetwork } from '../../formats/trained-network.js'
import type { Network } from '../../inference/network.js'
import type { AnyHead, ClassifierHead, NetworkSpec, PictureHead } from '../../spec/spec.js'
import type { Classifier } from '../../tasks/classify/classifier.js'
import type { Upscaler } from '../../tasks/upscale/upscaler.js'
import { type DeepenOptions, deepened } from './surgery.js'
import { type UntrainedOptions, untrainedWeights } from './untrained.js'
import type { PutToWork } from './working.js'

/** The class of networks with such a head. For a head that is known only at run time it is a union. */
export type NetworkFor<H extends AnyHead> = string extends H['kind']
  ? Classifier | Upscaler
  : H['kind'] extends ClassifierHead['kind']
    ? Classifier
    : H['kind'] extends PictureHead['kind']
      ? Upscaler
      : Network

/**
 * Makes a network with fresh weights, for example to inspect it, to export it or to set its weights by hand. Pictures
 * are scaled to [0, 1] and not normalised further. Classes are numbered from 1. An upscaling network accepts every
 * factor that its head allows.
 * @throws ConfigError for an invalid spec
 */
export type Untrained = <H extends AnyHead>(spec: NetworkSpec<H>, options?: UntrainedOptions) => NetworkFor<H>

export function untrainedFunction(putToWork: PutToWork): Untrained {
  return ((spec, options) => putToWork(untrainedWeights(spec, options), { tasks: options?.tasks })) as Untrained
}

/**
 * Appends residual blocks to a stage of a network. The new blocks are exact identities at first: at inference the
 * outputs are the same to the bit. Their branches end in zeros (the scale of the last norm, or the last convolution).
 * Their other weights are fresh, so that they learn when training continues.
 * @throws ConfigError when the stage's blocks cannot be identities because they have no shortcut, or one that changes
 * its input
 */
export type Deepen = <H extends AnyHead>(
  network: TrainedNetwork & { readonly spec: NetworkSpec<H> },
  options: DeepenOptions,
) => NetworkFor<H>

export function deepenFunction(putToWork: PutToWork): Deepen {
  return ((network, options) => putToWork(deepened(network, options), {})) as Deepen
}
