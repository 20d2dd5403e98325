/** Networks that are made from specs or from other networks, at work at once. */
import type { TrainedNetwork } from '../../formats/trained-network.js'
import type { Network } from '../../inference/network.js'
import type { AnyHead, ClassifierHead, NetworkSpec, PictureHead } from '../../spec/spec.js'
import type { Classifier } from '../../tasks/classify/classifier.js'
import type { Upscaler } from '../../tasks/upscale/upscaler.js'
import { type DeepenOptions, deepened } from './surgery.js'
import { type UntrainedOptions, untrainedWeights } from './untrained.js'
import type { PutToWork } from './working.js'

/** The class of networks with such a head; of a head that is known only at run time a union. */
export type NetworkFor<H extends AnyHead> = string extends H['kind']
  ? Classifier | Upscaler
  : H['kind'] extends ClassifierHead['kind']
    ? Classifier
    : H['kind'] extends PictureHead['kind']
      ? Upscaler
      : Network

/**
 * A network with fresh weights: to look into it, to export it, to change its weights by hand. Pictures are scaled to
 * [0, 1] and not normalised further; classes are numbered from 1; a network that gives pictures enlarges them by all
 * that its head allows.
 * @throws ConfigError when the spec makes no sense
 */
export type Untrained = <H extends AnyHead>(spec: NetworkSpec<H>, options?: UntrainedOptions) => NetworkFor<H>

export function untrainedFunction(putToWork: PutToWork): Untrained {
  return ((spec, options) => putToWork(untrainedWeights(spec, options), { tasks: options?.tasks })) as Untrained
}

/**
 * A network with more residual blocks at the end of a stage, which are exact identities at first: at inference it gives
 * the same outputs to the bit. Their branches end in zeros (the scale of the last norm, or the last convolution); all
 * other weights of them are fresh, so that they learn when training goes on.
 * @throws ConfigError where the stage's blocks cannot be identities: without a shortcut, or with one that changes its
 * input
 */
export type Deepen = <H extends AnyHead>(
  network: TrainedNetwork & { readonly spec: NetworkSpec<H> },
  options: DeepenOptions,
) => NetworkFor<H>

export function deepenFunction(putToWork: PutToWork): Deepen {
  return ((network, options) => putToWork(deepened(network, options), {})) as Deepen
}
