/** Which data a training learns from, so that a run goes on with the same. */
import { ConfigError } from '../../util/errors.js'
import type { DataIdentity } from './checkpoint.js'

/** @throws ConfigError that names both, if they differ */
export function expectSameData(expected: DataIdentity, got: DataIdentity): void {
  const text = ({ name, train, val, test }: DataIdentity) =>
    `${name} (${train} training, ${val === undefined ? '' : `${val} validation, `}${test} test pictures)`
  if (text(expected) !== text(got))
    throw new ConfigError(`this training learns from ${text(expected)} and cannot go on with ${text(got)}`)
  const [before, now] = [expected.heldOut, got.heldOut]
  if (before && now && (before.digest !== now.digest || before.seed !== now.seed))
    throw new ConfigError(
      `this training held out ${before.count} pictures of ${expected.name} to test on, and these are not the same: the set has changed, or another seed chose them; put it back as it was, or start a new run`,
    )
}
