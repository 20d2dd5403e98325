/** Which data a training learns from, so that a run goes on with the same. */
import type { Dataset } from '../data/dataset.js'
import { ConfigError } from '../util/errors.js'
import type { DataIdentity } from './checkpoint.js'

export function identity({ name, train, val, test }: Dataset): DataIdentity {
  return { name, train: train.count, ...(val ? { val: val.count } : {}), test: test.count }
}

/** @throws ConfigError that names both. */
export function expectSameData(expected: DataIdentity, got: DataIdentity): void {
  const text = ({ name, train, val, test }: DataIdentity) =>
    `${name} (${train} training, ${val === undefined ? '' : `${val} validation, `}${test} test pictures)`
  if (text(expected) !== text(got))
    throw new ConfigError(`this training learns from ${text(expected)} and cannot go on with ${text(got)}`)
}
