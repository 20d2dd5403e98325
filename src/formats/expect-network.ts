/** Checks that an argument is a trained network. */
import { expectNormalisation } from '../data/expect-data.js'
import { expectSpec } from '../spec/expect-spec.js'
import { classifierOf, type SpecHeads, specHeads } from '../spec/heads/index.js'
import { expectFields, expectKind, finite, floats, list, listOf, map, object, text } from '../util/expect.js'
import type { TrainedNetwork } from './trained-network.js'

const NETWORK = 'a trained network, such as load(), untrained() or a checkpoint gives'

/**
 * @param who the function and its argument, at the start of the error if it is none
 * @throws ConfigError, ShapeError
 */
export function expectNetwork(
  value: unknown,
  who: string,
  heads: SpecHeads = specHeads,
): asserts value is TrainedNetwork {
  expectFields(value, who, NETWORK, { spec: object, preprocessing: object, weights: map })
  const { spec, preprocessing, weights } = value as TrainedNetwork
  expectSpec(spec, `${who}.spec`, heads)
  const fields = { normalisation: object, input: object, classes: list }
  expectFields(preprocessing, `${who}.preprocessing`, '{ normalisation, input, classes }', fields)
  expectKind(preprocessing.classes, `${who}.preprocessing.classes`, listOf(text, 'a list of texts'))
  expectNormalisation(preprocessing.normalisation, spec.input.channels, `${who}.preprocessing.normalisation`)
  expectWeights(weights, `${who}.weights`)
}

/** The same for one that tells classes apart. */
export function expectClassifier(
  value: unknown,
  who: string,
  heads: SpecHeads = specHeads,
): asserts value is TrainedNetwork {
  expectNetwork(value, who, heads)
  classifierOf(value.spec, heads)
}

/** @throws ConfigError unless they are tensors by name */
export function expectWeights(value: unknown, who: string): asserts value is TrainedNetwork['weights'] {
  expectKind(value, who, map)
  for (const [path, tensor] of value)
    expectFields(tensor, `${who} ${path}`, '{ shape, data }', {
      shape: listOf(finite, 'a list of sizes'),
      data: floats,
    })
}
